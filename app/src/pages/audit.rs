//! Who did what, when, from where, and how it ended.

mod list;
mod model;

use crate::components::{Card, EmptyState, FilterBar, NothingMatches, PageHeader, Pager, Pill, TimeAgo, plain_options};
use crate::drawn::Draw;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;
use list::entries;
pub use model::{AuditFilter, AuditItem, AuditLog, Chain, Outcome};

/// The audit log with its filters.
#[component]
pub fn AuditPage(data: AuditLog) -> impl IntoView {
    let filter = data.filter;
    let at = |before| paths::with(paths::AUDIT, &AuditFilter { before, ..filter.clone() });
    let later = filter.before.is_some();
    let newest = later.then(|| at(None));
    let older = data.older.map(|before| at(Some(before)));
    let bar = FilterBar::new(paths::AUDIT, "Filter the audit log", &filter)
        .choice("who", "Who", "Everyone", plain_options(data.people))
        .choice("what", "What", "Everything", data.kinds);
    let nothing = match bar.clear() {
        Some(clear) => view! { <NothingMatches title="No entries match" clear=clear /> }.drawn(),
        None if later => {
            view! { <EmptyState title="No older entries" why="The log begins after this point." /> }.drawn()
        }
        None => view! {
            <EmptyState title="No entries yet" why="The first appears when someone signs in or changes something." />
        }
        .drawn(),
    };
    view! {
        <PageHeader title="Audit" lead="Who did what, when and from where. Entries are added, never changed.".drawn() />
        <ChainState chain=data.chain.clone() />
        <Card title="Entries" id="entries">
            {bar.draw()}
            {entries(&data.items, nothing)}
            <Pager newest=newest older=older />
        </Card>
    }
    .drawn()
}

/// Whether the entries are still the ones that were written.
#[component]
fn ChainState(chain: Chain) -> impl IntoView {
    match chain {
        Chain::Verified { up_to, at_ms } => view! {
            <p class="chain"><Pill tone=Tone::Success text="Intact" />
                <span>{format!("Verified up to entry {up_to}, ")}<TimeAgo at_ms=at_ms />"."</span></p>
        }
        .drawn(),
        Chain::Broken { at } => view! {
            <p class="chain" role="alert"><Pill tone=Tone::Danger text="Broken" />
                <span>{format!("Entry {at} does not match the one before it. Entries were changed or removed outside Leasehold. Keep a copy of the data folder and find out who had access to it.")}</span></p>
        }
        .drawn(),
        Chain::NotChecked => view! {
            <p class="chain"><Pill text="Not checked" /><span>"The entries have not been checked since startup."</span></p>
        }
        .drawn(),
    }
    .drawn()
}
