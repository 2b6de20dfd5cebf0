//! Which licenses are shown: a form, and links that count.

use super::model::LicenseFilter;
use crate::components::{FilterChoice, FilterForm, FilterText};
use crate::drawn::Draw;
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
pub(super) fn LicenseFilters(filter: LicenseFilter, kinds: Vec<String>, counts: Vec<(String, usize)>) -> impl IntoView {
    let filtered = !filter.q.is_empty() || !filter.state.is_empty() || !filter.kind.is_empty();
    let states = counts
        .into_iter()
        .map(|(state, count)| {
            let words = format!("{} ({count})", words(&state));
            (state, words)
        })
        .collect();
    let kinds = kinds
        .into_iter()
        .map(|kind| {
            let words = kind_words(&kind);
            (kind, words)
        })
        .collect();
    let clear = filtered.then(|| paths::licenses("", "", "", &filter.sort, filter.descending));
    let dir = if filter.descending { "desc" } else { "" };
    let kept = vec![("sort", filter.sort), ("dir", dir.to_owned())];
    view! {
        <FilterForm action=paths::LICENSES label="Filter the licenses" kept=kept clear=clear>
            <FilterText label="Product or id" value=filter.q />
            <FilterChoice name="state" label="State" all="Every state" chosen=filter.state options=states />
            <FilterChoice name="kind" label="Kind" all="Every kind" chosen=filter.kind options=kinds />
        </FilterForm>
    }
    .drawn()
}
