use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use engine::conf::{Base, Change};
use serde::Deserialize;

use super::config::{Config, if_match, save};
use super::json::Json;
use crate::http::identity::Caller;
use crate::http::problem::Problem;
use crate::http::state::App;

/// Which revision to bring back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    revision: i64,
    /// Why; kept in the history.
    #[serde(default)]
    comment: String,
}

/// Brings an earlier revision back, as a new one. With `If-Match` only when the file is still that one.
#[utoipa::path(post, path = "/api/v1/config/restore", tag = "config", request_body = Restore, responses(
    (status = 200, description = "Restored: the file as settings", body = Config),
    (status = 404, description = "There is no such revision", body = Problem, content_type = "application/problem+json")))]
pub async fn post(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Json<Restore>, Problem>,
) -> Result<Response, Problem> {
    let Json(restore) = body?;
    let base = if headers.contains_key(header::IF_MATCH) { if_match(&headers)? } else { Base::Newest };
    save(&app, &caller, &base, &Change::Restore(restore.revision), &restore.comment).await
}
