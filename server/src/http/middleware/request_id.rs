//! Each request gets an id; the response, the log and each error carry it.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::http::forwarded;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request this task answers; empty outside of one.
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Answers a part of the request with this id in another task.
pub async fn with<F: Future>(id: String, answer: F) -> F::Output {
    CURRENT.scope(id, answer).await
}

/// The path as it is logged: the token of a one-time link is a secret.
fn shown(path: &str) -> &str {
    let hidden = app::paths::INVITE_PATTERN;
    if path.strip_prefix(app::paths::INVITE).is_some_and(|rest| rest.starts_with('/')) { hidden } else { path }
}

/// Gives the request its id and logs how it ended.
pub async fn request_id(request: Request, next: Next) -> Response {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let client = forwarded::address(request.extensions()).map(tracing::field::display);
    let span =
        tracing::info_span!("request", id, method = %request.method(), path = shown(request.uri().path()), client);
    CURRENT
        .scope(
            id.clone(),
            async move {
                let mut response = next.run(request).await;
                if let Ok(value) = HeaderValue::from_str(&id) {
                    response.headers_mut().insert("x-request-id", value);
                }
                let status = response.status();
                if status >= StatusCode::INTERNAL_SERVER_ERROR {
                    tracing::error!(status = status.as_u16(), "request failed");
                } else {
                    tracing::debug!(status = status.as_u16(), "answered");
                }
                response
            }
            .instrument(span),
        )
        .await
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn the_token_of_a_one_time_link_gets_into_no_log() {
        assert_eq!(shown("/invite/0123abcd"), "/invite/{token}");
        assert_eq!(shown("/users"), "/users");
    }
}
