//! `/livez` and `/readyz`: open to everyone, and without anything a stranger should not see.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use licensing::contact::ContactPhase;
use serde_json::json;

use super::state::App;

/// The process is up.
pub async fn livez() -> &'static str {
    "ok\n"
}

/// Ready, or 503 with the reasons.
pub async fn readyz(State(app): State<App>) -> Response {
    let mut missing = app.engine.tasks.problems();
    if !app.engine.database_answers().await {
        missing.push("The database does not respond.".to_owned());
    }
    if !app.engine.is_storing() {
        missing.push("The database takes no changes: the disk may be full, or the file read-only.".to_owned());
    }
    if app.engine.conf().problem.is_some() {
        missing.push("license_server.conf can't be used. The console says why.".to_owned());
    }
    if app.engine.contact().phase() == ContactPhase::Lapsed {
        missing.push("No license is in service: the last sync was too long ago.".to_owned());
    }
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    // Nothing a service waits for, but to be seen wherever its state is watched.
    let broken = "The audit chain is broken, or was. The Audit page says where.";
    let notes: Vec<&str> = app.engine.is_audit_broken().then_some(broken).into_iter().collect();
    (status, Json(json!({ "ready": missing.is_empty(), "missing": missing, "notes": notes }))).into_response()
}
