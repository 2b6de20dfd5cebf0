//! A change that has begun goes on when its caller hangs up or its time is over, so that nothing is left half done.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::request_id;
use crate::api::{NODE_TIMEOUT, USAGE_IMPORT};
use crate::console::PageError;

/// From the head of a request to the end of its body.
const BODY_WITHIN: Duration = Duration::from_secs(60);
/// The same of a file of usage, which may be large.
const FILE_WITHIN: Duration = NODE_TIMEOUT;

/// The same body, which fails when it has not arrived in time: nobody waits for it but the task that goes on.
fn in_time(body: Body, within: Duration) -> Body {
    let end = Instant::now() + within;
    let pieces = stream::unfold(Some(body.into_data_stream()), move |pieces| async move {
        let mut pieces = pieces?;
        match timeout_at(end, pieces.next()).await {
            Ok(piece) => Some((piece?, Some(pieces))),
            Err(_) => Some((Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut))), None)),
        }
    });
    Body::from_stream(pieces.fuse())
}

/// Runs what isn't a mere look in a task of its own.
pub async fn finish(request: Request, next: Next) -> Response {
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return next.run(request).await;
    }
    let within = if request.uri().path() == USAGE_IMPORT { FILE_WITHIN } else { BODY_WITHIN };
    let request = request.map(|body| in_time(body, within));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_arrives_ends_after_a_minute_and_a_whole_one_is_as_it_was() {
        let whole = axum::body::to_bytes(in_time(Body::from("abc"), BODY_WITHIN), 10).await.unwrap();
        assert_eq!(&*whole, b"abc");
        let began = Instant::now();
        let endless = Body::from_stream(stream::pending::<Result<axum::body::Bytes, io::Error>>());
        axum::body::to_bytes(in_time(endless, BODY_WITHIN), 10).await.unwrap_err();
        assert_eq!(began.elapsed(), BODY_WITHIN);
    }
}
