//! The licenses this server may hand out, and those it may not, with the reason.

mod model;
mod standing;
mod table;
mod ve;

pub use model::{LicenseFilter, LicenseRow, LicensesPage};
pub use ve::{ComponentRow, LICENSE_FILE, LICENSE_KEY, LICENSE_TEXT, MachineLicense, VeLicense, VeProduct};

use crate::components::{Card, EmptyState, FilterBar, LinkButton, NothingMatches, PageHeader, ShowAsCurl, TimeAgo};
use crate::drawn::{Draw, Drawn};
use crate::pages::exchange::{ChangeList, ChangesModel, NotReady, Registered, curl};
use crate::paths;
use leptos::prelude::*;
use licensing::words::count;
use standing::{never_synced, standing};
use table::{kind_words, loaded, not_loaded, state_words};
use ve::MachineBlock;

/// The page of `/licenses`.
#[component]
pub fn LicensesView(data: LicensesPage) -> impl IntoView {
    let ready = data.registered == Registered::Yes;
    let never = data.serial.is_none();
    let lead = (!never).then(|| bundle(&data));
    let has_any = data.total > 0;
    // The license of this machine needs no registration: then that one is optional, and comes last.
    let only_machine = data.machine.license.is_some() && data.registered == Registered::No && never;
    let opening = match (ready, never) {
        (false, true) if only_machine => ().drawn(),
        (false, true) => view! { <NotReady registered=data.registered.clone() /> }.drawn(),
        (true, true) => never_synced(&data.contact),
        (ready, false) => view! {
            {(!ready).then(|| view! { <NotReady registered=data.registered.clone() /> })}
            {standing(&data)}
        }
        .drawn(),
    };
    let LicensesPage { items, total, filter, csv, counts, kinds, machine, last_changes, registered, .. } = data;
    view! {
        <PageHeader
            title="Licenses"
            lead=lead.unwrap_or_else(|| "The licenses this server can grant.".drawn())
        />
        {opening}
        {match (has_any, never) {
            (true, _) => view! { <Lists items=items total=total filter=filter csv=csv counts=counts kinds=kinds /> }.drawn(),
            (false, false) => view! {
                <Card title="Licenses" id="loaded">
                    <EmptyState title="No licenses" why="The vendor's last answer had none for this server. If you expect some, ask the vendor; the next sync brings them.">
                        <LinkButton href=paths::EXCHANGE>"Go to Exchange"</LinkButton>
                    </EmptyState>
                </Card>
            }.drawn(),
            (false, true) => ().drawn(),
        }}
        <MachineBlock data=machine folded=has_any />
        {only_machine.then(|| view! { <NotReady registered=registered /> })}
        {last_changes.map(|(at, changes)| view! { <LastChanges at_ms=at changes=changes /> })}
        <ShowAsCurl command=curl("GET", paths::API_LICENSES, "") note="Replace $TOKEN with an API token." />
    }
    .drawn()
}

/// Where the licenses come from.
fn bundle(data: &LicensesPage) -> Drawn {
    view! {
        {data.context.as_ref().map(|context| format!("Context {context}"))}
        {data.serial.map(|serial| view! { <span class="sep">{format!("serial {serial}")}</span> })}
        {data.installed_ms.map(|at| view! { <span class="sep">"installed " <TimeAgo at_ms=at /></span> })}
    }
    .drawn()
}

/// Filter and tables.
#[component]
fn Lists(
    items: Vec<LicenseRow>,
    total: usize,
    filter: LicenseFilter,
    csv: String,
    counts: Vec<(String, usize)>,
    kinds: Vec<String>,
) -> impl IntoView {
    let shown = items.len();
    let (active, off): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.state == "active");
    let some = (shown < total).then(|| format!("{shown} of {total} shown · "));
    let states = counts.into_iter().map(|(state, count)| {
        let words = state_words(&state);
        (state, words, Some(count))
    });
    let kinds = kinds.into_iter().map(|kind| {
        let words = kind_words(&kind);
        (kind, words)
    });
    let bar = FilterBar::new(paths::LICENSES, "Filter the licenses", &filter)
        .search("Product or id")
        .choice("state", "State", "All states", states)
        .choice("kind", "Kind", "All kinds", kinds);
    let clear = bar.clear().unwrap_or_else(|| paths::LICENSES.to_owned());
    view! {
        <div class="list-tools">
            {bar.draw()}
            <p class="fine">{some}<a href=csv download="">"Download CSV"</a></p>
        </div>
        {(shown == 0).then(|| view! {
            <Card title="Licenses" id="loaded"><NothingMatches title="No licenses match" clear=clear /></Card>
        })}
        {(!active.is_empty()).then(|| view! {
            <Card title="Loaded" id="loaded" aside=count(active.len(), "license", "licenses").drawn()>
                {loaded(&active, &filter)}
                <p class="fine"><a href=paths::USAGE>"Use over time"</a>" shows how close each product gets to its limit."</p>
            </Card>
        })}
        {(!off.is_empty()).then(|| view! {
            <Card title="Not loaded" id="not-loaded" aside=count(off.len(), "license", "licenses").drawn()>
                <p class="muted">"Applications can't check these out. Each row says why and what to do."</p>
                {not_loaded(&off)}
            </Card>
        })}
    }
    .drawn()
}

/// So many changes of one kind are listed here; the ledger has them all.
const MOST_CHANGES: usize = 12;

/// What the last exchange brought.
#[component]
fn LastChanges(at_ms: i64, changes: ChangesModel) -> impl IntoView {
    let aside = view! { <a href=paths::EXCHANGE_LEDGER>"Ledger"</a> }.drawn();
    view! {
        <Card title="Changes from the last sync" id="changes" aside=aside>
            <p class="muted"><TimeAgo at_ms=at_ms /></p>
            <ChangeList changes=changes most=MOST_CHANGES />
        </Card>
    }
    .drawn()
}
