//! Which lines are shown, and how often the page refreshes.

use super::model::LogsFilter;
use crate::components::{FieldProblem, FilterChoice, FilterForm, FilterText, Glyph, Icon, LinkButton, plain_options};
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;

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
pub(super) fn LogFilters(filter: LogsFilter, refused: Vec<(String, String)>) -> impl IntoView {
    let clear = filter.filters().then(|| LogsFilter { every: filter.every.clone(), ..LogsFilter::default() }.href());
    let levels = LEVELS.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect();
    let components = plain_options(COMPONENTS.into_iter().map(str::to_owned));
    let why = |name: &str| refused.iter().find(|(field, _)| field == name).map(|(_, sentence)| sentence.clone());
    let (from_why, to_why) = (why("from"), why("to"));
    view! {
        <FilterForm action=paths::LOGS label="Filter the log" kept=vec![("every", filter.every.clone())] clear=clear>
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

/// Auto-refresh intervals: value in the address, and words.
const PACES: [(&str, &str, &str); 4] = [
    ("", "Off", "Don't refresh automatically"),
    ("2", "2 s", "Refresh every 2 seconds"),
    ("10", "10 s", "Refresh every 10 seconds"),
    ("60", "1 min", "Refresh every minute"),
];

/// Links: refresh now, or automatically. The server sends the browser a `Refresh` header; no script is needed.
#[component]
pub(super) fn Pace(filter: LogsFilter) -> impl IntoView {
    let now = filter.href();
    view! {
        <LinkButton href=now><Icon glyph=Glyph::Restart />"Refresh"</LinkButton>
        <nav class="segments links" aria-label="Auto-refresh">
            {PACES.into_iter().map(|(value, words, label)| {
                let current = (value == filter.every).then_some("true");
                let target = LogsFilter { every: value.to_owned(), ..filter.clone() };
                view! { <a href=target.href() aria-label=label aria-current=current>{words}</a> }
            }).collect_view()}
        </nav>
    }
    .drawn()
}
