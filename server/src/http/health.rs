//! `/livez` and `/readyz`: open to everybody, and saying nothing a stranger should not know.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use licensing::contact::Phase;
use serde_json::json;

use super::state::App;

/// The process answers.
pub async fn livez() -> &'static str {
    "ok\n"
}

/// Ready, or 503 with a list of what is missing.
pub async fn readyz(State(app): State<App>) -> Response {
    let mut missing = Vec::new();
    if !app.engine.database_answers().await {
        missing.push("The database does not answer.");
    }
    if app.engine.conf().problem.is_some() {
        missing.push("license_server.conf cannot be used; the console says why.");
    }
    if app.engine.contact().phase() == Phase::Lapsed {
        missing.push("No license is in service: the licensing nodes were not reached for too long.");
    }
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": missing.is_empty(), "missing": missing }))).into_response()
}
