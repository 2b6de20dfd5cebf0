//! The exchange by hand, for a server the nodes cannot be reached from: export, carry, upload.

use super::carry::{Contents, LaneTitle, Measure, ReportModel, Ways};
use super::contact::{ContactModel, contact_sentence, effect};
use super::{ChangeList, NotReady, ReportState, Tabs, blocked, short};
use crate::components::{
    Banner, Card, Copyable, Disabled, FieldProblem, FormErrors, Hidden, LinkButton, PageHeader, ShowAsCurl, Statement,
    Submit, TextArea, TimeAgo, TimeStamp, described_by,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use engine::exchange::{Applied, LedgerEntry, Readiness};
use leptos::prelude::*;
use licensing::permission::Permission;

/// The exchange across an air gap.
#[derive(Clone, Debug, PartialEq)]
pub struct HandPage {
    pub readiness: Readiness,
    pub contact: ContactModel,
    /// Reports that wait for their answer, newest first.
    pub open: Vec<LedgerEntry>,
    /// The report of `?report=ID`.
    pub report: Option<ReportModel>,
    /// An answer that was checked and not yet applied.
    pub checked: Option<Checked>,
}

/// An answer that passed every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// As given; sent again to apply it.
    pub text: String,
    /// What it would bring.
    pub answer: Applied,
}

/// The page of `/exchange/hand`.
#[component]
pub fn HandView(data: HandPage) -> impl IntoView {
    let context = request();
    let ready = data.readiness == Readiness::Ready;
    let sentence = contact_sentence(&data.contact, context.now_ms);
    let tone = if data.contact.last_ms.is_none() { Tone::Info } else { data.contact.tone };
    let why_not = context.why_not(Permission::Exchange).or_else(|| blocked(&data.readiness)).map(str::to_owned);
    let wanted = context.query("report").filter(|_| data.report.is_none()).map(str::to_owned);
    let checked = data.checked.clone();
    let was_checked = checked.is_some();
    let expected = !data.open.is_empty() || data.report.is_some();
    view! {
        <PageHeader title="Offline exchange" lead=view! { "For a server that cannot reach the vendor's nodes, or must not." }.drawn() />
        <Tabs />
        <FormErrors />
        <NotReady readiness=data.readiness.clone() />
        {match checked {
            Some(checked) => view! { <CheckedAnswer checked=checked why_not=why_not.clone() /> }.drawn(),
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

/// Makes a report, and lists those that wait.
#[component]
fn Export(
    open: Vec<LedgerEntry>,
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
                                        <span class="fine">{format!("{}, ", row.opened_by)}<TimeAgo at_ms=row.opened_at /></span>
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

/// The third lane.
#[component]
fn Upload(
    /// An answer has just been checked and is shown above.
    was_checked: bool,
    /// A report waits for its answer: this is the next thing to do.
    expected: bool,
    why_not: Option<String>,
) -> impl IntoView {
    let context = request();
    let typed = context.typed("response", "");
    let (wrong, wrong_file) = (context.error("response"), context.error("file"));
    let disabled = why_not.is_some();
    let look = if expected { "button primary" } else { "button" };
    view! {
        <section class="card lane" id="upload" aria-labelledby="upload-title">
            <LaneTitle number=3 id="upload-title" title="Upload" />
            {if was_checked {
                view! {
                    <p>"The answer is verified. Its changes are at the top of this page."</p>
                    <div class="actions"><LinkButton href=paths::EXCHANGE_HAND>"Upload another answer"</LinkButton></div>
                }.drawn()
            } else {
                view! {
                    <p>"Upload the node's answer. Leasehold checks the vendor's signature, this server's GUID and the report it answers before anything changes."</p>
                    <form method="post" action=paths::EXCHANGE_HAND_RESPONSE enctype="multipart/form-data" class="upload">
                        <Hidden name="report" value=context.typed("report", context.query("report").unwrap_or_default()) />
                        <div class="field">
                            <label for="response">"The answer"</label>
                            <p class="hint" id="response-hint">"Paste all of it, from the first { to the last }."</p>
                            <TextArea name="response" id="response" text=typed rows=7 described_by=described_by("response", true, wrong.is_some()).unwrap_or_default() invalid=wrong.is_some() disabled=disabled autofocus=context.focuses("response") look="input mono" />
                            {wrong.map(|sentence| view! { <FieldProblem name="response".to_owned() sentence=sentence /> })}
                        </div>
                        <div class="field">
                            <label for="file">"Or upload it as a file"</label>
                            <p class="hint" id="file-hint">"Choose it, or drop it here."</p>
                            <input class="input drop" type="file" id="file" name="file" accept=".json,.txt,application/json,text/plain" aria-describedby=described_by("file", true, wrong_file.is_some()) aria-invalid=wrong_file.is_some().then_some("true") disabled=disabled autofocus=context.focuses("file") />
                            {wrong_file.map(|sentence| view! { <FieldProblem name="file".to_owned() sentence=sentence /> })}
                        </div>
                        <div class="actions">
                            <button type="submit" class=look name="intent" value="check" disabled=disabled>"Check the answer"</button>
                            {why_not.map(|reason| view! { <Disabled reason=reason /> })}
                        </div>
                    </form>
                }.drawn()
            }}
        </section>
    }
    .drawn()
}

/// What the answer says and changes, and the button that applies it.
#[component]
fn CheckedAnswer(checked: Checked, why_not: Option<String>) -> impl IntoView {
    let Applied { status_id, outcome, context } = checked.answer;
    let would = if outcome.unchanged {
        "It contains the licenses already installed, so none changes. Applying it resets the contact clock.".to_owned()
    } else {
        format!("Applying it installs the licenses below: {}", outcome.changes.sentence().to_lowercase())
    };
    let serial = match outcome.serial_before {
        Some(before) if before != outcome.serial => format!("{} (installed: {before})", outcome.serial),
        Some(_) => format!("{}, as installed", outcome.serial),
        None => format!("{}, the first", outcome.serial),
    };
    view! {
        <Statement tone=Tone::Success sentence="The answer is valid. Nothing has changed yet.">
            <p>{would}</p>
            <form method="post" action=paths::EXCHANGE_HAND_RESPONSE enctype="multipart/form-data" class="actions">
                <div hidden><label for="apply-response">"The answer"</label><TextArea name="response" id="apply-response" text=checked.text /></div>
                <Submit look="primary" sends=Some(("intent", "apply")) why_not=why_not>"Apply the answer"</Submit>
                <LinkButton href=paths::EXCHANGE_HAND>"Don't apply"</LinkButton>
            </form>
        </Statement>
        {outcome.notices.into_iter().map(|text| view! { <Banner tone=Tone::Info text=text role="note" /> }).collect_view()}
        <Card title="Changes" id="changes">
            <ChangeList changes=outcome.changes />
            <dl class="facts">
                <div><dt>"Answers"</dt><dd>"report " <code title=status_id.clone()>{short(&status_id)}</code></dd></div>
                <div><dt>"Signed"</dt><dd><TimeStamp at_ms=outcome.node_time /></dd></div>
                <div><dt>"Serial"</dt><dd>{serial}</dd></div>
                <div><dt>"Context"</dt><dd>{context.to_string()}</dd></div>
            </dl>
        </Card>
    }
    .drawn()
}
