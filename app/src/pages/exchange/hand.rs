//! The exchange by hand, for a server the nodes cannot be reached from: export, carry, upload.

use super::carry::{Contents, Measure, Ways};
use super::checked::Checked;
use super::model::{HandPage, LedgerRow, Registered, ReportModel};
use super::standing::NotReady;
use super::state::ReportState;
use super::tabs::Tabs;
use super::upload::Upload;
use super::words::{blocked, contact_sentence, effect, short};
use crate::components::{Banner, Copyable, FormErrors, LinkButton, PageHeader, ShowAsCurl, Statement, Submit, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;

/// The page of `/exchange/hand`.
#[component]
pub fn HandView(data: HandPage) -> impl IntoView {
    let context = request();
    let ready = data.registered == Registered::Yes;
    let sentence = contact_sentence(&data.contact, context.now_ms);
    let tone = if data.contact.last_ms.is_none() { Tone::Info } else { data.contact.tone };
    let why_not = context.why_not(Permission::Exchange).or_else(|| blocked(&data.registered)).map(str::to_owned);
    let wanted = context.query("report").filter(|_| data.report.is_none()).map(str::to_owned);
    let checked = data.checked.clone();
    let was_checked = checked.is_some();
    let expected = !data.open.is_empty() || data.report.is_some();
    view! {
        <PageHeader title="Offline exchange" lead=view! { "For a server that cannot reach the vendor's nodes, or must not." }.drawn() />
        <Tabs />
        <FormErrors />
        <NotReady registered=data.registered.clone() />
        {match checked {
            Some(checked) => view! { <Checked checked=checked why_not=why_not.clone() /> }.drawn(),
            None => ready.then(|| view! {
                <Statement tone=tone sentence=sentence><p>{effect(&data.contact)}</p></Statement>
            }).drawn(),
        }}
        {wanted.map(|id| match context.why_not(Permission::Exchange) {
            Some(reason) => view! { <Banner tone=Tone::Info text=format!("Report {id} is not shown. {reason}") role="note" /> },
            None => view! {
                <Banner tone=Tone::Warning text=format!("There is no report {id}. It may belong to another server, or the link is incomplete.") role="note" />
            },
        })}        <div class="lanes">
            <Export open=data.open report=data.report.clone() was_checked=was_checked why_not=why_not.clone() />
            <section class="card lane" id="carry" aria-labelledby="carry-title">
                <LaneTitle number=2 id="carry-title" title="Carry" />
                {match data.report.clone() {
                    Some(report) if report.state != "answered" => {
                        let download = paths::report_download(&report.status_id);
                        view! { <Ways report=report download=Some(download) /> }.drawn()
                    }
                    Some(report) => view! {
                        <p>"This report is answered. There is nothing left to carry."</p>
                        <div class="actions"><LinkButton href=paths::receipt(&report.status_id)>"Show the receipt"</LinkButton></div>
                    }.drawn(),
                    None => view! {
                        <p class="muted">"Create a report first. Then carry it, as a command, a file or a QR code, to a machine that reaches the vendor's node."</p>
                    }.drawn(),
                }}
            </section>
            <Upload was_checked=was_checked expected=expected why_not=why_not />
        </div>
        {data.report.map(|report| view! { <Contents title="What leaves this machine" lead="These fields and no others. Nothing about people, calls or what was said." report=report /> })}
        <ShowAsCurl command=script() note="Replace $TOKEN with an API token. The first command creates a report, the second uploads the answer." />
    }
    .drawn()
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

/// Makes a report, and lists those that wait.
#[component]
fn Export(
    open: Vec<LedgerRow>,
    report: Option<ReportModel>,
    was_checked: bool,
    why_not: Option<String>,
) -> impl IntoView {
    let shown = report.as_ref().map(|report| report.status_id.clone()).unwrap_or_default();
    let label = if report.is_some() { "Create another report" } else { "Create a report" };
    // One button of a page stands out: the next thing to do.
    let look = if report.is_some() || was_checked || !open.is_empty() { "" } else { "primary" };
    view! {
        <section class="card lane" id="export" aria-labelledby="export-title">
            <LaneTitle number=1 id="export-title" title="Export" />
            <p>"A report says which licenses were used and how much. It accepts one answer."</p>
            <form method="post" action=paths::EXCHANGE_HAND_REPORT class="actions">
                <Submit look=look why_not=why_not>{label}</Submit>
            </form>
            {report.map(|report| view! { <Selected report=report /> })}
            {if open.is_empty() {
                view! { <p class="muted">"No report is waiting for an answer."</p> }.drawn()
            } else {
                view! {
                    <div class="way">
                        <h3>"Waiting for an answer"</h3>
                        <ul class="reports">
                            {open.into_iter().map(|row| {
                                let current = (row.status_id == shown).then_some("true");
                                view! {
                                    <li>
                                        <a href=paths::hand_report(&row.status_id) aria-current=current aria-label=format!("Report {}", row.status_id)><code>{short(&row.status_id)}</code></a>
                                        <span class="fine">{format!("{}, ", row.opened_by)}<TimeAgo at_ms=row.opened_ms /></span>
                                    </li>
                                }
                            }).collect_view()}
                        </ul>
                    </div>
                }.drawn()
            }}
        </section>
    }
    .drawn()
}

/// The report that is shown.
#[component]
fn Selected(report: ReportModel) -> impl IntoView {
    let (state, by, at) = (report.state.clone(), report.opened_by.clone(), report.opened_ms);
    view! {
        <dl class="facts stacked">
            <div><dt>"Report"</dt><dd><Copyable value=report.status_id.clone() what="the id of the report" /></dd></div>
            <div><dt>"Created"</dt><dd><TimeAgo at_ms=at />{format!(" by {by}")}</dd></div>
            <div><dt>"State"</dt><dd><ReportState state=state /></dd></div>
            <Measure report=report />
        </dl>
    }
    .drawn()
}

/// Out and in again, for a script.
fn script() -> String {
    let out = super::curl("POST", paths::API_EXCHANGE_REPORT, " |\n  jq -r .report > report.json");
    let back = super::curl(
        "POST",
        paths::API_EXCHANGE_RESPONSE,
        " \\\n  -H 'Content-Type: application/json' \\\n  --data-binary @response.json",
    );
    format!("{out}\n{back}")
}
