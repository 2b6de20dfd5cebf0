//! The audit log: read, verified, exported.

use axum::Json;
use axum::extract::State;
use engine::audit::{AuditItem, AuditQuery, ChainVerdict};
use licensing::permission::Permission::ViewAudit;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::request::Query;
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_audit), May(ViewAudit), &[]).add(routes!(export_audit), May(ViewAudit), &[]).add(
        routes!(verify_audit),
        May(ViewAudit),
        &[],
    )
}

/// Entries on one page.
const PAGE: i64 = 100;

/// Which entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Filter {
    /// Part of the actor's name.
    #[param(example = "ann")]
    who: Option<String>,
    /// Part of the action or the sentence.
    what: Option<String>,
    /// Only entries before this one: `next` of the previous page.
    before: Option<i64>,
}

/// One page, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditPage {
    items: Vec<AuditEntry>,
    next: Option<i64>,
}

/// One entry.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditEntry {
    seq: i64,
    at: Time,
    who: String,
    origin: String,
    address: Option<String>,
    action: String,
    sentence: String,
    /// `done`, `refused` or `failed`.
    outcome: String,
}

impl From<AuditItem> for AuditEntry {
    fn from(of: AuditItem) -> Self {
        Self {
            seq: of.seq,
            at: Time(of.at),
            who: of.who,
            origin: of.origin,
            address: of.address,
            action: of.action,
            sentence: of.sentence,
            outcome: of.outcome,
        }
    }
}

/// Who did what, when, from where.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(Filter), responses(
    (status = 200, description = "One page, newest first", body = AuditPage)))]
async fn list_audit(
    State(Api { engine, .. }): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<AuditPage>, Problem> {
    let query = AuditQuery { who: filter.who, what: filter.what, before: filter.before, limit: PAGE };
    let found = engine.audit.list(&query).await?;
    let next = found.last().filter(|_| found.len() == PAGE as usize).map(|entry| entry.seq);
    Ok(Json(AuditPage { items: found.into_iter().map(Into::into).collect(), next }))
}

/// All entries, newest first.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", responses(
    (status = 200, description = "All entries: `next` is always null", body = AuditPage)))]
async fn export_audit(State(Api { engine, .. }): State<Api>) -> Result<Json<AuditPage>, Problem> {
    let found = engine.audit.list(&AuditQuery { limit: i64::MAX, ..AuditQuery::default() }).await?;
    Ok(Json(AuditPage { items: found.into_iter().map(Into::into).collect(), next: None }))
}

/// The result of the check.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditVerdict {
    /// True if no entry was changed, removed or cut off.
    whole: bool,
    /// The last entry, or the first that was altered.
    entries: i64,
    /// What is wrong, if anything.
    problem: Option<String>,
}

/// Verifies that no entry was changed, removed or cut off.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit", responses(
    (status = 200, description = "The result", body = AuditVerdict)))]
async fn verify_audit(State(Api { engine, .. }): State<Api>) -> Result<Json<AuditVerdict>, Problem> {
    let (entries, problem) = match engine.audit.verify().await? {
        ChainVerdict::Whole(last) => (last, None),
        ChainVerdict::Broken(seq) => {
            (seq, Some(format!("The audit log was altered: entry {seq} was changed after it was written.")))
        }
        ChainVerdict::NoHead(last) => (
            last,
            Some(format!(
                "The audit log may have been cut off: it ends at entry {last}, and audit.head, which records its end, is missing from the data folder."
            )),
        ),
        ChainVerdict::CutOff(last, head) => {
            (last, Some(format!("The audit log was cut off: it ends at entry {last}, but there was an entry {head}.")))
        }
    };
    Ok(Json(AuditVerdict { whole: problem.is_none(), entries, problem }))
}
