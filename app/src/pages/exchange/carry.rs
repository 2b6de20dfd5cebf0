//! A report on its way: how to carry it, and what it says.

use super::model::{FieldMeaning, ReportModel};
use crate::components::{Card, Copyable, Disabled, Glyph, Icon};
use crate::drawn::Draw;
use crate::islands::copy_button::CopyButton;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::count;

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
    view! {
        <Card title=title id="contents">
            <p class="muted">{lead}</p>
            <table class="table contents">
                <caption class="vh">"The fields of the report"</caption>
                <thead><tr><th scope="col">"Field"</th><th scope="col">"Value"</th><th scope="col">"Meaning"</th></tr></thead>
                <tbody>{report.fields.into_iter().map(|field| view! { <FieldRow field=field /> }).collect_view()}</tbody>
            </table>
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

#[component]
fn FieldRow(field: FieldMeaning) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><code>{field.path.split_inclusive('.').map(|part| view! { {part.to_owned()}<wbr /> }).collect_view()}</code></th>
            <td><code>{field.value}</code></td>
            <td class="muted">{field.meaning}</td>
        </tr>
    }
    .drawn()
}
