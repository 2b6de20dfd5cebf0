//! The exchange by hand.

use engine::exchange::{Applied, LedgerEntry, LedgerQuery, qr_svg};
use engine::{DatabaseError, Engine};
use licensing::permission::Permission;
use licensing::status_report::FIELDS;
use serde_json::Value;

use super::{changes, contact, registered, row};
use crate::pages::exchange::{CheckedResponse, FieldMeaning, HandPage, ReportModel};
use crate::request::request;

/// Open reports that are listed.
const LISTED: i64 = 20;

/// `/exchange/hand`
pub async fn hand(engine: &Engine) -> Result<HandPage, DatabaseError> {
    let request = request();
    let identity = engine.identity().await?;
    let query = LedgerQuery { state: "open".to_owned(), before: None, limit: LISTED };
    let open = engine.ledger(&query).await?;
    // The report shows what its command needs to be sent: for those who may send it.
    let may = request.why_not(Permission::Exchange).is_none();
    let report = match request.query("report").filter(|_| may) {
        Some(id) => match engine.ledger_entry(id).await? {
            Some(entry) => Some(of_entry(engine, &entry, identity.guid.map(|guid| guid.to_string())).await?),
            None => None,
        },
        None => None,
    };
    Ok(HandPage {
        registered: registered(&identity.readiness),
        contact: contact(engine),
        open: open.iter().filter(|entry| entry.channel != "online").map(row).collect(),
        report,
        checked: None,
    })
}

async fn of_entry(engine: &Engine, entry: &LedgerEntry, guid: Option<String>) -> Result<ReportModel, DatabaseError> {
    let address = engine.licensing_url().unwrap_or_else(|| engine::exchange::VENDOR_URL.to_owned());
    // An auth string belongs to one GUID; a report of another is not sent with it.
    let auth = if guid.as_deref() == Some(entry.guid.as_str()) { engine.auth_string().await? } else { None };
    let report = Report { status_id: &entry.status_id, json: &entry.report, state: &entry.state };
    Ok(ReportModel {
        opened_ms: entry.opened_at,
        opened_by: entry.opened_by.clone(),
        curl: curl(&address, auth.as_deref().unwrap_or_default(), &entry.report),
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

fn curl(address: &str, auth: &str, json: &str) -> String {
    let command = leptos::prelude::use_context::<crate::installation::CurlCommand>();
    command.map(|command| (command.0)(address, auth, json)).unwrap_or_default()
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

/// An answer that passed every check.
pub fn checked(text: &str, applied: &Applied) -> CheckedResponse {
    let outcome = &applied.outcome;
    CheckedResponse {
        text: text.to_owned(),
        status_id: applied.status_id.clone(),
        node_time_ms: outcome.node_time,
        serial: outcome.serial,
        serial_before: outcome.serial_before,
        context: applied.context.to_string(),
        changes: changes(&outcome.changes),
        unchanged: outcome.unchanged,
        notices: outcome.notices.clone(),
    }
}

/// `/exchange/hand` with an answer that was checked.
pub async fn hand_checked(engine: &Engine, text: &str, applied: &Applied) -> Result<HandPage, DatabaseError> {
    Ok(HandPage { checked: Some(checked(text, applied)), ..hand(engine).await? })
}
