//! Errors under `/api`: `application/problem+json` (RFC 9457). API handlers use [`Problem`]; pages and the layers
//! around both use [`PageError`](crate::console::PageError), which the API is told as a problem.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::middleware::request_id;

/// What went wrong.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// Names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
    /// Names the request in the log.
    pub request_id: String,
    /// What is wrong with each field of the input.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errors: Vec<InputError>,
    /// Further members, such as both diffs of a conflict.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub more: serde_json::Map<String, serde_json::Value>,
    /// The cause, shown only on this machine.
    #[serde(skip)]
    reason: Option<Reason>,
}

/// The cause of a failure, carried in the extensions of an answer that doesn't show it.
#[derive(Debug, Clone)]
pub struct Reason(pub String);

/// What is wrong with one field.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InputError {
    /// The field or setting.
    pub field: String,
    /// What to change.
    pub message: String,
}

impl Problem {
    /// A problem with this status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        let kind = format!("urn:leasehold:problem:{}", title.to_lowercase().replace(' ', "-"));
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: detail.into(),
            request_id: request_id::current(),
            errors: Vec::new(),
            more: serde_json::Map::new(),
            reason: None,
        }
    }

    /// 401: nobody is signed in.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// 500: logged here, shown without internals.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        let detail = "Leasehold could not do this. The server's log has the reason under the request id.";
        let reason = Some(Reason(error.to_string()));
        Self { reason, ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail) }
    }

    /// 422: one field cannot be used.
    pub fn field(field: &str, error: impl std::fmt::Display) -> Self {
        let message = error.to_string();
        let errors = vec![InputError { field: field.to_owned(), message: message.clone() }];
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message).with_errors(errors)
    }

    /// With what is wrong with each field.
    pub fn with_errors(mut self, errors: Vec<InputError>) -> Self {
        self.errors = errors;
        self
    }
}

impl From<engine::DatabaseError> for Problem {
    fn from(error: engine::DatabaseError) -> Self {
        Self::internal(&format!("The database did not respond: {error}."))
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reason = self.reason.take();
        let mut response = (status, Json(self)).into_response();
        if let Some(reason) = reason {
            response.extensions_mut().insert(reason);
        }
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Leasehold\""));
        }
        response
    }
}
