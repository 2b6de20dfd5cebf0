//! Every report that was made, its answer, and the receipt of both.

use super::{ChangeList, Tabs, look, short, way};
use crate::components::{Card, Column, Copyable, EmptyState, LinkButton, PageHeader, Pager, Table, TimeStamp};
use crate::drawn::{Draw, Drawn};
use crate::paths;
use crate::request::request;
use engine::exchange::{LedgerAnswer, LedgerEntry};
use engine::secret::digest_hex;
use leptos::prelude::*;
use licensing::vendor_key::Fingerprint;

/// Rows of one page of the ledger.
pub const LEDGER_LISTED: usize = 50;
/// Reports that are put into another order than that of time, at the most: the newest.
pub const LEDGER_SORTED: usize = 500;

/// One page of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerPage {
    /// Newest first; up to [`LEDGER_SORTED`] where another order is asked for.
    pub items: Vec<LedgerEntry>,
    /// Empty, "open", "answered" or "lost".
    pub filter: String,
    /// Value of `?before=` for the next older page.
    pub next: Option<String>,
}

/// The proof of one exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub entry: LedgerEntry,
    pub answer: LedgerAnswer,
    /// Name of this server.
    pub server: String,
}

/// What can be shown: the value in the address, and the words.
const FILTERS: [(&str, &str); 4] = [("", "All"), ("open", "Waiting"), ("answered", "Answered"), ("lost", "No answer")];

/// The page of `/exchange/ledger`.
#[component]
pub fn LedgerView(data: LedgerPage) -> impl IntoView {
    let later = request().query("before").is_some();
    let sorted = data.items.len() > LEDGER_LISTED;
    let newest = later.then(|| paths::ledger(&data.filter, ""));
    let older = data.next.as_deref().map(|before| paths::ledger(&data.filter, before));
    let body = if !data.items.is_empty() {
        table(&data.items)
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
            {sorted.then(|| view! { <p class="fine">{format!("Sorted: the newest {LEDGER_SORTED} reports. The first {LEDGER_LISTED} are listed.")}</p> })}
            <Pager newest=newest older=older />
        </Card>
    }
    .drawn()
}

fn table(items: &[LedgerEntry]) -> Drawn {
    let sorted = request().query("sort").is_some_and(|sort| sort.starts_with("reports."));
    Table::new(if sorted { "Reports and their answers" } else { "Reports and their answers, newest first" })
        .labelled()
        .look("ledger")
        .sorts("reports", "created", true)
        .most(LEDGER_LISTED)
        .column(Column::row_header("Report", |row: &LedgerEntry, cell| {
            let (what, href) = match row.state.as_str() {
                "answered" => ("Receipt", paths::receipt(&row.status_id)),
                _ => ("Report", paths::hand_report(&row.status_id)),
            };
            let name = format!("{what} {}", row.status_id);
            let shown = short(&row.status_id);
            cell.view(view! { <a href=href aria-label=name><code>{shown}</code></a> });
        }))
        .column(
            Column::text("Created", |row: &LedgerEntry, cell| {
                cell.ago(row.opened_at);
                cell.sub(|cell| cell.text(&format!("{}, {}", row.opened_by, way(&row.channel))));
            })
            .sort_by("created", |row| row.opened_at),
        )
        .column(
            Column::text("State", |row: &LedgerEntry, cell| {
                let (tone, word) = look(&row.state);
                cell.pill(tone, word);
            })
            .sort_by("state", |row| look(&row.state).1),
        )
        .column(
            Column::text("Answered", |row: &LedgerEntry, cell| {
                if let Some(answer) = &row.answer {
                    cell.ago(answer.at);
                    cell.sub(|cell| match &row.node {
                        Some(node) => cell.text(node),
                        None => cell.text(&format!("uploaded by {}", answer.by)),
                    });
                }
            })
            .sort_by("answered", |row| row.answer.as_ref().map(|answer| answer.at)),
        )
        .column(Column::text("Changes", |row: &LedgerEntry, cell| {
            if let Some(answer) = &row.answer {
                cell.text(&answer.outcome.changes.sentence());
            }
        }))
        .draw(items)
}

/// The page of `/exchange/receipt/{id}`.
#[component]
pub fn ReceiptView(data: Receipt) -> impl IntoView {
    let crumbs = vec![
        ("Exchange".to_owned(), paths::EXCHANGE.to_owned()),
        ("Ledger".to_owned(), paths::EXCHANGE_LEDGER.to_owned()),
    ];
    let Receipt { entry, answer, server } = data;
    let (outcome, report_sha256) = (answer.outcome, digest_hex(entry.report.as_bytes()));
    let key = outcome.key.parse::<Fingerprint>().map_or(outcome.key, |key| key.grouped());
    let sentence = if outcome.unchanged {
        "Exchange verified. The licenses were already up to date.".to_owned()
    } else {
        format!("Exchange verified. {}", outcome.changes.sentence())
    };
    view! {
        <PageHeader
            title="Exchange receipt"
            crumbs=crumbs
            lead=view! { {server} <span class="sep"><code class="path">{entry.guid}</code></span> }.drawn()
        />
        <article class="card receipt" aria-label="Receipt">
            <p class="receipt-sentence">{sentence}</p>
            <ChangeList changes=outcome.changes />
            <dl class="facts">
                <div><dt>"Report created"</dt><dd><TimeStamp at_ms=entry.opened_at /></dd></div>
                <div><dt>"Answer applied"</dt><dd><TimeStamp at_ms=answer.at />{format!(", by {}", answer.by)}</dd></div>
                <div><dt>"Carried"</dt><dd>{way(&entry.channel)}{entry.node.map(|node| view! { ", answered by " <code>{node}</code> })}</dd></div>
                <div><dt>"Signed at the node"</dt><dd><TimeStamp at_ms=outcome.node_time /></dd></div>
                <div><dt>"Serial"</dt><dd>{outcome.serial}</dd></div>
                <div><dt>"Report"</dt><dd><Copyable value=entry.status_id what="the id of the report" /></dd></div>
            </dl>
        </article>
        <Card title="Proof" id="proof">
            <p class="muted">"The digests prove that neither text was altered; this key signed the answer."</p>
            <dl class="facts">
                <div><dt>"SHA-256 of the report"</dt><dd><Copyable value=report_sha256 what="the SHA-256 of the report" /></dd></div>
                <div><dt>"SHA-256 of the answer"</dt><dd><Copyable value=outcome.response_sha256 what="the SHA-256 of the answer" /></dd></div>
                <div><dt>"Vendor key"</dt><dd><Copyable value=key what="the fingerprint" /></dd></div>
            </dl>
        </Card>
    }
    .drawn()
}
