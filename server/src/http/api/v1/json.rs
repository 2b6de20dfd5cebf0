//! Reading a JSON body: the right type, limited, and with a sentence when it cannot be understood.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use crate::http::problem::{InputError, Problem};
use crate::http::router::MAX_BODY;

/// The query of an address.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|axum::extract::Query(query)| Self(query)).map_err(|_| {
            let detail =
                "A parameter in the address is not what belongs there: `before` and `every` are whole numbers.";
            Problem::new(StatusCode::BAD_REQUEST, detail)
        })
    }
}

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send JSON, with `Content-Type: application/json`. Nothing was changed.",
            ));
        }
        let bytes = axum::body::to_bytes(request.into_body(), MAX_BODY).await.map_err(|_| {
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("The body is larger than {MAX_BODY} bytes, or broke off. Nothing was changed."),
            )
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let (status, what) = match error.classify() {
                serde_json::error::Category::Data => (StatusCode::UNPROCESSABLE_ENTITY, "is not what belongs here"),
                _ => (StatusCode::BAD_REQUEST, "is not valid JSON"),
            };
            let detail =
                format!("The body {what} (line {}, column {}). Nothing was changed.", error.line(), error.column());
            let errors =
                vec![InputError { field: "body".to_owned(), message: error.to_string().chars().take(200).collect() }];
            Problem::new(status, detail).with_errors(errors)
        })
    }
}
