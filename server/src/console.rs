//! The console's pages. A handler reads its query or form, asks the engine, and returns `Result<Page, PageError>`; [`draw`] draws what
//! came of it in the frame of the request.
//!
//! A handler of a GET takes [`Console`], one of a POST [`Form`]. What the engine refuses becomes an answer through [`Refusal`]: on the
//! page the form came from, with what was typed, or on a page of its own.

pub mod account;
pub mod alerts;
pub mod audit;
pub mod clients;
pub mod clusters;
pub mod conf;
mod confirm;
pub mod database;
pub mod diagnostics;
pub mod exchange;
pub mod form;
pub mod invite;
pub mod licenses;
pub mod login;
pub mod logs;
pub mod overview;
pub mod page;
mod refusal;
pub mod search;
pub mod servers;
pub mod setup;
pub mod sources;
pub mod tokens;
pub mod two_step;
pub mod usage;
pub mod users;

use std::ops::Deref;

use app::components::read_filter;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use engine::actor::{Actor, Origin};
use futures::{StreamExt, stream};
use licensing::permission::Permission;
use serde::de::DeserializeOwned;
use tower_sessions::Session;

pub use form::Form;
pub use page::{Page, PageError, draw};
pub use refusal::Refusal;

use crate::http::caller::{AuthenticatedCaller, Caller};
use crate::http::downloads::Download;
use crate::http::state::App;

/// What a handler of a page works with: the server, who asks, and what the address asks for.
#[derive(Clone)]
pub struct Console {
    app: App,
    pub caller: Caller,
    pub session: Session,
    /// Time of the request, Unix milliseconds.
    pub now_ms: i64,
    query: Vec<(String, String)>,
}

impl Deref for Console {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl FromRequestParts<App> for Console {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(app, parts))
    }
}

impl Console {
    /// Of a request that passed the session layer.
    pub fn of(app: &App, parts: &Parts) -> Self {
        Self {
            app: app.clone(),
            caller: parts.extensions.get::<Caller>().cloned().unwrap_or_default(),
            session: parts.extensions.get::<Session>().cloned().expect("the session layer wraps all pages"),
            now_ms: app.engine.now_ms(),
            query: form::pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        }
    }

    /// A parameter of the address, without surrounding space; empty when it is absent.
    pub fn query(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// What the address asks a list for.
    pub fn filter<F: DeserializeOwned + Default>(&self) -> F {
        read_filter(&self.query)
    }

    /// For the audit log.
    pub fn actor(&self) -> Actor {
        self.caller.actor(Origin::Console)
    }

    /// Whether who asks may do this.
    pub fn may(&self, permission: Permission) -> bool {
        self.caller.known.as_ref().is_some_and(|known| known.why_not(permission).is_none())
    }

    /// The signed-in session: id of the user, and its handle. None for a token.
    pub fn signed_in(&self) -> Option<(i64, &str)> {
        match &self.caller.known {
            Some(AuthenticatedCaller::User { who, .. }) => Some((who.user_id, &who.handle)),
            _ => None,
        }
    }

    /// The name of who asks; empty when nobody is known.
    pub fn name(&self) -> &str {
        self.caller.known.as_ref().map_or("", AuthenticatedCaller::name)
    }

    /// Whether a mark is set in the session.
    pub async fn flag(&self, key: &str) -> bool {
        self.session.get::<bool>(key).await.ok().flatten().unwrap_or(false)
    }
}

/// A number in the address. What is none leads to the page that nothing is at this address.
pub struct Id(pub i64);

impl FromRequestParts<App> for Id {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        match Path::<i64>::from_request_parts(parts, app).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(PageError::NOWHERE),
        }
    }
}

/// A file to be saved. The name is one of ours: letters, digits, hyphens, dots.
pub fn attachment(kind: &str, name: &str, content: impl Into<Body>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (Extension(Download), headers, content.into()).into_response()
}

/// A CSV file to be saved. It begins with a byte order mark: without one, Excel reads UTF-8 as another encoding.
pub fn csv_file(name: &str, content: impl Into<Body>) -> Response {
    let mark = stream::iter([Ok::<_, axum::Error>(Bytes::from_static("\u{feff}".as_bytes()))]);
    let content = mark.chain(content.into().into_data_stream());
    attachment("text/csv; charset=utf-8", name, Body::from_stream(content))
}

/// A cell of a CSV file (RFC 4180). What a spreadsheet would take for a formula is made text.
pub fn csv_text(text: &str) -> String {
    let safe = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if safe.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}
