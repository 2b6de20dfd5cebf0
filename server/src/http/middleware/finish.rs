//! A change that has begun goes on when its caller hangs up or its time is over, so that nothing is left half done.

use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::request_id;
use crate::console::PageError;

/// Runs what isn't a mere look in a task of its own.
pub async fn finish(request: Request, next: Next) -> Response {
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return next.run(request).await;
    }
    let running = tokio::spawn(request_id::with(request_id::current(), next.run(request)).in_current_span());
    match running.await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            // The layer that answers panics is further out.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => PageError::internal(error).into_response(),
        },
    }
}
