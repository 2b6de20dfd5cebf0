//! Every report that was made, and its answer.

use super::model::{LedgerPage, LedgerRow};
use super::state::{ReportState, way};
use super::tabs::Tabs;
use super::words::short;
use crate::components::{Card, EmptyState, LinkButton, PageHeader, Pager, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;

/// What can be shown: the value in the address, and the words.
const FILTERS: [(&str, &str); 4] = [("", "All"), ("open", "Waiting"), ("answered", "Answered"), ("lost", "No answer")];

/// The page of `/exchange/ledger`.
#[component]
pub fn LedgerView(data: LedgerPage) -> impl IntoView {
    let later = request().query("before").is_some();
    let newest = later.then(|| paths::ledger(&data.filter, ""));
    let older = data.next.as_deref().map(|before| paths::ledger(&data.filter, before));
    let body = if !data.items.is_empty() {
        view! {
            <table class="table ledger">
                <caption class="vh">"Reports and their answers, newest first"</caption>
                <thead><tr>
                    <th scope="col">"Report"</th><th scope="col">"Created"</th><th scope="col">"State"</th>
                    <th scope="col">"Answered"</th><th scope="col">"Changes"</th>
                </tr></thead>
                <tbody>{data.items.into_iter().map(|row| view! { <Row row=row /> }).collect_view()}</tbody>
            </table>
        }
        .drawn()
    } else if !data.filter.is_empty() {
        view! {
            <EmptyState title="No reports match" why="No report has this state.">
                <LinkButton href=paths::EXCHANGE_LEDGER>"Show all"</LinkButton>
            </EmptyState>
        }
        .drawn()
    } else if later {
        view! {
            <EmptyState title="Nothing older" why="The ledger begins after this point.">
                <LinkButton href=paths::EXCHANGE_LEDGER>"Newest reports"</LinkButton>
            </EmptyState>
        }
        .drawn()
    } else {
        view! {
            <EmptyState title="No reports yet" why="Every report is kept here with its answer.">
                <LinkButton href=paths::EXCHANGE>"Go to Exchange"</LinkButton>
            </EmptyState>
        }
        .drawn()
    };
    let filter = data.filter;
    view! {
        <PageHeader title="Exchange ledger" lead=view! { "Each report accepts one answer. Leasehold keeps both." }.drawn() />
        <Tabs />
        <Card title="Reports" id="reports">
            <nav class="segments links" aria-label="Filter by state">
                {FILTERS.into_iter().map(|(value, words)| {
                    let current = (value == filter).then_some("true");
                    view! { <a href=paths::ledger(value, "") aria-current=current>{words}</a> }
                }).collect_view()}
            </nav>
            {body}
            <Pager newest=newest older=older />
        </Card>
    }
    .drawn()
}

#[component]
fn Row(row: LedgerRow) -> impl IntoView {
    let href =
        if row.state == "answered" { paths::receipt(&row.status_id) } else { paths::hand_report(&row.status_id) };
    let what = if row.state == "answered" { "Receipt" } else { "Report" };
    let (by, node) = (row.answered_by, row.node);
    view! {
        <tr>
            <th scope="row"><a href=href aria-label=format!("{what} {}", row.status_id)><code>{short(&row.status_id)}</code></a></th>
            <td data-label="Created">
                <TimeAgo at_ms=row.opened_ms />
                <span class="sub">{format!("{}, {}", row.opened_by, way(&row.channel))}</span>
            </td>
            <td data-label="State"><ReportState state=row.state /></td>
            <td data-label="Answered">
                {row.answered_ms.map(|at| view! {
                    <TimeAgo at_ms=at />
                    <span class="sub">{answered_by(node, by)}</span>
                })}
            </td>
            <td data-label="Changes">{row.summary}</td>
        </tr>
    }
    .drawn()
}

/// "node-3.example", "uploaded by admin", or both.
fn answered_by(node: Option<String>, by: Option<String>) -> String {
    match (node, by) {
        (Some(node), _) => node,
        (None, Some(by)) => format!("uploaded by {by}"),
        (None, None) => String::new(),
    }
}
