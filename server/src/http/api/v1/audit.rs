use axum::Json;
use axum::extract::State;
use engine::audit::AuditQuery;
use serde::{Deserialize, Serialize};

use super::json::Query;
use crate::http::problem::Problem;
use crate::http::state::App;
use crate::time::rfc3339;

/// Entries on one page.
const PAGE: i64 = 100;

/// Which entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct Filter {
    /// Part of the name of who did it.
    who: Option<String>,
    /// Part of the action or the sentence.
    what: Option<String>,
    /// Older than this entry: the `next` of the page before.
    before: Option<i64>,
}

/// One page, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page {
    items: Vec<Item>,
    next: Option<i64>,
}

/// One entry.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Item {
    seq: i64,
    at: String,
    who: String,
    origin: String,
    address: Option<String>,
    action: String,
    sentence: String,
    /// `done`, `refused` or `failed`.
    outcome: String,
}

/// Who did what, when, from where.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(Filter), responses((status = 200, description = "One page, newest first", body = Page)))]
pub async fn get(State(app): State<App>, Query(filter): Query<Filter>) -> Result<Json<Page>, Problem> {
    let query = AuditQuery { who: filter.who, what: filter.what, before: filter.before, limit: PAGE };
    let found = app.engine.audit.list(&query).await.map_err(|error| Problem::internal(&error))?;
    let next = (found.len() == PAGE as usize).then(|| found.last().map(|e| e.seq)).flatten();
    let items = found
        .into_iter()
        .map(|e| Item {
            seq: e.seq,
            at: rfc3339(e.at),
            who: e.who,
            origin: e.origin,
            address: e.address,
            action: e.action,
            sentence: e.sentence,
            outcome: e.outcome,
        })
        .collect();
    Ok(Json(Page { items, next }))
}
