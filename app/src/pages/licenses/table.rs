//! The licenses as tables: those that are loaded, and those that are not, with the reason.

use super::filter::kind_words;
use super::model::{LicenseFilter, LicenseRow};
use crate::components::{Date, Glyph, Icon, Pill, Tag};
use crate::drawn::Draw;
use crate::pages::exchange::grouped;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;
use leptos::tachys::view::Position;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// A column one can sort by: the value in the address, the heading, and whether it holds numbers.
type Column = (&'static str, &'static str, bool);

const LOADED: [Column; 7] = [
    ("product", "Product", false),
    ("kind", "Kind", false),
    ("licensed", "Licensed", true),
    ("in_use", "In use", true),
    ("expires", "Expires", false),
    ("maintenance", "Maintenance", false),
    ("state", "State", false),
];

/// The address that sorts by a column: a second press turns the order round.
fn sorted_by(filter: &LicenseFilter, column: &str) -> String {
    let descending = filter.sort == column && !filter.descending;
    paths::licenses(&filter.q, &filter.state, &filter.kind, column, descending)
}

#[component]
fn Heading(filter: LicenseFilter, column: Column) -> impl IntoView {
    let (key, words, number) = column;
    let by = if filter.sort.is_empty() { "product" } else { filter.sort.as_str() };
    let order = (by == key).then_some(if filter.descending { "descending" } else { "ascending" });
    view! {
        <th scope="col" class=if number { "num" } else { "" } aria-sort=order>
            <a class="sort" href=sorted_by(&filter, key)>{words}{order.map(|_| view! { <Icon glyph=Glyph::Chevron /> })}</a>
        </th>
    }
    .drawn()
}

/// The rows of a table as HTML, one after the other into one text.
fn drawn<V: IntoView>(rows: impl Iterator<Item = V>) -> String {
    let mut html = String::new();
    for row in rows {
        row.into_view().to_html_with_buf(&mut html, &mut Position::FirstChild, true, false, Vec::new());
    }
    html
}

/// Parts of rows as HTML, each drawn once: licenses of one contract end together, and most are in the same state.
#[derive(Default)]
struct Parts {
    days: HashMap<i64, Arc<str>>,
    states: HashMap<Cow<'static, str>, Arc<str>>,
}

impl Parts {
    fn day(&mut self, at_ms: i64) -> Arc<str> {
        self.days.entry(at_ms).or_insert_with(|| view! { <Date at_ms=at_ms /> }.into_view().to_html().into()).clone()
    }

    fn day_or(&mut self, at_ms: Option<i64>, none: &'static str) -> Arc<str> {
        at_ms.map_or_else(
            || view! { <span class="muted">{none}</span> }.into_view().to_html().into(),
            |at_ms| self.day(at_ms),
        )
    }

    fn state(&mut self, item: &LicenseRow) -> Arc<str> {
        let (tone, text) = (item.tone, &item.state_label);
        let draw = || view! { <Pill tone=tone text=text.to_string() /> }.into_view().to_html().into();
        self.states.entry(text.clone()).or_insert_with(draw).clone()
    }
}

/// The licenses that applications can take.
#[component]
pub(super) fn Loaded(items: Vec<LicenseRow>, filter: LicenseFilter) -> impl IntoView {
    let mut parts = Parts::default();
    let rows = drawn(items.into_iter().map(|item| loaded_row(item, &mut parts)));
    view! {
        <table class="table licenses">
            <caption class="vh">"Loaded licenses"</caption>
            <thead><tr>{LOADED.into_iter().map(|column| view! { <Heading filter=filter.clone() column=column /> }).collect_view()}</tr></thead>
            <tbody inner_html=rows></tbody>
        </table>
    }
    .drawn()
}

fn loaded_row(item: LicenseRow, parts: &mut Parts) -> impl IntoView + use<> {
    let expires = parts.day_or(item.expires_ms, "Never");
    let maintenance = parts.day_or(item.maintenance_ms, "No end");
    let state = parts.state(&item);
    view! {
        <tr>
            {product(&item)}
            <td data-label="Kind">{kind(&item)}</td>
            <td class="num" data-label="Licensed">{grouped(item.licensed)}</td>
            <td class="num" data-label="In use">{in_use(&item)}</td>
            <td data-label="Expires">
                <span inner_html=expires></span>
                {item.expires_soon.then(|| view! { " " <Pill tone=Tone::Warning text="Soon" /> })}
            </td>
            <td data-label="Maintenance">
                <span inner_html=maintenance></span>
                {item.maintenance_over.then(|| view! { " " <Tag text="over" look="off" /> })}
            </td>
            <td data-label="State" inner_html=state></td>
        </tr>
    }
}

/// How many are in use; the number leads to the clients that have them.
fn in_use(item: &LicenseRow) -> impl IntoView + use<> {
    let number = grouped(item.in_use);
    let linked = item.in_use > 0 || item.over_committed;
    let label = linked.then(|| format!("{number} of {} in use: show the clients", item.product));
    view! {
        {(!linked).then(|| number.clone())}
        {label.map(|label| view! { <a href=paths::clients_of(&item.product) aria-label=label>{number}</a> })}
        {item.over_committed.then(|| view! { <span class="sub"><Pill tone=Tone::Danger text="Over-committed" /></span> })}
    }
}

/// The licenses that are kept, and why they do not count.
#[component]
pub(super) fn NotLoaded(items: Vec<LicenseRow>) -> impl IntoView {
    let mut parts = Parts::default();
    let rows = drawn(items.into_iter().map(|item| not_loaded_row(item, &mut parts)));
    view! {
        <table class="table licenses off">
            <caption class="vh">"Licenses that are not loaded"</caption>
            <thead><tr>
                <th scope="col">"Product"</th><th scope="col">"Kind"</th><th scope="col" class="num">"Licensed"</th>
                <th scope="col">"Context"</th><th scope="col">"State"</th><th scope="col">"Why, and what to do"</th>
            </tr></thead>
            <tbody inner_html=rows></tbody>
        </table>
    }
    .drawn()
}

fn not_loaded_row(item: LicenseRow, parts: &mut Parts) -> impl IntoView + use<> {
    let state = parts.state(&item);
    let expired = item.expires_ms.filter(|_| item.state == "expired").map(|at| parts.day(at));
    view! {
        <tr>
            {product(&item)}
            <td data-label="Kind">{kind(&item)}</td>
            <td class="num" data-label="Licensed">{grouped(item.licensed)}</td>
            <td data-label="Context">{item.context}</td>
            <td data-label="State">
                <span inner_html=state></span>
                {expired.map(|at| view! { <span class="sub">"since "<span inner_html=at></span></span> })}
            </td>
            <td class="why">{item.reason}</td>
        </tr>
    }
}

/// The product, with the version it is good for and the id of the license.
fn product(item: &LicenseRow) -> impl IntoView + use<> {
    let version = item.version.as_ref().map(|version| format!("up to version {version} · "));
    view! {
        <th scope="row">
            <code class="product">{item.product.clone()}</code>
            <span class="sub">{version}{item.id.clone()}</span>
        </th>
    }
}

fn kind(item: &LicenseRow) -> impl IntoView + use<> {
    view! {
        {kind_words(&item.kind)}
        {item.hours.map(|hours| view! { <span class="sub">{format!("{} h", grouped(hours))}</span> })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_press_on_a_column_turns_the_order_round_and_keeps_the_filter() {
        let filter = |sort: &str, descending| LicenseFilter {
            q: "TTS 3".into(),
            kind: "concurrent".into(),
            sort: sort.into(),
            descending,
            ..LicenseFilter::default()
        };
        for (filter, column, address) in [
            (filter("", false), "licensed", "/licenses?q=TTS%203&kind=concurrent&sort=licensed"),
            (filter("licensed", false), "licensed", "/licenses?q=TTS%203&kind=concurrent&sort=licensed&dir=desc"),
            (filter("licensed", true), "licensed", "/licenses?q=TTS%203&kind=concurrent&sort=licensed"),
            (filter("licensed", true), "expires", "/licenses?q=TTS%203&kind=concurrent&sort=expires"),
        ] {
            assert_eq!(sorted_by(&filter, column), address);
        }
    }
}
