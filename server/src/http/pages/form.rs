//! Reading a form: `application/x-www-form-urlencoded` only, limited, and kept for showing again.

use app::request::{FieldError, FormState};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::error;
use super::render::{Drawing, draw};
use crate::http::identity::Caller;
use crate::http::router::MAX_BODY;
use crate::http::state::App;

/// A form as it was sent, with the request it came in.
pub struct Form {
    pub parts: Parts,
    pub values: Vec<(String, String)>,
}

/// Secrets are never shown again.
const SECRET: &[&str] = &["password", "password_again", "current", "token"];

impl Form {
    /// What a field holds; empty when it was not sent.
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Who sent it.
    pub fn caller(&self) -> Caller {
        self.parts.extensions.get::<Caller>().cloned().unwrap_or(Caller { address: None, agent: None, known: None })
    }

    /// The session it was sent in.
    pub fn session(&self) -> tower_sessions::Session {
        self.parts.extensions.get::<tower_sessions::Session>().cloned().expect("the session layer wraps all forms")
    }

    /// The form as it was typed, with what is wrong with it.
    pub fn state(&self, errors: Vec<FieldError>) -> FormState {
        let values = self.values.iter().filter(|(key, _)| !SECRET.contains(&key.as_str())).cloned().collect();
        FormState { values, errors }
    }

    /// Shows `path` again with what was typed and what is wrong.
    pub async fn refuse(&self, app: &App, path: &str, status: StatusCode, errors: Vec<FieldError>) -> Response {
        let drawing =
            Drawing { form: Some(self.state(errors)), path: Some(path.to_owned()), status: Some(status), answer: None };
        draw(app, &self.parts, drawing).await
    }
}

/// An error of one field, or of the whole form.
pub fn wrong(field: Option<&str>, message: impl std::fmt::Display) -> FieldError {
    FieldError { field: field.map(str::to_owned), message: message.to_string() }
}

impl FromRequest<App> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind
            .split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
        {
            let sentence =
                "A form is sent as application/x-www-form-urlencoded; this was something else. Nothing was changed.";
            return Err(error::answer(app, &parts, StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not a form", sentence).await);
        }
        match axum::body::to_bytes(body, MAX_BODY).await {
            Ok(bytes) => Ok(Self { values: pairs(&bytes), parts }),
            Err(_) => {
                let sentence = format!(
                    "More than {} MB was sent, which is more than a license_server.conf can hold. Nothing was changed.",
                    MAX_BODY / 1_000_000
                );
                Err(error::answer(app, &parts, StatusCode::PAYLOAD_TOO_LARGE, "Too large", &sentence).await)
            }
        }
    }
}

/// Pairs of an encoded form or query; bytes that are not UTF-8 become U+FFFD.
pub fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

/// A path of this console to go to, or the overview: never another site.
pub fn next(path: &str) -> &str {
    let safe =
        path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && !path.chars().any(char::is_control);
    if safe { path } else { app::paths::OVERVIEW }
}

#[cfg(test)]
mod tests {
    use super::next;

    #[rstest::rstest]
    #[case("/audit?who=a", "/audit?who=a")]
    #[case("//evil.example", "/")]
    #[case("https://evil.example", "/")]
    #[case("/\\evil.example", "/")]
    #[case("/a\r\nb", "/")]
    #[case("", "/")]
    fn one_stays_on_this_console(#[case] asked: &str, #[case] expected: &str) {
        assert_eq!(next(asked), expected);
    }
}
