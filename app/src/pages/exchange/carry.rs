//! A report on its way: how to carry it, and what it says.

use crate::components::{Card, Column, Copyable, Disabled, Glyph, Icon, Table};
use crate::drawn::Draw;
use crate::islands::CopyButton;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::count;

/// A report, ready to be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportModel {
    pub status_id: String,
    pub opened_ms: i64,
    pub opened_by: String,
    /// "open", "answered", "lost".
    pub state: String,
    /// The JSON, indented.
    pub pretty: String,
    /// Of the report as it is sent.
    pub bytes: usize,
    pub sha256: String,
    /// The command that sends it from another machine.
    pub curl: String,
    /// Where the command sends it.
    pub curl_address: String,
    /// Markup our own server made; none when the report is too large for one code.
    pub qr_svg: Option<String>,
    pub fields: Vec<FieldMeaning>,
}

/// One field of a report: what leaves this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMeaning {
    pub path: String,
    pub value: String,
    pub meaning: String,
}

/// The heading of a lane: its number, then what it does.
#[component]
pub(super) fn LaneTitle(number: u8, id: &'static str, title: &'static str) -> impl IntoView {
    view! {
        <header class="lane-title">
            <span class="lane-number" aria-hidden="true">{number}</span>
            <h2 id=id><span class="vh">{format!("{number}. ")}</span>{title}</h2>
        </header>
    }
    .drawn()
}

/// The ways to take a report to a machine that reaches the node.
#[component]
pub(super) fn Ways(
    report: ReportModel,
    /// Where the report can be had as a file.
    download: Option<String>,
) -> impl IntoView {
    // The command holds the auth string: only who may exchange sees it.
    let why_not = request().why_not(Permission::Exchange);
    let address = report.curl_address.clone();
    view! {
        <p>"Carry it to a machine that reaches " <code class="path">{address}</code> "."</p>
        {(!report.curl.is_empty()).then(|| view! {
            <div class="way">
                <h3>"As a command"</h3>
                {match why_not {
                    Some(reason) => view! { <Disabled reason=reason /> }.drawn(),
                    None => view! { <Command text=report.curl /> }.drawn(),
                }}
            </div>
        })}
        {download.map(|href| view! {
            <div class="way">
                <h3>"As a file"</h3>
                <a class="button" href=href download=""><Icon glyph=Glyph::Download />"Download"</a>
            </div>
        })}
        {match report.qr_svg {
            Some(svg) => view! {
                <details class="disclosure way">
                    <summary>"As a QR code"</summary>
                    <div class="qr" role="img" aria-label="QR code that holds the report" inner_html=svg></div>
                </details>
            }.drawn(),
            None => view! { <p class="fine">"It is too large for a QR code."</p> }.drawn(),
        }}
    }
    .drawn()
}

/// The command, with a word of care when it holds a secret.
#[component]
fn Command(text: String) -> impl IntoView {
    let secret = text.contains("x-auth-string");
    view! {
        <p class="fine">"Run it there. It prints the answer."</p>
        <div class="command">
            <pre tabindex="0" role="group" aria-label="The command"><code>{text.clone()}</code></pre>
            <CopyButton text=text what="the command".to_owned() />
        </div>
        {secret.then(|| view! { <p class="fine note-line"><Icon glyph=Glyph::Lock /><span>"Contains the auth string. Treat it like a password."</span></p> })}
    }
    .drawn()
}

/// Size and digest: what shows that it arrived whole.
#[component]
pub(super) fn Measure(report: ReportModel) -> impl IntoView {
    view! {
        <div><dt>"Size"</dt><dd>{count(report.bytes, "byte", "bytes")}</dd></div>
        <div><dt>"SHA-256"</dt><dd><Copyable value=report.sha256 what="the SHA-256" /></dd></div>
    }
    .drawn()
}

/// Everything the report says, field by field, and as it is sent.
#[component]
pub(super) fn Contents(
    title: &'static str,
    /// What can be promised about it.
    lead: &'static str,
    report: ReportModel,
) -> impl IntoView {
    let text = report.pretty;
    let table = Table::new("The fields of the report")
        .labelled()
        .look("contents")
        .column(Column::row_header("Field", |field: &FieldMeaning, cell| {
            cell.markup("<code>");
            for part in field.path.split_inclusive('.') {
                cell.text(part);
                cell.markup("<wbr>");
            }
            cell.markup("</code>");
        }))
        .column(Column::text("Value", |field: &FieldMeaning, cell| cell.code(&field.value)).unlabelled())
        .column(
            Column::text("Meaning", |field: &FieldMeaning, cell| cell.text(&field.meaning)).class("muted").unlabelled(),
        )
        .draw(&report.fields);
    view! {
        <Card title=title id="contents">
            <p class="muted">{lead}</p>
            {table}
            <details class="disclosure">
                <summary>"The report as JSON"</summary>
                <div class="command">
                    <pre tabindex="0" role="group" aria-label="The report as JSON"><code>{text.clone()}</code></pre>
                    <CopyButton text=text what="the report".to_owned() />
                </div>
            </details>
        </Card>
    }
    .drawn()
}
