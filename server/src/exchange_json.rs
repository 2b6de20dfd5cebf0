//! The exchange in JSON: the same for API and commands.

use engine::exchange::{Applied, Attempt, LedgerEntry, OpenedReport, Outcome, Synced};
use engine::{DatabaseError, Engine};
use licensing::bundle::Change;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::time::rfc3339;

/// One license.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct License {
    /// The vendor's name of it.
    pub id: String,
    /// Product code.
    pub product: String,
    /// `concurrent`, `countdown` or `metered`.
    pub kind: String,
    /// `production`, `backup` or `development`.
    pub context: String,
    /// How many are licensed.
    pub licensed: u64,
    /// How many are in use.
    pub in_use: u64,
    /// Hours of a countdown license.
    pub hours: Option<u64>,
    /// Highest version it is good for.
    pub version: Option<String>,
    /// Until when it runs; none: without end.
    pub expires: Option<String>,
    /// Until when maintenance is paid.
    pub maintenance_expires: Option<String>,
    /// `active`, `expired`, `lapsed`, `wrong_context` or `other_guid`.
    pub state: String,
    /// Why it is not in service, and what to do.
    pub reason: Option<String>,
}

/// All licenses.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Licenses {
    /// In the order of their products.
    pub items: Vec<License>,
    /// Serial of the vendor's list; none before the first exchange.
    pub serial: Option<u64>,
    /// The context of the list.
    pub context: Option<String>,
    /// When it was installed.
    pub installed_at: Option<String>,
}

/// All licenses of this server.
pub fn licenses(engine: &Engine) -> Licenses {
    let Some(all) = engine.licenses() else {
        return Licenses { items: Vec::new(), serial: None, context: None, installed_at: None };
    };
    let item = |item: engine::exchange::LicenseItem| License {
        id: item.license.id.clone(),
        product: item.license.product.to_string(),
        kind: item.license.kind.as_str().to_owned(),
        context: item.license.context.to_string(),
        licensed: item.license.count,
        in_use: item.in_use,
        hours: item.license.hours,
        version: item.license.version.clone(),
        expires: item.license.expires.map(rfc3339),
        maintenance_expires: item.license.maintenance_expires.map(rfc3339),
        state: item.verdict.standing.as_str().to_owned(),
        reason: item.verdict.reason,
    };
    Licenses {
        items: all.items.into_iter().map(item).collect(),
        serial: Some(all.serial),
        context: Some(all.context.to_string()),
        installed_at: Some(rfc3339(all.installed_at)),
    }
}

fn changes(list: &[Change]) -> Value {
    list.iter()
        .map(|change| json!({ "id": change.id, "product": change.product, "kind": change.kind, "sentence": change.sentence }))
        .collect()
}

fn outcome(outcome: &Outcome) -> Value {
    json!({
        "added": changes(&outcome.changes.added),
        "removed": changes(&outcome.changes.removed),
        "extended": changes(&outcome.changes.extended),
        "changed": changes(&outcome.changes.changed),
        "unchanged": outcome.unchanged,
        "summary": outcome.changes.sentence(),
        "serial": outcome.serial,
        "serial_before": outcome.serial_before,
        "node_time": rfc3339(outcome.node_time),
        "notices": outcome.notices,
    })
}

/// What an answer brought.
pub fn applied(applied: &Applied) -> Value {
    let mut value = outcome(&applied.outcome);
    value["status_id"] = json!(applied.status_id);
    value["context"] = json!(applied.context);
    value
}

/// The nodes that were asked.
pub fn attempts(attempts: &[Attempt]) -> Value {
    json!(attempts)
}

/// What an exchange over the network brought.
pub fn synced(synced: &Synced) -> Value {
    let mut value = applied(&synced.applied);
    value["attempts"] = attempts(&synced.round.attempts);
    value
}

/// A report to be carried by hand, and the command that does it.
pub async fn report(engine: &Engine, report: &OpenedReport) -> Result<Value, DatabaseError> {
    Ok(json!({
        "status_id": report.status_id,
        "report": report.report,
        "sha256": report.sha256,
        "curl": curl(engine, &report.report).await?,
    }))
}

/// The command that sends a report from a machine which reaches the nodes. It holds the auth string.
pub async fn curl(engine: &Engine, report: &str) -> Result<String, DatabaseError> {
    let url = engine.licensing_url().unwrap_or_else(|| engine::exchange::VENDOR_URL.to_owned());
    let auth = engine.auth_string().await?.unwrap_or_default();
    Ok(reporting::curl::curl_command(&url, &auth, report))
}

/// One entry of the ledger.
pub fn entry(entry: &LedgerEntry) -> Value {
    json!({
        "status_id": entry.status_id,
        "channel": entry.channel,
        "state": entry.state,
        "opened_at": rfc3339(entry.opened_at),
        "opened_by": entry.opened_by,
        "node": entry.node,
        "answered_at": entry.answer.as_ref().map(|answer| rfc3339(answer.at)),
        "answered_by": entry.answer.as_ref().map(|answer| answer.by.clone()),
        "outcome": entry.answer.as_ref().map(|answer| outcome(&answer.outcome)),
    })
}
