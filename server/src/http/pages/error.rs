//! Error pages: what happened, the request's id, a way on.

use app::answer::Answer;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;

use super::render::{Drawing, draw};
use crate::http::state::App;

/// A page with this status and sentence.
pub fn page<'a>(
    app: &'a App,
    request: &Request,
    status: StatusCode,
    title: &'a str,
    sentence: &'a str,
) -> impl Future<Output = Response> + Send + use<'a> {
    // Taken before the first wait: a request's body cannot be shared between threads.
    let parts = parts_of(request);
    async move { answer(app, &parts, status, title, sentence).await }
}

/// The same for a request that was taken apart.
pub async fn answer(
    app: &App,
    parts: &axum::http::request::Parts,
    status: StatusCode,
    title: &str,
    sentence: &str,
) -> Response {
    let answer = Answer::Error {
        status: status.as_u16(),
        title: title.to_owned(),
        sentence: sentence.to_owned(),
        hint: String::new(),
    };
    draw(app, parts, Drawing { answer: Some(answer), status: Some(status), ..Drawing::default() }).await
}

/// 404.
pub fn not_found<'a>(app: &'a App, request: &Request) -> impl Future<Output = Response> + Send + use<'a> {
    let sentence = "There is no page at this address. It may have been typed wrongly, or what it showed is gone.";
    page(app, request, StatusCode::NOT_FOUND, "Nothing is here", sentence)
}

/// 500, logged.
pub async fn internal(
    app: &App,
    parts: &axum::http::request::Parts,
    error: &(dyn std::fmt::Display + Sync),
) -> Response {
    tracing::error!(%error, "a request failed");
    let sentence = "Leasehold could not do this, and nothing was changed. The server's log says why, under the request named below.";
    answer(app, parts, StatusCode::INTERNAL_SERVER_ERROR, "This did not work", sentence).await
}

fn parts_of(request: &Request) -> axum::http::request::Parts {
    let mut copy = Request::new(axum::body::Body::empty());
    *copy.uri_mut() = request.uri().clone();
    *copy.method_mut() = request.method().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    copy.into_parts().0
}
