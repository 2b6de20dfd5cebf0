//! Which lines are shown.

use super::model::LogsFilter;
use crate::components::{FieldProblem, FilterChoice, FilterForm, FilterText, plain_options};
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
