//! The proof of one exchange, also on paper.

use super::changes::ChangeList;
use super::model::ReceiptModel;
use super::state::way;
use super::words::changes_sentence;
use crate::components::{Card, Copyable, PageHeader, TimeStamp};
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;

/// The page of `/exchange/receipt/{id}`.
#[component]
pub fn ReceiptView(data: ReceiptModel) -> impl IntoView {
    let crumbs = vec![
        ("Exchange".to_owned(), paths::EXCHANGE.to_owned()),
        ("Ledger".to_owned(), paths::EXCHANGE_LEDGER.to_owned()),
    ];
    let sentence = if data.unchanged {
        "Exchange verified. The licenses were already up to date.".to_owned()
    } else {
        format!("Exchange verified. {}", changes_sentence(&data.changes))
    };
    view! {
        <PageHeader
            title="Exchange receipt"
            crumbs=crumbs
            lead=view! { {data.server.clone()} <span class="sep"><code class="path">{data.guid.clone()}</code></span> }.drawn()
        />
        <article class="card receipt" aria-label="Receipt">
            <p class="receipt-sentence">{sentence}</p>
            <ChangeList changes=data.changes />
            <dl class="facts">
                <div><dt>"Report created"</dt><dd><TimeStamp at_ms=data.opened_ms /></dd></div>
                <div><dt>"Answer applied"</dt><dd><TimeStamp at_ms=data.answered_ms />{format!(", by {}", data.by)}</dd></div>
                <div><dt>"Carried"</dt><dd>{way(&data.channel)}{data.node.map(|node| view! { ", answered by " <code>{node}</code> })}</dd></div>
                <div><dt>"Signed at the node"</dt><dd><TimeStamp at_ms=data.node_time_ms /></dd></div>
                <div><dt>"Serial"</dt><dd>{data.serial}</dd></div>
                <div><dt>"Report"</dt><dd><Copyable value=data.status_id what="the id of the report" /></dd></div>
            </dl>
        </article>
        <Card title="Proof" id="proof">
            <p class="muted">"The digests prove that neither text was altered; this key signed the answer."</p>
            <dl class="facts">
                <div><dt>"SHA-256 of the report"</dt><dd><Copyable value=data.report_sha256 what="the SHA-256 of the report" /></dd></div>
                <div><dt>"SHA-256 of the answer"</dt><dd><Copyable value=data.response_sha256 what="the SHA-256 of the answer" /></dd></div>
                <div><dt>"Vendor key"</dt><dd><Copyable value=data.key_fingerprint what="the fingerprint" /></dd></div>
            </dl>
        </Card>
    }
    .drawn()
}
