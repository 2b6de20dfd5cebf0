//! The server's own log: the newest lines first, narrowed by a filter; one line among its neighbours; the files to carry away.

mod files;
mod filter;
mod lines;
mod model;
mod place;

pub use model::{LogFileRow, LogRow, LogsFilter, LogsPage, Looked, Trouble};

use crate::components::{Card, EmptyState, ErrorBlock, Glyph, Icon, LinkButton, PageHeader, ShowAsCurl};
use crate::drawn::Draw;
use crate::pages::exchange::curl;
use crate::paths;
use files::Files;
use filter::LogFilters;
use leptos::prelude::*;
use lines::Lines;
use place::Place;

/// The page of `/logs`.
#[component]
pub fn LogsView(data: LogsPage) -> impl IntoView {
    if !data.filter.at.is_empty() {
        return view! { <Place data=data /> }.drawn();
    }
    let (files, again) = (data.files.clone(), data.filter.href());
    let body = match data.trouble.clone() {
        Some(Trouble::Off(sentence)) => view! {
            <Card title="No log file" id="lines">
                <EmptyState title="No log file is written" why=sentence>
                    <LinkButton href=paths::SETTINGS>"See the settings"</LinkButton>
                </EmptyState>
            </Card>
        }
        .drawn(),
        Some(Trouble::Failed(sentence)) => view! {
            <Card title="Lines" id="lines">
                <ErrorBlock sentence=sentence><p><a href=again>"Try again"</a></p></ErrorBlock>
            </Card>
        }
        .drawn(),
        None => view! { <List data=data.clone() /> }.drawn(),
    };
    view! {
        <PageHeader title="Logs" lead=view! { <Lead data=data /> }.drawn() />
        {body}
        {(!files.is_empty()).then(|| view! { <Files files=files /> })}
        <ShowAsCurl command=curl("GET", paths::API_LOGS, "") note="Replace $TOKEN with an API token." />
    }
    .drawn()
}

/// How much is written, and where that is set.
#[component]
fn Lead(data: LogsPage) -> impl IntoView {
    let there = data.verbosity_is_set_there.then(|| paths::setting("LOGGING_VERBOSITY"));
    view! {
        {data.verbosity}
        {there.map(|href| view! { " "<a href=href>"Change the log level"</a> })}
    }
    .drawn()
}

#[component]
fn List(data: LogsPage) -> impl IntoView {
    let filter = data.filter.clone();
    let empty = data.lines.is_empty();
    let (wanted, csv) = (filter.q.clone(), filter.clone());
    let older = data.older.clone().map(|before| LogsFilter { before, ..filter.clone() }.href());
    let newest = (!filter.before.is_empty()).then(|| LogsFilter { before: String::new(), ..filter.clone() }.href());
    view! {
        <LogFilters filter=filter refused=data.refused.clone() />
        <Card title="Lines" id="lines" aside=view! { <Aside filter=csv empty=empty /> }.drawn()>
            {if empty {
                view! { <Nothing data=data.clone() older=older.clone() /> }.drawn()
            } else {
                view! { <Lines lines=data.lines wanted=wanted /> }.drawn()
            }}
            {(!empty).then(|| data.looked.clone()).flatten().map(|looked| view! { <p class="fine">{looked.sentence()}</p> })}
            {(newest.is_some() || (older.is_some() && !empty)).then(|| view! {
                <nav class="pager" aria-label="More lines">
                    {newest.map(|href| view! { <LinkButton href=href><Icon glyph=Glyph::Back />"Newest"</LinkButton> })}
                    {older.filter(|_| !empty).map(|href| view! { <LinkButton href=href>"Older"<Icon glyph=Glyph::Arrow /></LinkButton> })}
                </nav>
            })}
        </Card>
    }
    .drawn()
}

/// The same lines as a file.
#[component]
fn Aside(filter: LogsFilter, empty: bool) -> impl IntoView {
    view! {
        <span class="log-carry">
            <span class="muted">"Newest first"</span>
            {(!empty).then(|| view! {
                <a href=filter.text(false) download="">"Download text"</a>
                <a href=filter.text(true) download="">"Download redacted text"</a>
            })}
        </span>
    }
    .drawn()
}

/// Nothing to list: why, and what to do.
#[component]
fn Nothing(data: LogsPage, older: Option<String>) -> impl IntoView {
    let filter = data.filter;
    if data.gone {
        return view! {
            <EmptyState title="These lines are gone" why="Their file was removed: Leasehold keeps a limited number of files from earlier starts.">
                <LinkButton href=LogsFilter { before: String::new(), ..filter }.href()>"Newest lines"</LinkButton>
            </EmptyState>
        }
        .drawn();
    }
    if let Some(older) = older {
        let why = data.looked.map(|looked| looked.sentence()).unwrap_or_default();
        return view! {
            <EmptyState title="Nothing found so far" why=why>
                <LinkButton href=older>"Search further back"</LinkButton>
                <LinkButton href=paths::LOGS look="quiet">"Clear filters"</LinkButton>
            </EmptyState>
        }
        .drawn();
    }
    if filter.filters() || !filter.before.is_empty() {
        return view! {
            <EmptyState title="No lines match" why="No line matches these filters.">
                <LinkButton href=paths::LOGS>"Clear filters"</LinkButton>
            </EmptyState>
        }
        .drawn();
    }
    let there = data.verbosity_is_set_there.then(|| paths::setting("LOGGING_VERBOSITY"));
    view! {
        <EmptyState title="Nothing has been logged" why=format!("{} There has been nothing to log yet.", data.verbosity)>
            {there.map(|href| view! { <LinkButton href=href>"Change the log level"</LinkButton> })}
        </EmptyState>
    }
    .drawn()
}

impl Looked {
    /// "Searched 64 MB, back to 2026-11-20 10:00:00."
    fn sentence(&self) -> String {
        match &self.back_to {
            Some(stamp) => format!("Searched {}, back to {stamp}.", self.size),
            None => format!("Searched {}.", self.size),
        }
    }
}

impl LogsFilter {
    /// The page with this filter.
    pub fn href(&self) -> String {
        let [level, component, from, to, q] = self.pairs();
        let (before, at) = (("before", self.before.as_str()), ("at", self.at.as_str()));
        paths::with_query(paths::LOGS, &[level, component, from, to, q, before, at])
    }

    /// The same lines as a file, oldest first.
    pub fn text(&self, redacted: bool) -> String {
        let [level, component, from, to, q] = self.pairs();
        let redacted = ("redacted", if redacted { "1" } else { "" });
        paths::with_query(paths::LOGS_TEXT, &[level, component, from, to, q, redacted])
    }

    fn pairs(&self) -> [(&'static str, &str); 5] {
        [("level", &self.level), ("component", &self.component), ("from", &self.from), ("to", &self.to), ("q", &self.q)]
    }

    /// Whether it leaves anything out.
    pub(crate) fn filters(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty())
    }
}

/// The page of one line.
pub(crate) fn line_href(at: &str) -> String {
    format!("{}#line", LogsFilter { at: at.to_owned(), ..LogsFilter::default() }.href())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_holds_the_filter_and_files_leave_out_the_place() {
        let filter = LogsFilter {
            level: "warn".into(),
            q: "a&b".into(),
            from: "2026-11-22T07:00".into(),
            before: "1.2.3".into(),
            ..LogsFilter::default()
        };
        assert_eq!(filter.href(), "/logs?level=warn&from=2026-11-22T07%3A00&q=a%26b&before=1.2.3");
        assert_eq!(filter.text(true), "/logs.txt?level=warn&from=2026-11-22T07%3A00&q=a%26b&redacted=1");
        assert_eq!(line_href("1.2.3"), "/logs?at=1.2.3#line");
        assert!(filter.filters() && !LogsFilter { before: "1.2.3".into(), ..LogsFilter::default() }.filters());
    }
}
