//! Who did what, when, from where, and how it ended.

use crate::components::{
    Card, Cell, Column, EmptyState, FilterBar, NothingMatches, PageHeader, Pager, Pill, Table, TimeAgo, absolute,
    lenient, plain_options,
};
use crate::drawn::{Draw, Drawn};
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditFilter {
    pub who: String,
    /// The beginning of an action: `conf.`.
    pub what: String,
    /// Only entries older than this one.
    #[serde(deserialize_with = "lenient")]
    pub before: Option<i64>,
}

/// One page of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditLog {
    /// Newest first.
    pub items: Vec<AuditItem>,
    pub filter: AuditFilter,
    /// Value of `?before=` for the next older page.
    pub older: Option<i64>,
    pub chain: Chain,
    /// Names to filter by.
    pub people: Vec<String>,
    /// Kinds of entries to filter by: value and the words for it.
    pub kinds: Vec<(String, String)>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditItem {
    pub id: i64,
    pub at_ms: i64,
    /// A person, or `Leasehold` itself.
    pub who: String,
    /// A sentence without the name: "saved revision 14 of the configuration file."
    pub what: String,
    pub comment: Option<String>,
    /// "console, 10.0.0.4".
    pub from: String,
    pub outcome: Outcome,
    /// The page that shows more.
    pub href: Option<String>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Refused,
    Failed,
}

/// Whether the entries are still the ones that were written.
#[derive(Clone, Debug, PartialEq)]
pub enum Chain {
    /// Each entry up to this one fits the one before.
    Verified {
        up_to: i64,
        at_ms: i64,
    },
    /// The entry that does not fit.
    Broken {
        at: i64,
    },
    NotChecked,
}

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

/// Entries, newest first, or `empty` when there are none.
fn entries(items: &[AuditItem], empty: Drawn) -> Drawn {
    Table::new("Entries, newest first")
        .look("audit")
        .column(Column::row_header("When", |item: &AuditItem, cell| {
            cell.text(&absolute(item.at_ms));
            cell.sub(|cell| cell.ago(item.at_ms));
        }))
        .column(Column::text("Who", |item: &AuditItem, cell| cell.strong(&item.who)))
        .column(Column::text("What", write_what).whole_line())
        .column(Column::text("From", |item: &AuditItem, cell| cell.text(&item.from)))
        .column(Column::number("Entry", |item: &AuditItem, cell| cell.number(item.id.unsigned_abs())))
        .empty(empty)
        .draw(items)
}

/// What was done, how it ended when not well, and what was said to it.
fn write_what(item: &AuditItem, cell: &mut Cell<'_>) {
    match &item.href {
        Some(href) => cell.link(href, &item.what),
        None => cell.text(&item.what),
    }
    let outcome = match item.outcome {
        Outcome::Done => None,
        Outcome::Refused => Some((Tone::Warning, "Refused")),
        Outcome::Failed => Some((Tone::Danger, "Failed")),
    };
    if let Some((tone, word)) = outcome {
        cell.markup(" ");
        cell.pill(tone, word);
    }
    if let Some(comment) = &item.comment {
        cell.markup("<p class=\"comment\">");
        cell.text(comment);
        cell.markup("</p>");
    }
}
