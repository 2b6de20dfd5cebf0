//! Which clients are shown, and how often the page looks again.

use super::model::ClientFilter;
use super::state::STATES;
use crate::components::{Glyph, Hidden, Icon, LinkButton};
use crate::paths;
use leptos::prelude::*;

/// Text, product and state. Sends order and pace along.
#[component]
pub(super) fn FilterForm(filter: ClientFilter, products: Vec<String>, counts: Vec<(String, usize)>) -> impl IntoView {
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
    let mut products: Vec<(String, String)> = products.into_iter().map(|product| (product.clone(), product)).collect();
    if !filter.product.is_empty() && products.iter().all(|(product, _)| *product != filter.product) {
        products.push((filter.product.clone(), filter.product.clone()));
    }
    view! {
        <form method="get" action=paths::CLIENTS class="filters" role="search" aria-label="Filter the clients">
            <div class="field inline grow">
                <label for="filter-q">"Name, host or address"</label>
                <input class="input" type="search" id="filter-q" name="q" value=filter.q data-filter="true" autocomplete="off" spellcheck="false" />
            </div>
            <Choice name="product" label="Product" all="Every product" chosen=filter.product options=products />
            <Choice name="state" label="State" all="Every state" chosen=filter.state options=states />
            {(!filter.sort.is_empty()).then(|| view! { <Hidden name="sort" value=filter.sort.clone() /> })}
            {filter.descending.then(|| view! { <Hidden name="dir" value="desc" /> })}
            {(!filter.every.is_empty()).then(|| view! { <Hidden name="every" value=filter.every.clone() /> })}
            <button type="submit" class="button">"Filter"</button>
            {clear.map(|clear| view! { <a class="clear" href=clear>"Clear filters"</a> })}
        </form>
    }
    .into_any()
}

/// A select; each option is value and words.
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
                {options.into_iter().map(|(value, words)| {
                    let selected = value == chosen;
                    view! { <option value=value selected=selected>{words}</option> }
                }).collect_view()}
            </select>
        </div>
    }
    .into_any()
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
    .into_any()
}
