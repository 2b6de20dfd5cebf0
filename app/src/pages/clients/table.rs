//! The clients as a table that sorts by its headings.

use super::model::{ClientFilter, ClientRow, Holding};
use super::state::StateCell;
use crate::components::{Glyph, Icon, TimeAgo};
use crate::drawn::Draw;
use crate::pages::exchange::grouped;
use crate::paths;
use leptos::prelude::*;

/// A column: the value in the address (empty: one does not sort by it), and the heading.
const COLUMNS: [(&str, &str); 6] = [
    ("name", "Client"),
    ("host", "Host"),
    ("held", "Holds"),
    ("since", "Connected"),
    ("seen", "Last refresh"),
    ("", "State"),
];

/// The address that sorts by a column: a second press turns the order round.
fn sorted_by(filter: &ClientFilter, column: &str) -> String {
    let by = if filter.sort.is_empty() { "name" } else { filter.sort.as_str() };
    ClientFilter { sort: column.to_owned(), descending: by == column && !filter.descending, ..filter.clone() }.href()
}

#[component]
pub(super) fn Table(items: Vec<ClientRow>, filter: ClientFilter) -> impl IntoView {
    view! {
        <table class="table clients">
            <caption class="vh">"Clients and what they hold"</caption>
            <thead><tr>{COLUMNS.into_iter().map(|(key, words)| {
                let by = if filter.sort.is_empty() { "name" } else { filter.sort.as_str() };
                let order = (by == key).then_some(if filter.descending { "descending" } else { "ascending" });
                match key {
                    "" => view! { <th scope="col">{words}</th> }.drawn(),
                    key => view! {
                        <th scope="col" aria-sort=order>
                            <a class="sort" href=sorted_by(&filter, key)>{words}{order.map(|_| view! { <Icon glyph=Glyph::Chevron /> })}</a>
                        </th>
                    }.drawn(),
                }
            }).collect_view()}</tr></thead>
            <tbody>{items.into_iter().map(|row| view! { <Row row=row /> }).collect_view()}</tbody>
        </table>
    }
    .drawn()
}

#[component]
fn Row(row: ClientRow) -> impl IntoView {
    let holdings: Vec<Holding> = row
        .holdings
        .iter()
        .filter(|holding| holding.held > 0 || holding.counted > 0 || holding.want > 0)
        .cloned()
        .collect();
    let look = if row.state == "gone" { "gone" } else { "" };
    view! {
        <tr class=look>
            <th scope="row">
                <a href=paths::client(row.id)>{row.name.clone()}</a>
                {(!row.software.is_empty()).then(|| view! { <span class="sub">{row.software.clone()}</span> })}
            </th>
            <td data-label="Host">
                {row.host.clone()}
                <span class="sub"><code>{row.address.clone()}</code></span>
            </td>
            <td data-label="Holds">
                {if holdings.is_empty() {
                    view! { <span class="muted">"nothing"</span> }.drawn()
                } else {
                    view! { <ul class="holdings">{holdings.into_iter().map(|holding| view! { <HoldingLine holding=holding /> }).collect_view()}</ul> }.drawn()
                }}
            </td>
            <td data-label="Connected"><TimeAgo at_ms=row.since_ms /></td>
            <td data-label="Last refresh"><TimeAgo at_ms=row.seen_ms /></td>
            <td data-label="State"><StateCell row=row /></td>
        </tr>
    }
    .drawn()
}

/// "TTS3 12 of 14"; what is wanted beyond it is said.
#[component]
fn HoldingLine(holding: Holding) -> impl IntoView {
    let short = holding.want.saturating_sub(holding.limit.max(holding.held));
    view! {
        <li>
            <code>{holding.product}</code>" "
            <b>{grouped(holding.held.into())}</b>
            <span class="muted">{format!(" of {}", grouped(holding.limit.into()))}</span>
            {(short > 0).then(|| view! { <span class="muted">{format!(", wants {} more", grouped(short.into()))}</span> })}
        </li>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_press_on_a_column_turns_the_order_round_and_keeps_the_filter() {
        let filter = |sort: &str, descending| ClientFilter {
            product: "TTS3".into(),
            sort: sort.into(),
            descending,
            ..ClientFilter::default()
        };
        for (filter, column, address) in [
            (filter("", false), "name", "/clients?product=TTS3&sort=name&dir=desc"),
            (filter("", false), "seen", "/clients?product=TTS3&sort=seen"),
            (filter("seen", false), "seen", "/clients?product=TTS3&sort=seen&dir=desc"),
            (filter("seen", true), "seen", "/clients?product=TTS3&sort=seen"),
        ] {
            assert_eq!(sorted_by(&filter, column), address);
        }
    }
}
