//! Who did what, when, from where, and how it ended.

mod list;
mod model;

use crate::components::{
    Card, EmptyState, FilterChoice, FilterForm, Glyph, Icon, LinkButton, PageHeader, Pill, TimeAgo, plain_options,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
pub use list::AuditList;
pub use model::{AuditItem, AuditLog, Chain, Outcome};

/// The audit log with its filters.
#[component]
pub fn AuditPage(data: AuditLog) -> impl IntoView {
    let context = request();
    let who = context.query("who").unwrap_or_default().to_owned();
    let what = context.query("what").unwrap_or_default().to_owned();
    let filtered = !who.is_empty() || !what.is_empty();
    let clear = filtered.then(|| paths::AUDIT.to_owned());
    let later = context.query("before").is_some();
    let older = data.older.map(|before| paths::audit(&who, &what, Some(before)));
    let newest = later.then(|| paths::audit(&who, &what, None));
    view! {
        <PageHeader title="Audit" lead=view! { "Who did what, when and from where. Entries are added, never changed." }.drawn() />
        <ChainState chain=data.chain.clone() />
        <Card title="Entries" id="entries">
            <FilterForm action=paths::AUDIT label="Filter the audit log" clear=clear>
                <FilterChoice name="who" label="Who" all="Everyone" chosen=who options=plain_options(data.people) first=true />
                <FilterChoice name="what" label="What" all="Everything" chosen=what options=data.kinds />
            </FilterForm>
            {match (data.items.is_empty(), filtered || later) {
                (true, true) => view! {
                    <EmptyState title="No entry matches" why="There are entries, but none fits these filters.">
                        <LinkButton href=paths::AUDIT>"Clear filters"</LinkButton>
                    </EmptyState>
                }.drawn(),
                (true, false) => view! {
                    <EmptyState title="Nothing yet" why="The first entry appears when somebody signs in or changes something." />
                }.drawn(),
                (false, _) => view! { <AuditList items=data.items /> }.drawn(),
            }}
            <Pager newest=newest older=older />
        </Card>
    }
    .drawn()
}

/// The way to newer and older entries of a list.
#[component]
pub(crate) fn Pager(newest: Option<String>, older: Option<String>) -> impl IntoView {
    (newest.is_some() || older.is_some())
        .then(|| {
            view! {
                <nav class="pager" aria-label="More entries">
                    {newest.map(|href| view! { <LinkButton href=href><Icon glyph=Glyph::Back />"Newest"</LinkButton> })}
                    {older.map(|href| view! { <LinkButton href=href>"Older"<Icon glyph=Glyph::Arrow /></LinkButton> })}
                </nav>
            }
        })
        .drawn()
}

/// Whether the entries are still the ones that were written.
#[component]
fn ChainState(chain: Chain) -> impl IntoView {
    match chain {
        Chain::Verified { up_to, at_ms } => view! {
            <p class="chain"><Pill tone=Tone::Success text="Unbroken" />
                <span>{format!("Verified up to entry {up_to}, ")}<TimeAgo at_ms=at_ms />"."</span></p>
        }
        .drawn(),
        Chain::Broken { at } => view! {
            <p class="chain" role="alert"><Pill tone=Tone::Danger text="Broken" />
                <span>{format!("Entry {at} does not fit the one before it. Entries were changed or removed outside Leasehold. Keep a copy of the data folder and find out who had access to it.")}</span></p>
        }
        .drawn(),
        Chain::NotChecked => view! {
            <p class="chain"><Pill text="Not checked" /><span>"The entries have not been checked since the start."</span></p>
        }
        .drawn(),
    }
    .drawn()
}
