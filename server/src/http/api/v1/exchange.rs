use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use engine::actor::Origin;
use engine::exchange::{Channel, LedgerQuery, PushError, ReportError, SyncError};
use licensing::status_response::MAX_RESPONSE;
use serde::Deserialize;
use serde_json::{Value, json};

use super::json::Query;
use crate::exchange_json;
use crate::http::identity::Caller;
use crate::http::problem::Problem;
use crate::http::state::App;

/// A report cannot be made, or an answer not be checked, before something else was done.
fn not_ready(problem: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, problem)
}

fn report_problem(error: ReportError) -> Problem {
    match error {
        ReportError::NotReady(problem) => not_ready(problem),
        error => Problem::internal(&error),
    }
}

/// Exchanges with the licensing nodes now.
#[utoipa::path(post, path = "/api/v1/exchange/sync", tag = "exchange", responses(
    (status = 200, description = "What changed: `added`, `removed`, `extended`, `changed`", body = Object),
    (status = 409, description = "Something is missing, such as a registration", body = Problem, content_type = "application/problem+json"),
    (status = 502, description = "No node gave a good answer: `attempts` says why, by node", body = Problem, content_type = "application/problem+json")))]
pub async fn sync(State(app): State<App>, Extension(caller): Extension<Caller>) -> Result<Json<Value>, Problem> {
    match app.engine.sync_now(&caller.actor(Origin::Api)).await {
        Ok(synced) => Ok(Json(exchange_json::synced(&synced))),
        Err(SyncError::Report(error)) => Err(report_problem(error)),
        Err(SyncError::NoAnswer(round)) => {
            let mut problem = Problem::new(StatusCode::BAD_GATEWAY, format!("{} Nothing was changed.", round.sentence));
            problem.more.insert("attempts".to_owned(), exchange_json::attempts(&round.attempts));
            Err(problem)
        }
    }
}

/// Makes a report to be carried by hand, and opens its entry in the ledger.
#[utoipa::path(get, path = "/api/v1/exchange/report", tag = "exchange", responses(
    (status = 200, description = "`status_id`, `report` (the text to send), its `sha256`, and the `curl` command that sends it", body = Object),
    (status = 409, description = "Something is missing, such as a registration", body = Problem, content_type = "application/problem+json")))]
pub async fn report(State(app): State<App>, Extension(caller): Extension<Caller>) -> Result<Json<Value>, Problem> {
    let report = app.engine.open_report(&caller.actor(Origin::Api), Channel::Api).await.map_err(report_problem)?;
    exchange_json::report(&app.engine, &report).await.map(Json).map_err(|error| Problem::internal(&error))
}

/// Takes in a node's answer, exactly as it was received.
#[utoipa::path(post, path = "/api/v1/exchange/response", tag = "exchange", request_body = Object, responses(
    (status = 200, description = "What changed", body = Object),
    (status = 409, description = "Used already, or older than what is installed", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "Refused: `code` and `detail` say why", body = Problem, content_type = "application/problem+json")))]
pub async fn response(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    // Read to its end even when it is too large: a caller that is still sending would not hear why.
    let body = body.ok().filter(|body| body.len() <= MAX_RESPONSE).ok_or_else(|| {
        let detail = format!("A response is no larger than {} MB. Nothing was changed.", MAX_RESPONSE / 1024 / 1024);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })?;
    match app.engine.push_response(&caller.actor(Origin::Api), Channel::Api, &body).await {
        Ok(applied) => Ok(Json(exchange_json::applied(&applied))),
        Err(PushError::Sql(error)) => Err(Problem::internal(&error)),
        Err(PushError::NotReady(problem)) => Err(not_ready(problem)),
        Err(PushError::Refused(refusal)) => {
            let status = if refusal.conflict() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            let mut problem = Problem::new(status, format!("{refusal} Nothing was changed."));
            problem.more.insert("code".to_owned(), json!(refusal.code()));
            Err(problem)
        }
    }
}

/// Which entries of the ledger are wanted.
#[derive(Debug, Default, Deserialize)]
pub struct Ledger {
    #[serde(default)]
    state: String,
    before: Option<String>,
    limit: Option<i64>,
}

/// Entries of one answer.
const PAGE: i64 = 100;

/// The reports that were made, and their answers, newest first.
#[utoipa::path(get, path = "/api/v1/exchange/ledger", tag = "exchange", params(
    ("state" = Option<String>, Query, description = "`open`, `answered` or `lost`"),
    ("before" = Option<String>, Query, description = "Only entries older than this status id"),
    ("limit" = Option<i64>, Query, description = "At most so many, up to 100")),
    responses((status = 200, description = "`items`, and `next` for the page after", body = Object)))]
pub async fn ledger(State(app): State<App>, Query(query): Query<Ledger>) -> Result<Json<Value>, Problem> {
    let page = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let query = LedgerQuery { state: query.state, before: query.before, limit: page + 1 };
    let mut entries = app.engine.ledger(&query).await.map_err(|error| Problem::internal(&error))?;
    let more = entries.len() as i64 > page;
    entries.truncate(usize::try_from(page).unwrap_or(usize::MAX));
    let next = if more { entries.last().map(|entry| entry.status_id.clone()) } else { None };
    Ok(Json(json!({ "items": entries.iter().map(exchange_json::entry).collect::<Vec<_>>(), "next": next })))
}
