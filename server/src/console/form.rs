//! Forms: their values, and showing them again.

use std::future::Future;
use std::ops::Deref;

use app::request::{FieldError, Flash, FlashKind, FormState};
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use engine::accounts::users::AccountError;
use engine::conf::SavedRevision;
use http_body_util::Limited;
use licensing::words::{bytes as bytes_in_words, count};

use super::page::leave_flash;
use super::{Console, Page, PageError, Refusal};
use crate::http::caller::Caller;
use crate::http::router::{MAX_ANSWER, MAX_BODY, MAX_STRANGER};
use crate::http::state::App;
use crate::http::{confirmed, device};

/// A form as it was sent, with what its handler works with.
pub struct Form {
    console: Console,
    pub parts: Parts,
    pub values: Vec<(String, String)>,
}

impl Deref for Form {
    type Target = Console;

    fn deref(&self) -> &Console {
        &self.console
    }
}

/// Secrets are never shown again.
const SECRET: &[&str] = &[
    "password",
    "password_again",
    "register_password",
    "current",
    "token",
    "auth",
    "new_auth",
    "key",
    "registration",
    "registration_file",
    "file",
];

/// Most fields of a form: each takes more memory than it has bytes.
const FIELDS: usize = 10_000;
/// The same from a browser in which nobody has signed in.
const FIELDS_OF_STRANGER: usize = 64;

impl Form {
    /// What a field holds; empty when it was not sent.
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The form as it was typed, with what is wrong with it.
    pub fn state(&self, errors: Vec<FieldError>) -> FormState {
        let values = self.values.iter().filter(|(key, _)| !SECRET.contains(&key.as_str())).cloned().collect();
        FormState { values, errors }
    }

    /// The page at `path` again, with what was typed and what is wrong.
    ///
    /// # Errors
    /// [`PageError`] of the page.
    pub async fn refuse(
        &self,
        path: impl Into<String>,
        errors: Vec<FieldError>,
        page: impl Future<Output = Result<Page, PageError>>,
    ) -> Result<Page, PageError> {
        Ok(page.await?.status(StatusCode::UNPROCESSABLE_ENTITY).at(path).with_form(self.state(errors)))
    }

    /// The same for what the engine refused.
    ///
    /// # Errors
    /// [`PageError`] when it failed rather than refused, or of the page.
    pub async fn refused(
        &self,
        refusal: &impl Refusal,
        path: impl Into<String>,
        page: impl Future<Output = Result<Page, PageError>>,
    ) -> Result<Page, PageError> {
        if refusal.is_internal() {
            return Err(PageError::internal(refusal));
        }
        Ok(self.refuse(path, refusal.errors(), page).await?.status(refusal.status()))
    }

    /// What is wrong with the password that is asked again before a sensitive change; none when it is right, or was a moment ago.
    ///
    /// # Errors
    /// [`PageError`] when the database does not respond.
    pub async fn password_problem(&self, field: &str) -> Result<Option<FieldError>, PageError> {
        if self.is_password_confirmed().await {
            return Ok(None);
        }
        let typed = self.value(field);
        if typed.is_empty() {
            return Ok(Some(wrong(Some(field), "Enter your password.")));
        }
        match self.confirm(typed).await {
            Ok(()) => {
                confirmed::note(&self.engine, &self.session).await.map_err(PageError::internal)?;
                Ok(None)
            }
            Err(AccountError::Sql(error)) => Err(error.into()),
            Err(AccountError::Wrong) => Ok(Some(wrong(Some(field), "This is not your current password."))),
            Err(error) => Ok(Some(wrong(Some(field), error))),
        }
    }

    /// To another page, with a message there.
    pub async fn tell(&self, kind: FlashKind, text: impl Into<String>, path: impl AsRef<str>) -> Page {
        leave_flash(&self.session, Flash { kind, text: text.into(), undo: None }).await;
        Page::to(path)
    }

    /// What was saved in the configuration file: the message offers to undo it.
    pub async fn saved(&self, text: impl Into<String>, saved: &SavedRevision, path: impl AsRef<str>) -> Page {
        let undo = Some(saved.base.clone()).filter(|_| !saved.diff.is_empty());
        let (kind, text) = match &saved.note {
            Some(note) => (FlashKind::Warning, format!("{} {note}", text.into())),
            None => (FlashKind::Success, text.into()),
        };
        leave_flash(&self.session, Flash { kind, text, undo }).await;
        Page::to(path)
    }

    /// The same when all went well.
    pub async fn done(&self, text: impl Into<String>, path: impl AsRef<str>) -> Page {
        self.tell(FlashKind::Success, text, path).await
    }
}

/// An error of one field, or of the whole form.
pub fn wrong(field: Option<&str>, message: impl std::fmt::Display) -> FieldError {
    FieldError { field: field.map(str::to_owned), message: message.to_string() }
}

impl FromRequest<App> for Form {
    type Rejection = PageError;

    async fn from_request(request: Request, app: &App) -> Result<Self, PageError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let (parts, body) = request.into_parts();
        let is_signed_in = parts.extensions.get::<Caller>().is_some_and(|caller| caller.known.is_some());
        let (most, fields) = match parts.uri.path() {
            // Who comes back when the session has ended brings what was typed.
            _ if !is_signed_in && !device::is_known(app, &parts.headers) => (MAX_STRANGER, FIELDS_OF_STRANGER),
            path if path.starts_with("/exchange/") => (MAX_ANSWER, FIELDS),
            _ => (MAX_BODY, FIELDS),
        };
        let read = match kind.as_str() {
            "application/x-www-form-urlencoded" => {
                let bytes = axum::body::to_bytes(body, most).await.map_err(|_| ());
                bytes.and_then(|bytes| few_pairs(&bytes, fields))
            }
            "multipart/form-data" => {
                let body = Body::new(Limited::new(body, most));
                multipart(Request::from_parts(parts.clone(), body), most, fields).await
            }
            _ => {
                return Err(PageError::Said(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "Not a form".into(),
                    "A form is sent as application/x-www-form-urlencoded or multipart/form-data; this was something else. Nothing was changed.".into(),
                ));
            }
        };
        match read {
            Ok(values) => Ok(Self { console: Console::of(app, &parts), values, parts }),
            Err(()) => {
                let sentence = format!(
                    "More than {} or {} was sent, or the connection broke off. Nothing was changed.",
                    bytes_in_words(most as u64),
                    count(fields, "field", "fields")
                );
                Err(PageError::Said(StatusCode::PAYLOAD_TOO_LARGE, "Too large".into(), sentence.into()))
            }
        }
    }
}

/// Fields of a form that sends files; of a file, its content as text.
async fn multipart(request: Request, most: usize, fields: usize) -> Result<Vec<(String, String)>, ()> {
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| ())?;
    let mut values = Vec::new();
    let mut size = 0;
    while let Some(field) = multipart.next_field().await.map_err(|_| ())? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|_| ())?;
        size += bytes.len();
        if size > most || values.len() == fields {
            return Err(());
        }
        values.push((name, text_of(&bytes)));
    }
    Ok(values)
}

/// A file as text; bytes that are none become U+FFFD, and whoever reads it refuses them.
fn text_of(bytes: &[u8]) -> String {
    licensing::pasted::decode(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned())
}

/// Pairs of an encoded form, if they are not too many.
fn few_pairs(bytes: &[u8], most: usize) -> Result<Vec<(String, String)>, ()> {
    if form_urlencoded::parse(bytes).nth(most).is_some() { Err(()) } else { Ok(pairs(bytes)) }
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
