//! The server's own log: the newest lines first, narrowed by a filter; one line among its neighbours; the files to carry away.

mod lines;

use crate::components::{
    Card, Cell, Column, EmptyState, ErrorBlock, FieldProblem, FilterChoice, FilterForm, FilterText, Glyph, Icon,
    LinkButton, PageHeader, ShowAsCurl, Table, plain_options,
};
use crate::drawn::Draw;
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;
use lines::{Lines, Place};

/// The log, filtered; or one line among its neighbours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogsPage {
    pub filter: LogsFilter,
    /// What is wrong with the filter: name of the field, and a sentence.
    pub refused: Vec<(String, String)>,
    /// Newest first.
    pub lines: Vec<LogRow>,
    /// Where the older lines are: the value of `?before=`.
    pub older: Option<String>,
    /// How far was looked, when that is worth saying.
    pub looked: Option<Looked>,
    /// What was asked for is no longer there.
    pub gone: bool,
    /// The files, the one that is written now first.
    pub files: Vec<LogFileRow>,
    /// What is written: "Errors only are written: LOGGING_VERBOSITY is 1."
    pub verbosity: String,
    /// Whether a setting of the conf file decides that.
    pub verbosity_is_set_there: bool,
    /// Why there is nothing to show: no log is written, or it cannot be read.
    pub trouble: Option<Trouble>,
    /// Where this page is reached by a browser, for links to carry elsewhere.
    pub origin: String,
}

/// Why there is no log to show.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// It is turned off.
    Off(String),
    /// It cannot be read.
    Failed(String),
}

/// How far a page looked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Looked {
    /// "64 MB"
    pub size: String,
    /// The oldest line it looked at, local time.
    pub back_to: Option<String>,
}

/// The query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogsFilter {
    /// `debug`, `info`, `warn` or `error`: at least.
    pub level: String,
    pub component: String,
    pub from: String,
    pub to: String,
    pub q: String,
    /// Older than this place.
    pub before: String,
    /// This line among its neighbours.
    pub at: String,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRow {
    /// Its place, for a link.
    pub at: String,
    /// Name of its file.
    pub file: String,
    /// "Sunday, 22 November 2026"; empty when the line has no time.
    pub day: String,
    /// "07:24:16"
    pub time: String,
    /// `2026-11-22T07:24:16`, local.
    pub machine_time: String,
    /// In capital letters; empty when the line has none.
    pub level: String,
    pub component: String,
    pub message: String,
    /// More of the message than is shown, characters.
    pub cut: usize,
    /// The whole line, to copy.
    pub line: String,
    /// The line that was asked for.
    pub marked: bool,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFileRow {
    pub name: String,
    pub id: String,
    pub size: String,
    /// Local time of the first line.
    pub began: Option<String>,
    pub written_ms: i64,
}

impl LogRow {
    /// How pressing it is.
    pub fn tone(&self) -> Tone {
        match self.level.as_str() {
            "ERROR" | "FATAL" => Tone::Danger,
            "WARN" => Tone::Warning,
            "INFO" => Tone::Info,
            _ => Tone::Neutral,
        }
    }
}

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

/// One file for each start of the server, the newest first.
#[component]
fn Files(files: Vec<LogFileRow>) -> impl IntoView {
    let table = Table::new("Log files, newest first")
        .labelled()
        .look("log-files")
        .sorts("files", "written", true)
        .column(
            Column::row_header("File", |file: &LogFileRow, cell| cell.code(&file.name))
                .sort_by("file", |file| file.name.clone()),
        )
        .column(
            Column::text("First line", |file: &LogFileRow, cell| {
                cell.text(file.began.as_deref().unwrap_or("none yet"));
            })
            .sort_by("began", |file| file.began.clone()),
        )
        .column(
            Column::text("Last written", |file: &LogFileRow, cell| cell.ago(file.written_ms))
                .sort_by("written", |file| file.written_ms),
        )
        .column(Column::number("Size", |file: &LogFileRow, cell| cell.text(&file.size)))
        .column(Column::text("Download", write_downloads))
        .draw(&files);
    view! {
        <Card title="Files" id="files">
            <p class="muted">"One for each server start. Every download hides passwords, passphrases and tokens. A redacted one also replaces hosts, addresses, users, GUIDs and ids with host-1, address-1 and so on, so you can send it to someone else. Read it before you do."</p>
            {table}
        </Card>
    }
    .drawn()
}

fn write_downloads(file: &LogFileRow, cell: &mut Cell<'_>) {
    let href = |redacted| paths::with_query(paths::LOGS_TEXT, &[("file", &file.id), ("redacted", redacted)]);
    let name = &file.name;
    cell.view(view! {
        <span class="log-carry">
            <a href=href("") download="" aria-label=format!("Download {name}")>"Full"</a>
            <a href=href("1") download="" aria-label=format!("Download {name}, redacted")>"Redacted"</a>
        </span>
    });
}

/// At least this pressing: value in the address, and words.
const LEVELS: [(&str, &str); 4] =
    [("error", "Errors"), ("warn", "Warnings and errors"), ("info", "Info and above"), ("debug", "Debug and above")];

/// The parts of the program that speak most; another one in the address is offered as it is.
const COMPONENTS: [&str; 12] = [
    "ALERTS",
    "AUDIT",
    "CONF",
    "CONSOLE",
    "COUNTDOWN",
    "EXCHANGE",
    "LEASES",
    "PEERS",
    "REPORTS",
    "SERVER",
    "USAGE",
    "VE",
];

/// Text, level, component, from and to.
#[component]
fn LogFilters(filter: LogsFilter, refused: Vec<(String, String)>) -> impl IntoView {
    let clear = filter.filters().then(|| LogsFilter::default().href());
    let levels = LEVELS.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect();
    let components = plain_options(COMPONENTS.into_iter().map(str::to_owned));
    let why = |name: &str| refused.iter().find(|(field, _)| field == name).map(|(_, sentence)| sentence.clone());
    let (from_why, to_why) = (why("from"), why("to"));
    view! {
        <FilterForm action=paths::LOGS label="Filter the log" clear=clear>
            <FilterText label="Text" value=filter.q />
            <FilterChoice name="level" label="Level" all="All levels" chosen=filter.level options=levels />
            <FilterChoice name="component" label="Component" all="All components" chosen=filter.component options=components />
            <Moment name="from" label="From" value=filter.from why=from_why />
            <Moment name="to" label="To" value=filter.to why=to_why />
        </FilterForm>
    }
    .drawn()
}

/// A local time; browsers offer a calendar.
#[component]
fn Moment(name: &'static str, label: &'static str, value: String, why: Option<String>) -> impl IntoView {
    let id = format!("filter-{name}");
    // What is no time would be dropped by the browser: it is shown as text, to be put right.
    let kind = if why.is_some() { "text" } else { "datetime-local" };
    let described = why.is_some().then(|| format!("{id}-error"));
    view! {
        <div class="field inline">
            <label for=id.clone()>{label}</label>
            <input class="input log-moment" type=kind id=id.clone() name=name value=value autocomplete="off"
                aria-invalid=why.is_some().then_some("true") aria-describedby=described />
            {why.map(|sentence| view! { <FieldProblem name=id sentence=sentence /> })}
        </div>
    }
    .drawn()
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
