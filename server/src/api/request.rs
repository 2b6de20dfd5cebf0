//! Caller, path, query and body of a request. Invalid ones are answered with a problem that says why.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use engine::actor::{Actor, Origin};
use engine::exchange::Channel;
use licensing::permission::Permission;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Deserializer};

use crate::http::caller::{AuthenticatedCaller, Caller};
use crate::http::problem::{InputError, Problem};
use crate::http::router::MAX_BODY;

/// The caller, already let through by the guard.
pub struct By(Caller);

impl By {
    /// For the audit log.
    pub fn actor(&self) -> Actor {
        self.0.actor(if self.is_local() { Origin::CommandLine } else { Origin::Api })
    }

    /// The channel of a report or answer.
    pub fn channel(&self) -> Channel {
        if self.is_local() { Channel::CommandLine } else { Channel::Api }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.0.known.as_ref().is_some_and(|known| known.why_not(permission).is_none())
    }

    /// Number of the user, if one is signed in.
    pub fn user(&self) -> Option<i64> {
        match &self.0.known {
            Some(AuthenticatedCaller::User { who, .. }) => Some(who.user_id),
            _ => None,
        }
    }

    /// Name of the user and handle of the session, if one is signed in.
    pub fn session(&self) -> Option<(&str, &str)> {
        match &self.0.known {
            Some(AuthenticatedCaller::User { name, who, .. }) => Some((name, &who.handle)),
            _ => None,
        }
    }

    /// An API token, and no person.
    pub fn is_token(&self) -> bool {
        matches!(self.0.known, Some(AuthenticatedCaller::Token { .. }))
    }

    /// A command on this machine.
    pub fn is_local(&self) -> bool {
        matches!(self.0.known, Some(AuthenticatedCaller::Local { .. }))
    }
}

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.map(Self).ok_or_else(|| Problem::internal(&"an operation does not know who asks"))
    }
}

/// The parameters of a path.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(path)| Self(path))
            .map_err(|_| Problem::new(StatusCode::NOT_FOUND, "Nothing at this address."))
    }
}

/// The query of an address.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|axum::extract::Query(query)| Self(query)).map_err(|rejection| {
            let why = std::error::Error::source(&rejection).map_or_else(|| rejection.to_string(), ToString::to_string);
            let detail = format!("A parameter in the address is invalid: {why}.");
            Problem::new(StatusCode::BAD_REQUEST, detail)
        })
    }
}

/// A parameter that is one of several words, or empty.
///
/// # Errors
/// If it is any other word.
pub fn word<'de, T: Deserialize<'de>, D: Deserializer<'de>>(given: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(given)?;
    if text.is_empty() { Ok(None) } else { T::deserialize(text.into_deserializer()).map(Some) }
}

/// One page of a list: the items after the one with the key `after`, and `next` if there are more. The list is in the order of its keys.
pub fn page<T, K: Ord + Clone>(
    items: Vec<T>,
    key: impl Fn(&T) -> K,
    after: Option<&K>,
    most: usize,
) -> (Vec<T>, Option<K>) {
    let mut items: Vec<T> = items.into_iter().filter(|item| after.is_none_or(|after| key(item) > *after)).collect();
    let has_more = items.len() > most;
    items.truncate(most);
    let next = items.last().filter(|_| has_more).map(key);
    (items, next)
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
                format!("The body is larger than {MAX_BODY} bytes, or was cut off. Nothing was changed."),
            )
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let (status, what) = match error.classify() {
                serde_json::error::Category::Data => {
                    (StatusCode::UNPROCESSABLE_ENTITY, "does not have the expected shape")
                }
                _ => (StatusCode::BAD_REQUEST, "is not valid JSON"),
            };
            let detail =
                format!("The body {what} (line {}, column {}). Nothing was changed.", error.line(), error.column());
            let message = error.to_string().chars().take(200).collect();
            Problem::new(status, detail).with_errors(vec![InputError { field: "body".to_owned(), message }])
        })
    }
}

/// The raw body, up to `most` bytes; `what` starts the sentence that refuses a larger one. It is read to its end even
/// if too large: a caller that is still sending would not see why.
///
/// # Errors
/// 413
pub fn bytes(body: Result<Bytes, BytesRejection>, most: usize, what: &str) -> Result<Bytes, Problem> {
    body.ok().filter(|body| body.len() <= most).ok_or_else(|| {
        let size =
            if most < 1024 * 1024 { format!("{} KB", most / 1024) } else { format!("{} MB", most / 1024 / 1024) };
        let detail = format!("{what} must not be larger than {size}. Nothing was changed.");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn pages_follow_each_other_without_a_gap_also_when_the_last_item_has_gone_since() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        let (first, next) = page(letters("abcde"), |c| *c, None, 2);
        assert_eq!((first, next), (letters("ab"), Some('b')));
        let (second, next) = page(letters("acde"), |c| *c, Some(&'b'), 2);
        assert_eq!((second, next), (letters("cd"), Some('d')));
        assert_eq!(page(letters("acde"), |c| *c, Some(&'d'), 2), (letters("e"), None));
        assert_eq!(page(letters("ab"), |c| *c, None, 2), (letters("ab"), None), "no empty page follows");
    }
}
