//! Who did what, when, from where, and how it ended.

use crate::components::{
    Card, Cell, Column, EmptyState, FilterBar, NothingMatches, PageHeader, Pager, Pill, ShowAsCurl, Table, TimeAgo,
    absolute, lenient, plain_options, trimmed,
};
use crate::drawn::{Draw, Drawn};
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;
use licensing::audit::{ActionGroup, ActorKind};
use licensing::conf::setting::SETTINGS;
use serde::{Deserialize, Serialize};

/// The query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditFilter {
    /// Text in the entry.
    #[serde(deserialize_with = "trimmed")]
    pub q: String,
    pub who: String,
    /// A kind of actor.
    pub by: String,
    /// A group of actions, an action, or the beginning of actions.
    pub what: String,
    /// What it is about.
    #[serde(deserialize_with = "trimmed")]
    pub object: String,
    /// The first day.
    #[serde(deserialize_with = "trimmed")]
    pub from: String,
    /// The last day.
    #[serde(deserialize_with = "trimmed")]
    pub to: String,
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
    /// What recent entries are about, besides settings.
    pub objects: Vec<String>,
    /// What is wrong with the filter: name of the field, and a sentence.
    pub refused: Vec<(&'static str, String)>,
    /// The time zone of the days: "CET".
    pub zone: String,
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditItem {
    pub id: i64,
    pub at_ms: i64,
    /// A person, or `Leasehold` itself.
    pub who: String,
    /// A sentence without the name: "Set port_number from “7569” to “7570”; revision 14."
    pub what: String,
    /// The kind of entry: "Settings changed".
    pub kind: String,
    /// Keys of settings, names of users, servers or clients.
    pub objects: Vec<String>,
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
    /// What does not fit, or did not.
    Broken {
        sentence: String,
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
    let wrong =
        |name: &str| data.refused.iter().find(|(field, _)| *field == name).map(|(_, sentence)| sentence.clone());
    let all = AuditFilter { before: None, ..filter.clone() };
    let (csv, json) = (paths::with(paths::AUDIT_CSV, &all), paths::with(paths::AUDIT_JSON, &all));
    let bar = FilterBar::new(paths::AUDIT, "Filter the audit log", &filter)
        .search("Text")
        .choice("who", "Who", "Everyone", plain_options(data.people))
        .choice("by", "Actor", "Any actor", ActorKind::ALL.map(|kind| (kind.as_str(), kind.label())))
        .grouped("what", "What", "Everything", kinds())
        .suggested("object", "About", suggestions(data.objects))
        .day("from", "From", wrong("from"))
        .day("to", "To", wrong("to"));
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
        <div class="list-tools">
            {bar.draw()}
            <p class="fine">
                {format!("Times are in {}. ", data.zone)}
                <a href=csv download="">"Download CSV"</a>" · "<a href=json download="">"Download JSON"</a>
            </p>
        </div>
        <Card title="Entries" id="entries">
            {entries(&data.items, nothing)}
            <Pager newest=newest older=older />
        </Card>
        <ShowAsCurl command=curl("GET", paths::API_AUDIT, "") note="Replace $TOKEN with an API token. The filters of this page work there too." />
    }
    .drawn()
}

/// All kinds of entries, in their groups; the first of each stands for the group.
fn kinds() -> Vec<(String, Vec<(String, String)>)> {
    let group = |group: ActionGroup| {
        let all = (group.as_str().to_owned(), format!("{}: all", group.label()));
        let each = group.actions().map(|action| (action.name.to_owned(), action.label.to_owned()));
        (group.label().to_owned(), std::iter::once(all).chain(each).collect())
    };
    ActionGroup::ALL.map(group).into()
}

/// Settings with their labels, and what else recent entries are about.
fn suggestions(objects: Vec<String>) -> Vec<(String, String)> {
    let settings = SETTINGS.iter().map(|setting| (setting.key.to_owned(), setting.label.to_owned()));
    let others = objects.into_iter().filter(|object| SETTINGS.iter().all(|setting| setting.key != object));
    settings.chain(plain_options(others)).collect()
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
        Chain::Broken { sentence } => view! {
            <p class="chain" role="alert"><Pill tone=Tone::Danger text="Broken" />
                <span>{format!("{sentence} Entries were changed or removed outside Leasehold. Keep a copy of the data folder and find out who had access to it.")}</span></p>
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
        .column(Column::text("About", write_objects).whole_line())
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
    cell.sub(|cell| cell.text(&item.kind));
    if let Some(comment) = &item.comment {
        cell.markup("<p class=\"comment\">");
        cell.text(comment);
        cell.markup("</p>");
    }
}

/// Objects of an entry that are named; the sentence and the files have all.
const MOST_OBJECTS: usize = 3;

/// What it is about; each leads to all entries about it.
fn write_objects(item: &AuditItem, cell: &mut Cell<'_>) {
    for (place, object) in item.objects.iter().take(MOST_OBJECTS).enumerate() {
        cell.markup(if place > 0 { "<br>" } else { "" });
        cell.link_named(&paths::audit_of(object), object, &format!("{object}: all entries about it"));
    }
    let more = item.objects.len().saturating_sub(MOST_OBJECTS);
    if more > 0 {
        cell.sub(|cell| cell.text(&format!("and {more} more")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_is_offered_with_its_actions() {
        let kinds = kinds();
        assert_eq!(kinds.len(), ActionGroup::ALL.len());
        let all: Vec<&str> = kinds.iter().flat_map(|(_, options)| options).map(|(value, _)| value.as_str()).collect();
        for value in ["configuration", "conf.save", "servers", "peer.join", "sync", "exchange.sync", "licenses"] {
            assert!(all.contains(&value), "{value}");
        }
    }

    #[test]
    fn settings_are_suggested_by_their_labels_and_once() {
        let suggested = suggestions(vec!["port_number".into(), "ann".into()]);
        assert!(suggested.contains(&("port_number".to_owned(), "Port for license clients".to_owned())));
        assert_eq!(suggested.len(), SETTINGS.len() + 1);
    }
}
