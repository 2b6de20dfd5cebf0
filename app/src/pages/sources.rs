//! Other license daemons that are observed: their state, what each tells, and adding one.

mod add;
mod source;

pub use source::{SourceFilter, SourcePage, SourceView};

use crate::components::{
    Card, Cell, Column, Copyable, EmptyState, FormErrors, PageHeader, PagePart, Pages, ShowAsCurl, Statement, Table,
    lenient,
};
use crate::drawn::{Draw, Drawn};
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::Tone;
use add::Add;
use engine::sources::{ListedSource, SourceInput};
use leptos::prelude::*;
use licensing::plain_text::one_line;
use licensing::source::SourceKind;
use licensing::words::{count, list};
use serde::{Deserialize, Serialize};

/// The command that adds a source.
const COMMAND: &str = "leasehold source add TAG --kind lmstat --command /path/lmutil lmstat -a -c PORT@HOST";
/// Characters of a command in the list.
const SHORT: usize = 120;
/// Sources that are down, by name; the rest is counted.
const NAMED: usize = 3;

/// The page of all sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourcesPage {
    /// By tag.
    pub items: Vec<ListedSource>,
    /// Which page of them, from 1.
    pub page: Option<usize>,
}

/// The query of the list's address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourcesFilter {
    #[serde(deserialize_with = "lenient")]
    pub page: Option<usize>,
}

/// What a kind is called.
fn kind_words(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Lmstat => "FlexNet lmstat",
        SourceKind::FlexnetLog => "FlexNet debug log",
        SourceKind::FlexnetLicense => "FlexNet license file",
        SourceKind::Rlmstat => "RLM rlmstat",
        SourceKind::RlmLog => "RLM report log",
    }
}

/// A state, as the engine names it, for people.
fn state_words(state: &str) -> (Tone, &'static str) {
    match state {
        "up" => (Tone::Success, "Up"),
        "down" => (Tone::Danger, "Down"),
        _ => (Tone::Neutral, "Waiting"),
    }
}

/// Where the text of a source comes from.
fn write_input(input: &SourceInput, most: usize, cell: &mut Cell<'_>) {
    match input {
        SourceInput::Command(words) => cell.code(&one_line(&words.join(" "), most)),
        SourceInput::File(path) => cell.code(&one_line(path, most)),
        SourceInput::Pushed => cell.text("texts that are pushed"),
    }
}

/// How the sources are, in a sentence.
fn standing(items: &[ListedSource]) -> (Tone, String) {
    let down: Vec<&str> = items.iter().filter(|row| row.state() == "down").map(|row| row.tag.as_str()).collect();
    let waiting = items.iter().filter(|row| row.state() == "waiting").count();
    let all = items.len();
    match (down.len(), waiting) {
        (0, 0) if all == 1 => (Tone::Success, "The source is up.".to_owned()),
        (0, 0) => (Tone::Success, format!("All {all} sources are up.")),
        (0, _) => (Tone::Info, format!("No answer yet from {waiting} of {}.", count(all, "source", "sources"))),
        (number, _) => {
            let rest = (number > NAMED).then(|| format!("{} more", number - NAMED));
            let names = list(down.iter().take(NAMED).map(|tag| (*tag).to_owned()).chain(rest));
            let are = if number == 1 { "is" } else { "are" };
            (Tone::Danger, format!("{number} of {} {are} down: {names}.", count(all, "source", "sources")))
        }
    }
}

/// The page of `/sources`.
#[component]
pub fn SourcesView(data: SourcesPage) -> impl IntoView {
    let lead = "Other license daemons, such as FlexNet's and RLM's, observed from here.";
    let any = !data.items.is_empty();
    let (tone, sentence) = standing(&data.items);
    let part = PagePart::new(data.page, data.items.len());
    let at = Box::new(|page: Option<usize>| paths::with(paths::SOURCES, &SourcesFilter { page }));
    let aside = count(data.items.len(), "source", "sources").drawn();
    view! {
        <PageHeader title="Sources" lead=lead.drawn() />
        <FormErrors />
        {any.then(|| view! {
            <Statement tone=tone sentence=sentence>
                <p class="muted">"While a source is down, its last good answer stays shown."</p>
            </Statement>
        })}
        <Card title="Sources" id="sources" aside=aside>
            {table(&data.items[part.range()])}
            <Pages part=part href=at />
        </Card>
        <Add />
        <ShowAsCurl command=curl("GET", paths::API_SOURCES, "") note="Replace $TOKEN with an API token." />
    }
    .drawn()
}

fn table(items: &[ListedSource]) -> Drawn {
    let nothing = view! {
        <EmptyState title="No sources yet" why="A source is another license daemon. Leasehold reads what it prints and shows who holds its licenses, its denials and when its licenses end; what was in use goes into the usage records. Add one below, or on this machine:">
            <Copyable value=COMMAND what="the command" />
        </EmptyState>
    };
    Table::new("Sources and their state")
        .look("sources")
        .column(Column::row_header("Source", |row: &ListedSource, cell| {
            cell.link(&paths::source(&row.tag), &row.tag);
            cell.sub(|cell| write_input(&row.input, SHORT, cell));
            if let Some(problem) = &row.problem {
                cell.sub(|cell| cell.text(problem));
            }
        }))
        .column(Column::text("Kind", |row: &ListedSource, cell| cell.text(kind_words(row.kind))))
        .column(Column::time("Last good answer", |row: &ListedSource, cell| match row.last_good {
            Some(at) => cell.ago(at),
            None => cell.muted("none yet"),
        }))
        .column(Column::number("Features", |row: &ListedSource, cell| cell.number(row.features)))
        .column(Column::number("Lines unread", |row: &ListedSource, cell| cell.number(row.unread)))
        .column(Column::state("State", |row: &ListedSource, cell| {
            let (tone, words) = state_words(row.state());
            cell.pill(tone, words);
        }))
        .empty(nothing.drawn())
        .draw(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(tag: &str, last_good: Option<i64>, problem: Option<&str>) -> ListedSource {
        ListedSource {
            tag: tag.to_owned(),
            kind: SourceKind::Lmstat,
            input: SourceInput::Pushed,
            every_s: 60,
            zone: String::new(),
            tried_at: last_good,
            last_good,
            problem: problem.map(str::to_owned),
            features: 0,
            unread: 0,
        }
    }

    #[test]
    fn the_page_opens_with_the_sources_that_are_down() {
        let (up, new) = (source("a", Some(1), None), source("n", None, None));
        let down = |tag| source(tag, Some(1), Some("It did not answer."));
        for (items, tone, sentence) in [
            (vec![up.clone()], Tone::Success, "The source is up."),
            (vec![up.clone(), up.clone()], Tone::Success, "All 2 sources are up."),
            (vec![up.clone(), new.clone()], Tone::Info, "No answer yet from 1 of 2 sources."),
            (vec![up.clone(), down("b"), new], Tone::Danger, "1 of 3 sources is down: b."),
            (
                vec![up, down("b"), down("c"), down("d"), down("e")],
                Tone::Danger,
                "4 of 5 sources are down: b, c, d and 1 more.",
            ),
        ] {
            assert_eq!(standing(&items), (tone, sentence.to_owned()));
        }
    }

    #[test]
    fn a_long_command_is_cut_in_the_list() {
        let words = vec!["/bin/lmutil".to_owned(), "x".repeat(4_000)];
        let mut html = String::new();
        write_input(&SourceInput::Command(words), SHORT, &mut Cell::new(&mut html, 0));
        assert_eq!(html.len(), "<code></code>".len() + SHORT);
    }
}
