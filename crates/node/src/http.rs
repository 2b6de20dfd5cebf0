//! The node over HTTP: reports at `/`, its keys at `/keys`. HTTP/1.1, one request for each connection: a server asks
//! once a day, and a connection that cannot be kept cannot be held.

mod body;
mod connection;
mod post;
mod serve;
mod tls;

pub use serve::{Listen, serve};
pub use tls::{TlsError, tls};

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use licensing::vendor_key::KeyList;
use tokio::sync::Semaphore;

use crate::Node;
use crate::exchange::{NodeAnswer, ReportRefusal};

/// Largest body of a report, bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// A request is answered within this time, its arrival included.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// Reports answered at the same time; the others wait.
const AT_ONCE: usize = 32;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct NodeService {
    node: Arc<Node>,
    /// Whether the connection is protected by TLS.
    secure: bool,
    turns: Arc<Semaphore>,
}

/// The node's routes, for connections with TLS (`secure`) or without. The peer's address comes from
/// [`axum::extract::ConnectInfo`].
pub fn router(node: Arc<Node>, secure: bool) -> Router {
    let face = NodeService { node, secure, turns: Arc::new(Semaphore::new(AT_ONCE)) };
    Router::new()
        .route("/", get(about).post(post::post))
        .route("/keys", get(keys))
        .route("/livez", get(livez))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(face.clone(), timeout))
        .layer(from_fn(headers))
        .with_state(face)
}

async fn about() -> Response {
    let about = serde_json::json!({ "service": "leasehold licensing node", "version": env!("CARGO_PKG_VERSION") });
    Json(about).into_response()
}

async fn keys(State(face): State<NodeService>) -> Json<KeyList> {
    Json(KeyList { keys: vec![face.node.key()] })
}

async fn livez() -> &'static str {
    "ok"
}

async fn no_such_path(State(face): State<NodeService>) -> Response {
    clear(face.node.refuse(&ReportRefusal::NoSuchPath))
}

async fn no_such_method(State(face): State<NodeService>) -> Response {
    clear(face.node.refuse(&ReportRefusal::NoSuchMethod))
}

async fn timeout(State(face): State<NodeService>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => clear(face.node.refuse(&ReportRefusal::Busy)),
    }
}

async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// An answer, as is.
fn clear(answer: NodeAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], answer.body).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}
