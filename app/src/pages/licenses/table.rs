//! The licenses as tables: those that are loaded, and those that are not, with the reason.

use super::filter::kind_words;
use super::model::{LicenseFilter, LicenseRow};
use crate::components::{Date, Glyph, Icon, Pill, Tag};
use crate::pages::exchange::grouped;
use crate::paths;
use leptos::prelude::*;

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
    .into_any()
}

/// The licenses that applications can take.
#[component]
pub(super) fn Loaded(items: Vec<LicenseRow>, filter: LicenseFilter) -> impl IntoView {
    view! {
        <table class="table licenses">
            <caption class="vh">"Loaded licenses"</caption>
            <thead><tr>{LOADED.into_iter().map(|column| view! { <Heading filter=filter.clone() column=column /> }).collect_view()}</tr></thead>
            <tbody>{items.into_iter().map(|item| view! { <LoadedRow item=item /> }).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn LoadedRow(item: LicenseRow) -> impl IntoView {
    view! {
        <tr>
            <Product item=item.clone() />
            <td data-label="Kind"><Kind item=item.clone() /></td>
            <td class="num" data-label="Licensed">{grouped(item.licensed)}</td>
            <td class="num" data-label="In use"><InUse item=item.clone() /></td>
            <td data-label="Expires">
                {match item.expires_ms {
                    Some(at) => view! { <Date at_ms=at /> }.into_any(),
                    None => view! { <span class="muted">"Never"</span> }.into_any(),
                }}
                {item.expires_soon.then(|| view! { " " <Pill tone=crate::request::Tone::Warning text="Soon" /> })}
            </td>
            <td data-label="Maintenance">
                {match item.maintenance_ms {
                    Some(at) => view! { <Date at_ms=at /> }.into_any(),
                    None => view! { <span class="muted">"No end"</span> }.into_any(),
                }}
                {item.maintenance_over.then(|| view! { " " <Tag text="over" look="off" /> })}
            </td>
            <td data-label="State"><Pill tone=item.tone text=item.state_label /></td>
        </tr>
    }
    .into_any()
}

/// How many are in use; the number leads to the clients that have them.
#[component]
fn InUse(item: LicenseRow) -> impl IntoView {
    let number = grouped(item.in_use);
    let label = format!("{number} of {} in use: show the clients", item.product);
    view! {
        {if item.in_use > 0 || item.over_committed {
            view! { <a href=paths::clients_of(&item.product) aria-label=label>{number}</a> }.into_any()
        } else {
            number.into_any()
        }}
        {item.over_committed.then(|| view! { <span class="sub"><Pill tone=crate::request::Tone::Danger text="Over-committed" /></span> })}
    }
    .into_any()
}

/// The licenses that are kept, and why they do not count.
#[component]
pub(super) fn NotLoaded(items: Vec<LicenseRow>) -> impl IntoView {
    view! {
        <table class="table licenses off">
            <caption class="vh">"Licenses that are not loaded"</caption>
            <thead><tr>
                <th scope="col">"Product"</th><th scope="col">"Kind"</th><th scope="col" class="num">"Licensed"</th>
                <th scope="col">"Context"</th><th scope="col">"State"</th><th scope="col">"Why, and what to do"</th>
            </tr></thead>
            <tbody>{items.into_iter().map(|item| view! { <NotLoadedRow item=item /> }).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn NotLoadedRow(item: LicenseRow) -> impl IntoView {
    let expired = item.expires_ms.filter(|_| item.state == "expired");
    view! {
        <tr>
            <Product item=item.clone() />
            <td data-label="Kind"><Kind item=item.clone() /></td>
            <td class="num" data-label="Licensed">{grouped(item.licensed)}</td>
            <td data-label="Context">{item.context}</td>
            <td data-label="State">
                <Pill tone=item.tone text=item.state_label />
                {expired.map(|at| view! { <span class="sub">"since "<Date at_ms=at /></span> })}
            </td>
            <td class="why">{item.reason}</td>
        </tr>
    }
    .into_any()
}

/// The product, with the version it is good for and the id of the license.
#[component]
fn Product(item: LicenseRow) -> impl IntoView {
    view! {
        <th scope="row">
            <code class="product">{item.product}</code>
            <span class="sub">{item.version.map(|version| format!("up to version {version} · "))}{item.id}</span>
        </th>
    }
    .into_any()
}

#[component]
fn Kind(item: LicenseRow) -> impl IntoView {
    view! {
        {kind_words(&item.kind)}
        {item.hours.map(|hours| view! { <span class="sub">{format!("{} h", grouped(hours))}</span> })}
    }
    .into_any()
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
