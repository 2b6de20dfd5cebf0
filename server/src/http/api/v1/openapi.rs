//! The description of this API, made from its handlers.

use axum::Json;
use utoipa::OpenApi;

/// All of version 1.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Leasehold",
        description = "License server: status, license_server.conf, licenses, their use and the clients that use them, exchange with the licensing nodes, the log, audit. Times are RFC 3339, UTC."
    ),
    paths(
        super::status::get,
        super::config::get,
        super::config::put,
        super::history::get,
        super::restore::post,
        super::licenses::get,
        super::ve::get,
        super::ve::request,
        super::ve::post,
        super::usage::get,
        super::clients::get,
        super::servers::get,
        super::alerts::get,
        super::exchange::sync,
        super::exchange::report,
        super::exchange::response,
        super::exchange::ledger,
        super::logs::get,
        super::audit::get
    )
)]
pub struct Api;

/// `GET /api/v1/openapi.json`
pub async fn get() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}
