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
    missing.extend(app.engine.storage_trouble());
    missing.extend(app.engine.space_trouble());
    if app.engine.conf().problem.is_some() {
        missing.push("license_server.conf can't be used. The console says why.".to_owned());
    }
    answer(missing, app.engine.contact().phase(), app.engine.is_audit_broken())
}

fn answer(missing: Vec<String>, phase: ContactPhase, is_audit_broken: bool) -> Response {
    // States and no unreadiness: a balancer would take away the console, which helps.
    let lapsed = phase == ContactPhase::Lapsed;
    let lapsed = lapsed.then_some("No license is in service: the last sync was too long ago.");
    let broken = is_audit_broken.then_some("The audit chain is broken, or was. The Audit page says where.");
    let notes: Vec<&str> = lapsed.into_iter().chain(broken).collect();
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": missing.is_empty(), "missing": missing, "notes": notes }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lapsed_licenses_are_noted_and_leave_the_server_ready() {
        assert_eq!(answer(Vec::new(), ContactPhase::Lapsed, true).status(), StatusCode::OK);
        let missing = vec!["The database does not respond.".to_owned()];
        assert_eq!(answer(missing, ContactPhase::InTouch, false).status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
