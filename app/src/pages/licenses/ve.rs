//! The license of this machine: what it permits, whether it is in force, what would void it, and how to get one.

mod install;
mod machine;
mod model;
mod products;

pub use install::{FILE as LICENSE_FILE, KEY as LICENSE_KEY, TEXT as LICENSE_TEXT};
pub use model::{ComponentRow, MachineLicense, VeLicense, VeProduct};

use crate::components::{Card, Copyable, Date, Pill, TimeAgo, TimeStamp};
use crate::drawn::{Draw, Drawn};
use install::{Another, Get};
use leptos::prelude::*;
use licensing::words::{self, about, grouped};
use machine::WhatVoids;
use products::Products;

/// The block of the page.
#[component]
pub fn MachineBlock(
    data: MachineLicense,
    /// There are other licenses, and this one may be for nobody here: the way to it is folded.
    folded: bool,
) -> impl IntoView {
    let aside = data.license.as_ref().map(|_| {
        let words = data.label.clone();
        view! { <Pill tone=data.tone text=words /> }.drawn()
    });
    let has_one = data.license.is_some();
    view! {
        <Card title="Machine license" id="machine" aside=aside.unwrap_or_else(|| ().drawn())>
            <p>{data.sentence.clone()}</p>
            {(!data.changes.is_empty()).then(|| view! {
                <ul class="plain-list">{data.changes.iter().map(|change| view! { <li>{change.clone()}</li> }).collect_view()}</ul>
            })}
            {data.license.clone().map(|license| view! { <Terms license=license checked_ms=data.checked_ms /> })}
            {has_one.then(|| view! { <WhatVoids data=data.clone() /> })}
            {if has_one {
                view! { <Another /> }.drawn()
            } else {
                view! { <Get folded=folded /> }.drawn()
            }}
        </Card>
    }
    .drawn()
}

/// "72 hours left of 100" or the day it ends.
fn good_for(license: &VeLicense) -> Drawn {
    match (license.hours, license.until_ms) {
        (Some(hours), _) => {
            let left = license.left_ms.map(|left| format!("{} left of ", words::hours(left))).unwrap_or_default();
            view! { {format!("{left}{} hours", grouped(hours))}" "<span class="muted">"They run while a client is logged in."</span> }.drawn()
        }
        (None, Some(at)) => view! { "Until "<TimeStamp at_ms=at /> }.drawn(),
        (None, None) => ().drawn(),
    }
}

#[component]
fn Terms(license: VeLicense, checked_ms: Option<i64>) -> impl IntoView {
    let minutes = |count: u32| about(i64::from(count) * 60_000);
    view! {
        <dl class="facts">
            <div><dt>"License ID"</dt><dd><Copyable value=license.id.clone() what="the license ID" /></dd></div>
            <div><dt>"Customer"</dt><dd>{license.customer.clone()}</dd></div>
            <div><dt>"Valid"</dt><dd>{good_for(&license)}</dd></div>
            {(!license.platform.is_empty()).then(|| view! { <div><dt>"Platform"</dt><dd>{license.platform.clone()}</dd></div> })}
            <div><dt>"Grace period"</dt><dd>{minutes(license.grace_min)}" "<span class="muted">"How long clients keep running without a license."</span></dd></div>
            <div><dt>"Checked"</dt><dd>{format!("every {}", minutes(license.interval_min))}{checked_ms.map(|at| view! { ", last "<TimeAgo at_ms=at /> })}</dd></div>
            <div><dt>"Installed"</dt><dd><Date at_ms=license.installed_ms />{format!(" by {}, serial {}", license.installed_by, license.serial)}</dd></div>
            <div><dt>"Signed by"</dt><dd><Copyable value=license.vendor_key.clone() what="the fingerprint" /></dd></div>
        </dl>
        <Products products=license.products />
    }
    .drawn()
}
