use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::actor::Origin;
use engine::ve::InstallError;
use licensing::permission::Permission;
use licensing::ve::LARGEST;
use licensing::vendor_key::Fingerprint;
use serde::Deserialize;
use serde_json::Value;

use super::json::Query;
use crate::http::identity::Caller;
use crate::http::problem::Problem;
use crate::http::state::App;
use crate::ve_json;

/// Whether the caller may see passphrases: who may install licenses may.
fn sees_passphrases(caller: &Caller) -> bool {
    caller.known.as_ref().is_some_and(|known| known.role().allows(Permission::EditConfiguration))
}

/// The license of this machine: its terms, whether it is in force, what would void it. Passphrases are in it for
/// administrators only.
#[utoipa::path(get, path = "/api/v1/ve/license", tag = "licenses", responses(
    (status = 200, description = "`license` (null when there is none), `standing`, `machine`, `voids`, `allowed`", body = Object)))]
pub async fn get(State(app): State<App>, Extension(caller): Extension<Caller>) -> Json<Value> {
    Json(ve_json::state(&app.engine, sees_passphrases(&caller)).await)
}

/// A request for a license of this machine, to be carried to the vendor.
#[utoipa::path(get, path = "/api/v1/ve/request", tag = "licenses", responses(
    (status = 200, description = "The request, as the vendor wants it", body = Object)))]
pub async fn request(State(app): State<App>) -> Result<Response, Problem> {
    let made = app.engine.ve_request().await.map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], made.to_json()).into_response())
}

/// Whom to trust.
#[derive(Debug, Default, Deserialize)]
pub struct Install {
    vendor_key: Option<String>,
}

/// Installs a license of this machine: the text as the vendor sent it.
#[utoipa::path(post, path = "/api/v1/ve/license", tag = "licenses",
    request_body(content = String, content_type = "text/plain"),
    params(("vendor_key" = Option<String>, Query, description = "Fingerprint (SHA256:…) of a key to trust from now on")),
    responses(
        (status = 200, description = "`license`, `standing`, `unchanged`", body = Object),
        (status = 409, description = "Older than what was installed before", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Refused: `detail` says why", body = Problem, content_type = "application/problem+json")))]
pub async fn post(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<Install>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    let body = body.ok().filter(|body| body.len() <= LARGEST).ok_or_else(|| {
        let detail = format!("A license is no larger than {} KB. Nothing was changed.", LARGEST / 1024);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })?;
    let named = query.vendor_key.as_deref().map(str::parse::<Fingerprint>).transpose();
    let named = named.map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    match app.engine.install_ve(&body, named, &caller.actor(Origin::Api)).await {
        Ok(now) => Ok(Json(ve_json::installed(&now, &app.engine.ve.standing(), sees_passphrases(&caller)))),
        Err(InstallError::Sql(error)) => Err(Problem::internal(&error)),
        Err(InstallError::Hours(error)) => Err(Problem::internal(&error)),
        Err(refused @ InstallError::Older { .. }) => Err(Problem::new(StatusCode::CONFLICT, refused.to_string())),
        Err(refused) => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, refused.to_string())),
    }
}
