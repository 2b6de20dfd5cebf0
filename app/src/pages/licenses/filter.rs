//! Which licenses are shown: a form, and links that count.

use super::model::LicenseFilter;
use crate::components::Hidden;
use crate::paths;
use leptos::prelude::*;

/// The states there are: the value in the address, and the words.
pub(super) const STATES: [(&str, &str); 6] = [
    ("active", "Active"),
    ("expired", "Expired"),
    ("lapsed", "Lapsed"),
    ("wrong_context", "Other context"),
    ("other_guid", "Other server"),
    ("not_yet_served", "Not yet in contact"),
];

/// The words for a state; an unknown one is shown as it is.
fn words(state: &str) -> String {
    STATES.iter().find(|(value, _)| *value == state).map_or(state, |(_, words)| words).to_owned()
}

/// The words for a kind: "Concurrent".
pub(super) fn kind_words(kind: &str) -> String {
    let mut letters = kind.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Text, state and kind. Sends the order along.
#[component]
pub(super) fn FilterForm(filter: LicenseFilter, kinds: Vec<String>, counts: Vec<(String, usize)>) -> impl IntoView {
    let filtered = !filter.q.is_empty() || !filter.state.is_empty() || !filter.kind.is_empty();
    let states = counts.into_iter().map(|(state, count)| (format!("{} ({count})", words(&state)), state)).collect();
    let kinds = kinds.into_iter().map(|kind| (kind_words(&kind), kind)).collect();
    let clear = paths::licenses("", "", "", &filter.sort, filter.descending);
    view! {
        <form method="get" action=paths::LICENSES class="filters" role="search" aria-label="Filter the licenses">
            <div class="field inline grow">
                <label for="filter-q">"Product or id"</label>
                <input class="input" type="search" id="filter-q" name="q" value=filter.q data-filter="true" autocomplete="off" spellcheck="false" />
            </div>
            <Choice name="state" label="State" all="Every state" chosen=filter.state options=states />
            <Choice name="kind" label="Kind" all="Every kind" chosen=filter.kind options=kinds />
            {(!filter.sort.is_empty()).then(|| view! { <Hidden name="sort" value=filter.sort.clone() /> })}
            {filter.descending.then(|| view! { <Hidden name="dir" value="desc" /> })}
            <button type="submit" class="button">"Filter"</button>
            {filtered.then(|| view! { <a class="clear" href=clear>"Clear filters"</a> })}
        </form>
    }
    .into_any()
}

/// A select; each option is words and value.
#[component]
fn Choice(
    name: &'static str,
    label: &'static str,
    all: &'static str,
    chosen: String,
    options: Vec<(String, String)>,
) -> impl IntoView {
    view! {
        <div class="field inline">
            <label for=format!("filter-{name}")>{label}</label>
            <select class="input" id=format!("filter-{name}") name=name>
                <option value="">{all}</option>
                {options.into_iter().map(|(words, value)| {
                    let selected = value == chosen;
                    view! { <option value=value selected=selected>{words}</option> }
                }).collect_view()}
            </select>
        </div>
    }
    .into_any()
}
