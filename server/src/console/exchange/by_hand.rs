//! The exchange by hand: a report is carried out, its answer is checked and taken in.

use app::drawn::Draw;
use app::pages::exchange::{Checked, FieldMeaning, HandPage, HandView, ReportModel};
use app::paths;
use app::request::FlashKind;
use axum::extract::Path;
use axum::response::Response;
use engine::DatabaseError;
use engine::exchange::{Channel, LedgerEntry, LedgerQuery, PushError, ReportError, qr_svg};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::status_report::FIELDS;
use serde_json::Value;

use super::contact;
use crate::console::form::{Form, wrong};
use crate::console::{Console, Page, PageError, Refusal, attachment};

/// Open reports that are listed.
const LISTED: i64 = 20;
/// Characters of a refused answer that are shown again.
const SHOWN_AGAIN: usize = 200_000;

/// `GET /exchange/hand`
pub async fn page(console: Console) -> Result<Page, PageError> {
    let report = console.query("report").to_owned();
    show(&console, &report, None).await
}

async fn show(console: &Console, report: &str, checked: Option<Checked>) -> Result<Page, PageError> {
    let data = HandPage { checked, ..hand(console, report).await? };
    Ok(Page::new("Offline exchange", || view! { <HandView data=data /> }.drawn()))
}

/// `POST /exchange/hand/report`
pub async fn report(form: Form) -> Result<Page, PageError> {
    match form.engine.open_report(&form.actor(), Channel::Console).await {
        Ok(report) => Ok(Page::to(paths::hand_report(&report.status_id))),
        Err(ReportError::NotReady(problem)) => Ok(form.tell(FlashKind::Warning, problem, paths::EXCHANGE_HAND).await),
        Err(failed) => Err(PageError::internal(failed)),
    }
}

/// `GET /exchange/report/{id}/download`
pub async fn download(console: Console, Path(id): Path<String>) -> Result<Response, PageError> {
    let entry = console.engine.ledger_entry(&id).await?.ok_or(PageError::NOWHERE)?;
    Ok(attachment("application/json", &format!("leasehold-report-{}.json", entry.status_id), entry.report))
}

/// `POST /exchange/hand/response`: first checked, then applied.
pub async fn response(form: Form) -> Result<Page, PageError> {
    let (typed, file) = (form.value("response").trim(), form.value("file").trim());
    let (field, text) = if typed.is_empty() && !file.is_empty() { ("file", file) } else { ("response", typed) };
    if form.value("intent") == "apply" {
        return match form.engine.push_response(&form.actor(), Channel::Console, text.as_bytes()).await {
            Ok(applied) => {
                let said = format!("Answer applied: {}", applied.outcome.changes.sentence());
                Ok(form.done(said, paths::receipt(&applied.status_id)).await)
            }
            Err(refused) => refuse(&form, field, text, refused).await,
        };
    }
    match form.engine.check_response(text.as_bytes()).await {
        Ok(answer) => {
            let checked = Checked { text: text.to_owned(), answer };
            Ok(show(&form, "", Some(checked)).await?.at(paths::EXCHANGE_HAND))
        }
        Err(refused) => refuse(&form, field, text, refused).await,
    }
}

async fn refuse(form: &Form, field: &str, text: &str, refused: PushError) -> Result<Page, PageError> {
    if let PushError::Sql(failed) = refused {
        return Err(failed.into());
    }
    let mut state = form.state(vec![wrong(Some(field), format!("{refused} Nothing changed."))]);
    // What a file held is shown in the text field only when it was typed there: a file is chosen again.
    state.values.retain(|(name, _)| name != "response");
    if field == "response" {
        state.values.push(("response".to_owned(), text.chars().take(SHOWN_AGAIN).collect()));
    }
    let report = form.value("report");
    let path = if report.is_empty() { paths::EXCHANGE_HAND.to_owned() } else { paths::hand_report(report) };
    Ok(show(form, report, None).await?.at(path).with_form(state).status(refused.status()))
}

async fn hand(console: &Console, report: &str) -> Result<HandPage, DatabaseError> {
    let engine = &console.engine;
    let identity = engine.identity().await?;
    let query = LedgerQuery { state: "open".to_owned(), before: None, limit: LISTED };
    let open = engine.ledger(&query).await?;
    // The report shows what its command needs to be sent: for those who may send it.
    let may = console.may(Permission::Exchange);
    let report = match Some(report).filter(|report| may && !report.is_empty()) {
        Some(id) => match engine.ledger_entry(id).await? {
            Some(entry) => Some(of_entry(console, &entry, identity.guid.map(|guid| guid.to_string())).await?),
            None => None,
        },
        None => None,
    };
    Ok(HandPage {
        readiness: identity.readiness,
        contact: contact(engine),
        open: open.into_iter().filter(|entry| entry.channel != "online").collect(),
        report,
        checked: None,
    })
}

async fn of_entry(console: &Console, entry: &LedgerEntry, guid: Option<String>) -> Result<ReportModel, DatabaseError> {
    let engine = &console.engine;
    let address = engine.licensing_url().unwrap_or_else(|| engine::exchange::VENDOR_URL.to_owned());
    // An auth string belongs to one GUID; a report of another is not sent with it.
    let auth = if guid.as_deref() == Some(entry.guid.as_str()) { engine.auth_string().await? } else { None };
    let report = Report { status_id: &entry.status_id, json: &entry.report, state: &entry.state };
    Ok(ReportModel {
        opened_ms: entry.opened_at,
        opened_by: entry.opened_by.clone(),
        curl: reporting::curl::curl_command(&address, auth.as_deref().unwrap_or_default(), &entry.report),
        ..report_model(&report, &address)
    })
}

/// A report to be shown.
pub struct Report<'a> {
    pub status_id: &'a str,
    pub json: &'a str,
    pub state: &'a str,
}

/// A report with what is needed to carry it, but for who made it and the command: those differ by whose it is.
pub fn report_model(report: &Report<'_>, address: &str) -> ReportModel {
    let value: Value = serde_json::from_str(report.json).unwrap_or_default();
    ReportModel {
        status_id: report.status_id.to_owned(),
        opened_ms: 0,
        opened_by: String::new(),
        state: report.state.to_owned(),
        pretty: serde_json::to_string_pretty(&value).unwrap_or_else(|_| report.json.to_owned()),
        bytes: report.json.len(),
        sha256: engine::secret::digest_hex(report.json.as_bytes()),
        curl: String::new(),
        curl_address: address.to_owned(),
        qr_svg: qr_svg(report.json),
        fields: meanings(&value),
    }
}

/// Each field with its value, in the order of the table; of lists, the first value.
fn meanings(report: &Value) -> Vec<FieldMeaning> {
    let meaning = |field: &licensing::status_report::Field| {
        let values = values(report, field.path);
        let value = match values.as_slice() {
            [] => "—".to_owned(),
            [only] => only.clone(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        FieldMeaning { path: field.path.to_owned(), value, meaning: field.meaning.to_owned() }
    };
    FIELDS.iter().map(meaning).collect()
}

/// The values at a path such as `deployments[].speech_usage.license_usage.*.usage_ms`.
fn values(value: &Value, path: &str) -> Vec<String> {
    let mut found = vec![value];
    for part in path.split('.') {
        let (name, list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
        found = found
            .into_iter()
            .flat_map(|value| match (name, value) {
                ("*", Value::Object(members)) => members.values().collect(),
                (name, value) => value.get(name).into_iter().collect::<Vec<_>>(),
            })
            .flat_map(|value| match value {
                Value::Array(items) if list => items.iter().collect(),
                value => vec![value],
            })
            .collect();
    }
    let text = |value: &&Value| match value {
        Value::String(text) => text.clone(),
        Value::Object(members) if members.is_empty() => "none yet".to_owned(),
        other => other.to_string(),
    };
    found.iter().map(text).collect()
}
