//! The license of this machine: what it permits, whether it is in force, what would void it, and how to get one.

use crate::components::{
    Card, Column, Copyable, Date, Disabled, Field, FieldProblem, FormErrors, Glyph, Icon, Pill, Submit, Table,
    TextArea, TimeAgo, TimeStamp, described_by,
};
use crate::drawn::{Draw, Drawn};
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::ve::VeEntitlement;
use licensing::words::{self, about, grouped};

/// The license, whether it is in force, and the machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineLicense {
    pub license: Option<VeLicense>,
    pub tone: Tone,
    /// "In force", "Void".
    pub label: String,
    /// How it stands, and what to do.
    pub sentence: String,
    /// What changed about the machine: "CPU cores 4 → 8".
    pub changes: Vec<String>,
    pub checked_ms: Option<i64>,
    /// The components, with what would void the license.
    pub components: Vec<ComponentRow>,
    /// What voids a license, in words.
    pub voids: Vec<String>,
    /// What a license stands.
    pub allowed: Vec<String>,
}

/// The license.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VeLicense {
    pub id: String,
    pub serial: u64,
    pub customer: String,
    pub platform: String,
    /// Of a normal license.
    pub until_ms: Option<i64>,
    /// Of a countdown license.
    pub hours: Option<u64>,
    /// What is left of them.
    pub left_ms: Option<i64>,
    pub grace_min: u32,
    pub interval_min: u32,
    pub vendor_key: String,
    pub installed_ms: i64,
    pub installed_by: String,
    /// Their passphrases only for administrators.
    pub products: Vec<VeEntitlement>,
}

/// A component of the machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComponentRow {
    pub label: String,
    /// As it is now; of ids the beginning of their digest.
    pub now: String,
    /// As the license has it; none when it says nothing about it.
    pub licensed: Option<String>,
    /// A change voids the license.
    pub voids: bool,
    /// By what it would change.
    pub when: String,
    /// It is not what the license says.
    pub differs: bool,
}

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

/// What would void the license, before it happens.
#[component]
fn WhatVoids(data: MachineLicense) -> impl IntoView {
    let differs = data.components.iter().any(|row| row.differs && row.voids);
    let table = Table::new("This machine compared with the license")
        .labelled()
        .column(Column::row_header("Component", |row: &ComponentRow, cell| cell.text(&row.label)))
        .column(Column::text("Now", |row: &ComponentRow, cell| {
            cell.text(&row.now);
            if row.differs {
                cell.markup(" ");
                cell.tag("set", "changed");
            }
        }))
        .column(Column::text("In the license", |row: &ComponentRow, cell| {
            cell.text(row.licensed.as_deref().unwrap_or("not bound"));
        }))
        .column(Column::text("When it would change", |row: &ComponentRow, cell| cell.text(&row.when)).class("muted"))
        .draw(&data.components);
    view! {
        <details class="disclosure" open=differs>
            <summary>"Changes that void it, and changes it tolerates"</summary>
            <div class="stack wide">
            {table}
            <p class="fine">"For ids, only the first digits of the SHA-256 are shown."</p>
            <div class="columns">
                <div>
                    <h3>"Changes that void it"</h3>
                    <ul class="plain-list">{data.voids.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                </div>
                <div>
                    <h3>"Changes it tolerates"</h3>
                    <ul class="plain-list">{data.allowed.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                </div>
            </div>
            </div>
        </details>
    }
    .drawn()
}

/// What the license permits, product by product.
#[component]
fn Products(products: Vec<VeEntitlement>) -> impl IntoView {
    let secrets: Vec<(String, String)> =
        products.iter().filter_map(|product| Some((product.name.clone(), product.passphrase?.to_string()))).collect();
    let table = Table::new("Products of this license")
        .labelled()
        .column(Column::row_header("Product", |product: &VeEntitlement, cell| {
            cell.markup("<code class=\"product\">");
            cell.text(&product.name);
            cell.markup("</code>");
            if !product.codes.is_empty() {
                cell.sub(|cell| cell.text(&product.codes.join(", ")));
            }
            if let Some(at) = product.until {
                cell.sub(|cell| {
                    cell.text("until ");
                    cell.date_of(at);
                });
            }
        }))
        .column(Column::text("Up to version", |product: &VeEntitlement, cell| {
            cell.text(&format!("{}.{}", product.major, product.minor))
        }))
        .column(Column::number("Instances", |product: &VeEntitlement, cell| cell.number(product.instances)))
        .column(Column::number("CPUs each", |product: &VeEntitlement, cell| cell.number(product.cpus)))
        .column(Column::number("Memory each", |product: &VeEntitlement, cell| {
            cell.text(&format!("{} MB", grouped(product.memory_mb)));
        }))
        .draw(&products);
    view! {
        {table}
        {(!secrets.is_empty()).then(|| view! {
            <details class="disclosure">
                <summary>"Passphrases"</summary>
                <div class="stack wide">
                <p class="fine">"Anyone who knows a passphrase can check out licenses of its product. Clients put it in their address: VE://host:port/passphrase."</p>
                <dl class="facts">
                    {secrets.into_iter().map(|(name, passphrase)| view! {
                        <div><dt>{name}</dt><dd><Copyable value=passphrase what="the passphrase" /></dd></div>
                    }).collect_view()}
                </dl>
                </div>
            </details>
        })}
    }
    .drawn()
}

/// The fields of the form; a refusal names one of them.
pub const LICENSE_TEXT: &str = "license_text";
/// A file with the license.
pub const LICENSE_FILE: &str = "license_file";
/// A fingerprint to trust.
pub const LICENSE_KEY: &str = "vendor_key";

/// Three steps, for a machine that has none.
#[component]
fn Get(folded: bool) -> impl IntoView {
    let open = !folded || refused();
    view! {
        <p class="muted">"A machine license is for virtual environments that log in with a passphrase. It comes from the vendor offline and is bound to this machine. Licenses that arrive by sync don't need one."</p>
        <details class="disclosure" open=open>
            <summary>"Get a machine license"</summary>
            <div class="stack wide">
            <div class="way">
                <h3>"1. Request"</h3>
                <p>"It describes this machine by digests; ids stay on this server."</p>
                <Download />
            </div>
            <div class="way">
                <h3>"2. Carry"</h3>
                <p>"Send it to your vendor. You get back a text that begins with KEYSEC and ends with SIGNEND."</p>
            </div>
            <div class="way">
                <h3>"3. Install"</h3>
                <InstallForm />
            </div>
            </div>
        </details>
    }
    .drawn()
}

/// A form of this page was refused.
fn refused() -> bool {
    request().form.as_ref().is_some_and(|form| !form.errors.is_empty())
}

/// The same, folded, for a machine that has one.
#[component]
fn Another() -> impl IntoView {
    view! {
        <details class="disclosure" open=refused()>
            <summary>"Install another license"</summary>
            <div class="stack wide">
                <p class="muted">"A newer license replaces this one. An older one can't be installed again."</p>
                <Download />
                <InstallForm />
            </div>
        </details>
    }
    .drawn()
}

#[component]
fn Download() -> impl IntoView {
    match request().why_not(Permission::Exchange) {
        Some(reason) => view! { <p><Disabled reason=reason /></p> }.drawn(),
        None => view! {
            <p><a class="button" href=paths::LICENSE_REQUEST download=""><Icon glyph=Glyph::Download />"Download the request"</a></p>
        }
        .drawn(),
    }
}

#[component]
fn InstallForm() -> impl IntoView {
    let context = request();
    let why_not = context.why_not(Permission::EditConfiguration).map(str::to_owned);
    let disabled = why_not.is_some();
    let (wrong, wrong_file) = (context.error(LICENSE_TEXT), context.error(LICENSE_FILE));
    let typed = context.typed(LICENSE_TEXT, "");
    view! {
        <form method="post" action=paths::LICENSE_INSTALL enctype="multipart/form-data" class="stack wide" id="install">
            <FormErrors />
            <div class="field">
                <label for=LICENSE_TEXT>"The license"</label>
                <p class="hint" id="license_text-hint">"Paste all of it, from KEYSEC to SIGNEND."</p>
                <TextArea name=LICENSE_TEXT id=LICENSE_TEXT text=typed rows=7 described_by=described_by(LICENSE_TEXT, true, wrong.is_some()).unwrap_or_default() invalid=wrong.is_some() disabled=disabled autofocus=context.focuses(LICENSE_TEXT) look="input mono" />
                {wrong.map(|sentence| view! { <FieldProblem name=LICENSE_TEXT.to_owned() sentence=sentence /> })}
            </div>
            <div class="field">
                <label for=LICENSE_FILE>"Or upload it as a file"</label>
                <input class="input file" type="file" id=LICENSE_FILE name=LICENSE_FILE aria-describedby=described_by(LICENSE_FILE, false, wrong_file.is_some()) aria-invalid=wrong_file.is_some().then_some("true") disabled=disabled autofocus=context.focuses(LICENSE_FILE) />
                {wrong_file.map(|sentence| view! { <FieldProblem name=LICENSE_FILE.to_owned() sentence=sentence /> })}
            </div>
            <Field name=LICENSE_KEY label="Fingerprint of the vendor's key" hint="Only for the first license from a vendor this server doesn't know yet. Enter the fingerprint you received through another channel; the key becomes a trusted key." mono=true disabled=disabled />
            <div class="actions"><Submit look="primary" why_not=why_not>"Install the license"</Submit></div>
        </form>
    }
    .drawn()
}
