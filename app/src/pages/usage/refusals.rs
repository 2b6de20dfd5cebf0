//! Requests that were refused: who, when, how often.

use super::detail::Files;
use super::model::{Detail, Refusal, UsageFilter, UsagePage};
use crate::components::{Card, EmptyState, LinkButton, Pager};
use crate::drawn::Draw;
use leptos::prelude::*;
use licensing::words::grouped;

/// The list, newest first.
#[component]
pub(super) fn Refusals(detail: Detail, data: UsagePage) -> impl IntoView {
    let files = view! { <Files detail=detail.clone() /> }.drawn();
    let newest = UsageFilter { before: String::new(), ..data.filter.clone() };
    let later = !data.filter.before.is_empty();
    let older = detail.older.clone().map(|before| UsageFilter { before, ..data.filter.clone() }.href_at_product());
    let product = detail.row.product.clone();
    let back = newest.href_at_product();
    view! {
        <Card title="Denied requests" id="refused" aside=files>
            {match (detail.refusals.is_empty(), later) {
                (true, true) => view! {
                    <EmptyState title="Nothing older" why="This period has no earlier denials.">
                        <LinkButton href=back.clone()>"Newest denials"</LinkButton>
                    </EmptyState>
                }.drawn(),
                (true, false) => view! {
                    <EmptyState title="None" why=format!("Every request for {product} was granted in this period.") />
                }.drawn(),
                (false, _) => view! {
                    <table class="table refusals">
                        <caption class="vh">{format!("Denied requests for {product}, newest first")}</caption>
                        <thead><tr>
                            <th scope="col">"When"</th><th scope="col">"User"</th><th scope="col">"Client"</th>
                            <th scope="col">"Host"</th><th scope="col" class="num">"Requests"</th>
                        </tr></thead>
                        <tbody>{detail.refusals.into_iter().map(|row| view! { <Row row=row /> }).collect_view()}</tbody>
                    </table>
                    <p class="fine">"Requests of one user at one client within a minute are one row."</p>
                }.drawn(),
            }}
            <Pager newest=later.then(|| newest.href_at_product()) older=older />
        </Card>
    }
    .drawn()
}

#[component]
fn Row(row: Refusal) -> impl IntoView {
    let named = |text: String| {
        if text.is_empty() { view! { <span class="muted">"unknown"</span> }.drawn() } else { text.drawn() }
    };
    view! {
        <tr>
            <th scope="row">{row.at.words}</th>
            <td data-label="User">{named(row.user)}</td>
            <td data-label="Client">{named(row.client)}</td>
            <td data-label="Host">{named(row.host)}</td>
            <td class="num" data-label="Requests">{grouped(row.count)}</td>
        </tr>
    }
    .drawn()
}
