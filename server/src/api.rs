//! The REST API. One router serves the network, the control socket and commands that open the data folder themselves.
//!
//! An area is a file: its requests, its answers, its operations. An operation is added with [`Operations::add`], which
//! states once its path and document (by `utoipa`), who may use it, and what it leaves in the audit log.

mod accounts;
mod alerts;
pub mod audit;
mod backups;
mod clients;
mod conf;
mod diagnostics;
mod exchange;
mod licenses;
mod locked;
mod logs;
mod monitor;
mod operations;
mod people;
mod registration;
pub mod request;
mod search;
mod servers;
mod sources;
mod status;
mod two_step;
mod usage;
mod ve;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use serde::{Serialize, Serializer};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::http::caller::{AuthenticatedCaller, Caller};
use crate::http::middleware::request_id::request_id;
use crate::http::problem::{Problem, Reason};
pub use accounts::setup_url;
use operations::{GatheredOperations, Operations};
pub use people::link_url;
pub use two_step::issuer;
pub use usage::IMPORT as USAGE_IMPORT;

/// Largest body that is read, bytes: the answer of a licensing node, even one that is then refused as too large.
const MAX_BODY: usize = 3 * licensing::status_response::MAX_RESPONSE + 64 * 1024;
/// An operation answers within this time.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The same for operations that ask licensing nodes, which may be slow, and for the import of usage.
pub const NODE_TIMEOUT: Duration = Duration::from_secs(300);

/// The state operations work on.
#[derive(Clone)]
pub struct Api {
    pub engine: Arc<Engine>,
    /// Address of the console.
    pub console: Arc<str>,
    /// Whether a server is running; not so in a command that opened the data folder itself, which doesn't poll peers.
    pub serving: bool,
}

/// All operations. Built once, because describing them is slow.
pub fn operations() -> &'static GatheredOperations {
    static ALL: LazyLock<GatheredOperations> = LazyLock::new(gathered);
    &ALL
}

fn gathered() -> GatheredOperations {
    let areas = [
        status::operations,
        conf::operations,
        registration::operations,
        licenses::operations,
        ve::operations,
        monitor::operations,
        exchange::operations,
        clients::operations,
        usage::operations,
        locked::operations,
        servers::operations,
        sources::operations,
        alerts::operations,
        accounts::operations,
        backups::operations,
        people::operations,
        two_step::operations,
        diagnostics::operations,
        logs::operations,
        audit::operations,
        search::operations,
    ];
    areas.into_iter().fold(Operations::default(), |all, area| area(all)).end()
}

/// The operations as a service, with timeouts; a panic becomes a problem.
pub fn router<S>(api: Api) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    operations().router.clone().with_state(api).layer(
        ServiceBuilder::new()
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn(in_time))
            .layer(DefaultBodyLimit::max(MAX_BODY)),
    )
}

/// The operations for callers that can open the control socket or the data folder: the user `name` of this machine may
/// do everything and sees why something failed.
pub fn local_router(api: Api) -> Router {
    router(api)
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "Nothing at this address."))
        .layer(from_fn(tell_reason))
        .layer(from_fn(request_id))
}

/// Identifies the caller as the user `name` of this machine.
pub fn as_local_user(request: &mut Request, name: String) {
    request.extensions_mut().insert(Caller { known: Some(AuthenticatedCaller::Local { name }), ..Caller::default() });
}

async fn tell_reason(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match response.extensions().get::<Reason>() {
        Some(Reason(reason)) => Problem::new(response.status(), reason.clone()).into_response(),
        None => response,
    }
}

/// What becomes of a request that timed out.
pub fn goes_on(method: &Method) -> &'static str {
    if method == Method::GET { "" } else { " The change may still complete; check the result." }
}

async fn in_time(request: Request, next: Next) -> Response {
    let goes_on = goes_on(request.method());
    let path = request.uri().path();
    let takes_long = path == USAGE_IMPORT || operations::ASK_NODES.contains(&path);
    let limit = if takes_long { NODE_TIMEOUT } else { TIMEOUT };
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        let detail = format!("The request timed out after {} s.{goes_on}", limit.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, detail).into_response()
    })
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Problem::internal(&"an operation panicked").into_response()
}

/// An instant, Unix milliseconds; RFC 3339 in UTC on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::time::rfc3339(self.0))
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples([serde_json::json!("2026-11-22T07:24:16Z")])
            .into()
    }
}

impl ToSchema for Time {}
