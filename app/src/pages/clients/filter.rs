//! Which clients are shown, and how often the page looks again.

use super::model::ClientFilter;
use super::state::STATES;
use crate::components::{FilterChoice, FilterForm, FilterText, Glyph, Icon, LinkButton, plain_options};
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;

/// Text, product and state. Sends order and pace along.
#[component]
pub(super) fn ClientFilters(
    filter: ClientFilter,
    products: Vec<String>,
    counts: Vec<(String, usize)>,
) -> impl IntoView {
    let clear = filter.filters().then(|| {
        let kept = filter.clone();
        ClientFilter { sort: kept.sort, descending: kept.descending, every: kept.every, ..ClientFilter::default() }
            .href()
    });
    let states = STATES
        .iter()
        .map(|(value, words, _)| {
            let count = counts.iter().find(|(state, _)| state == value).map_or(0, |(_, count)| *count);
            ((*value).to_owned(), format!("{words} ({count})"))
        })
        .collect();
    let dir = if filter.descending { "desc" } else { "" };
    let kept = vec![("sort", filter.sort), ("dir", dir.to_owned()), ("every", filter.every)];
    view! {
        <FilterForm action=paths::CLIENTS label="Filter the clients" kept=kept clear=clear>
            <FilterText label="Name, host or address" value=filter.q />
            <FilterChoice name="product" label="Product" all="Every product" chosen=filter.product options=plain_options(products) />
            <FilterChoice name="state" label="State" all="Every state" chosen=filter.state options=states />
        </FilterForm>
    }
    .drawn()
}

/// How often the page looks again by itself: value in the address, and words.
const PACES: [(&str, &str, &str); 3] = [
    ("", "Off", "Do not look again by itself"),
    ("10", "10 s", "Look again every 10 seconds"),
    ("60", "1 min", "Look again every minute"),
];

/// Links: look again now, or by itself. The server then tells the browser when to come back; no script is needed.
#[component]
pub(super) fn Pace(filter: ClientFilter) -> impl IntoView {
    let now = filter.href();
    view! {
        <LinkButton href=now><Icon glyph=Glyph::Restart />"Look again"</LinkButton>
        <nav class="segments links" aria-label="Look again by itself">
            {PACES.into_iter().map(|(value, words, label)| {
                let current = (value == filter.every).then_some("true");
                let target = ClientFilter { every: value.to_owned(), ..filter.clone() };
                view! { <a href=target.href() aria-label=label aria-current=current>{words}</a> }
            }).collect_view()}
        </nav>
    }
    .drawn()
}
