//! The exchange with the licensing nodes, online and offline.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use engine::Engine;
use engine::exchange::{self as exchanged, LedgerQuery, PushError, ReportError, SyncError};
use licensing::bundle::LicenseChange;
use licensing::permission::Permission::{Exchange, View};
use licensing::status_response::{MAX_RESPONSE, ResponseRefusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::routes;

use super::request::{By, Query, bytes, word};
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(sync), May(Exchange), &["exchange.sync"])
        .add(routes!(make_report), May(Exchange), &["exchange.report"])
        .add(routes!(take_response), May(Exchange), &["exchange.push"])
        .add(routes!(list_reports), May(View), &[])
}

/// What an answer of a node changed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ExchangeOutcome {
    added: Vec<LicenseChange>,
    removed: Vec<LicenseChange>,
    /// Improved: a later end, later maintenance or more hours.
    extended: Vec<LicenseChange>,
    /// Changed in any other way.
    changed: Vec<LicenseChange>,
    /// The same licenses as before.
    unchanged: bool,
    /// A summary in a sentence.
    summary: String,
    /// Serial of the new licenses.
    serial: u64,
    serial_before: Option<u64>,
    /// The time signed by the node.
    node_time: Time,
    /// Notice from the node.
    notices: Vec<String>,
}

impl From<&exchanged::LedgerOutcome> for ExchangeOutcome {
    fn from(of: &exchanged::LedgerOutcome) -> Self {
        let licensing::bundle::LicenseChanges { added, removed, extended, changed } = of.changes.clone();
        Self {
            summary: of.changes.sentence(),
            added,
            removed,
            extended,
            changed,
            unchanged: of.unchanged,
            serial: of.serial,
            serial_before: of.serial_before,
            node_time: Time(of.node_time),
            notices: of.notices.clone(),
        }
    }
}

/// An answer that was applied.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ResponseApplied {
    #[serde(flatten)]
    outcome: ExchangeOutcome,
    /// The report it answers.
    status_id: String,
    /// `production`, `backup` or `development`.
    context: String,
}

impl From<&exchanged::Applied> for ResponseApplied {
    fn from(of: &exchanged::Applied) -> Self {
        let (outcome, status_id) = (ExchangeOutcome::from(&of.outcome), of.status_id.clone());
        Self { outcome, status_id, context: of.context.to_string() }
    }
}

/// An exchange over the network.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Synced {
    #[serde(flatten)]
    applied: ResponseApplied,
    /// The nodes asked, in order.
    attempts: Vec<NodeAttempt>,
}

/// One attempt at a node.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct NodeAttempt {
    /// `host:port`.
    node: String,
    /// Whether its answer was valid.
    ok: bool,
    /// The stage it reached: `DNS`, `TCP`, `TLS`, `HTTP` or `answer`.
    stage: String,
    /// What happened.
    sentence: String,
    /// Duration, milliseconds.
    ms: u32,
    /// What the node said if it refused the registration or the report: then correct that, the connection is good.
    refused: Option<String>,
}

fn attempts(all: Vec<exchanged::Attempt>) -> Vec<NodeAttempt> {
    let one = |exchanged::Attempt { node, ok, stage, sentence, ms, refused }| {
        let refused = refused.map(|refusal| refusal.reason);
        NodeAttempt { node, ok, stage, sentence, ms, refused }
    };
    all.into_iter().map(one).collect()
}

impl From<exchanged::SyncResult> for Synced {
    fn from(of: exchanged::SyncResult) -> Self {
        Self { applied: (&of.applied).into(), attempts: attempts(of.round.attempts) }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            // A prerequisite is missing.
            ReportError::NotReady(problem) => Self::new(StatusCode::CONFLICT, problem),
            other => Self::internal(&other),
        }
    }
}

impl From<SyncError> for Problem {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Report(error) => error.into(),
            SyncError::NoAnswer(round) => {
                let mut problem =
                    Self::new(StatusCode::BAD_GATEWAY, format!("{} Nothing was changed.", round.sentence));
                problem.more.insert("attempts".to_owned(), json!(attempts(round.attempts)));
                problem
            }
        }
    }
}

/// Syncs with the licensing nodes now.
#[utoipa::path(post, path = "/api/v1/exchange/sync", tag = "exchange", responses(
    (status = 200, description = "What changed", body = Synced),
    (status = 409, description = "A prerequisite is missing, such as a registration"),
    (status = 502, description = "A node refused, or none gave a valid answer: `attempts` has the reason for each")))]
async fn sync(State(Api { engine, .. }): State<Api>, by: By) -> Result<Json<Synced>, Problem> {
    Ok(Json(engine.sync_now(&by.actor()).await?.into()))
}

/// A report to carry by hand.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct HandReport {
    /// Id of the report; accepts one answer.
    status_id: String,
    /// The text to send.
    report: String,
    sha256: String,
    /// Command that sends it from a machine that can reach the nodes. It contains the auth string.
    curl: String,
}

/// Creates a report to carry by hand, and its entry in the ledger.
#[utoipa::path(post, path = "/api/v1/exchange/report", tag = "exchange", responses(
    (status = 200, description = "The report", body = HandReport),
    (status = 409, description = "A prerequisite is missing, such as a registration")))]
async fn make_report(State(Api { engine, .. }): State<Api>, by: By) -> Result<Json<HandReport>, Problem> {
    let made = engine.open_report(&by.actor(), by.channel()).await?;
    let curl = curl(&engine, &made.report).await?;
    Ok(Json(HandReport { status_id: made.status_id, report: made.report, sha256: made.sha256, curl }))
}

async fn curl(engine: &Engine, report: &str) -> Result<String, engine::DatabaseError> {
    let url = engine.licensing_url().unwrap_or_else(|| exchanged::VENDOR_URL.to_owned());
    let auth = engine.auth_string().await?.unwrap_or_default();
    Ok(reporting::curl::curl_command(&url, &auth, report))
}

/// Applies a node's answer, exactly as received.
#[utoipa::path(post, path = "/api/v1/exchange/response", tag = "exchange",
    request_body(content = Object, description = "The answer as the node sent it, with any content type",
        example = json!({ "license-status-id": "0192f0c1-7d5b-7633-8f0f-b1470bbd0b8e", "status": "ok" })),
    responses(
        (status = 200, description = "What changed", body = ResponseApplied),
        (status = 409, description = "Already used, or older than the installed licenses"),
        (status = 422, description = "Refused: `code` and `detail` have the reason")))]
async fn take_response(
    State(Api { engine, .. }): State<Api>,
    by: By,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<ResponseApplied>, Problem> {
    // The engine refuses a complete body that is too large, and says how large it is.
    let body = body.or_else(|rejected| bytes(Err(rejected), MAX_RESPONSE, "A response"))?;
    match engine.push_response(&by.actor(), by.channel(), &body).await {
        Ok(applied) => Ok(Json((&applied).into())),
        Err(PushError::Sql(error)) => Err(error.into()),
        Err(error) => {
            let status = match &error {
                PushError::Refused(ResponseRefusal::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
                PushError::NotReady(_) => StatusCode::CONFLICT,
                error if error.conflict() => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let mut problem = Problem::new(status, format!("{error} Nothing was changed."));
            if let PushError::Refused(refusal) = error {
                problem.more.insert("code".to_owned(), json!(refusal.code()));
            }
            Err(problem)
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum ReportState {
    Open,
    Answered,
    Lost,
}

/// Filter of ledger entries.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct LedgerFilter {
    /// `open`, `answered` or `lost` (sent but never answered).
    #[serde(deserialize_with = "word")]
    #[param(inline)]
    state: Option<ReportState>,
    /// Only entries before this status id: `next` of the previous page.
    #[param(example = "0192f0c1-7d5b-7633-8f0f-b1470bbd0b8e")]
    before: Option<String>,
    /// Maximum number, up to 100.
    #[param(example = 20)]
    limit: Option<i64>,
}

/// One page, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Ledger {
    items: Vec<LedgerEntry>,
    next: Option<String>,
}

/// A report and its answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LedgerEntry {
    status_id: String,
    /// `network`, `console`, `api`, `command line` or `reporting api`: the channel of the report.
    channel: String,
    /// `open`, `answered` or `lost`.
    state: String,
    opened_at: Time,
    opened_by: String,
    /// The last node asked.
    node: Option<String>,
    answered_at: Option<Time>,
    answered_by: Option<String>,
    outcome: Option<ExchangeOutcome>,
}

impl From<exchanged::LedgerEntry> for LedgerEntry {
    fn from(of: exchanged::LedgerEntry) -> Self {
        let answer = of.answer.as_ref();
        Self {
            answered_at: answer.map(|answer| Time(answer.at)),
            answered_by: answer.map(|answer| answer.by.clone()),
            outcome: answer.map(|answer| (&answer.outcome).into()),
            status_id: of.status_id,
            channel: of.channel,
            state: of.state,
            opened_at: Time(of.opened_at),
            opened_by: of.opened_by,
            node: of.node,
        }
    }
}

/// Entries per page.
const PAGE: i64 = 100;

/// Reports and their answers, newest first.
#[utoipa::path(get, path = "/api/v1/exchange/ledger", tag = "exchange", params(LedgerFilter), responses(
    (status = 200, description = "One page", body = Ledger)))]
async fn list_reports(
    State(Api { engine, .. }): State<Api>,
    Query(filter): Query<LedgerFilter>,
) -> Result<Json<Ledger>, Problem> {
    let page = filter.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let state = match filter.state {
        None => "",
        Some(ReportState::Open) => "open",
        Some(ReportState::Answered) => "answered",
        Some(ReportState::Lost) => "lost",
    };
    let query = LedgerQuery { state: state.to_owned(), before: filter.before, limit: page + 1 };
    let mut entries = engine.ledger(&query).await?;
    let more = entries.len() as i64 > page;
    entries.truncate(page as usize);
    let next = entries.last().filter(|_| more).map(|entry| entry.status_id.clone());
    Ok(Json(Ledger { items: entries.into_iter().map(Into::into).collect(), next }))
}
