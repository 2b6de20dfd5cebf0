//! What a handler returns, and how it is drawn.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::{Arc, Mutex};

use app::components::{BareLayout, Document, Layout};
use app::drawn::{Draw, Drawn};
use app::pages::ErrorPage;
use app::paths;
use app::request::{Badge, Flash, FormState, PeerConsole, RequestContext, ServerStanding, Viewer};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::Engine;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use licensing::context::Context;
use licensing::peers::Role;
use tower_sessions::Session;

use super::{account, form};
use crate::assets;
use crate::http::caller::{self, Caller};
use crate::http::events;
use crate::http::middleware::{headers, request_id};
use crate::http::problem::Problem;
use crate::http::state::App;

/// What a page stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// Navigation and all.
    Console,
    /// For somebody who is not signed in.
    Bare,
    /// The page brings its own.
    Own,
}

/// An answer of the console: title, status, body; or another address to go to.
pub struct Page {
    title: Cow<'static, str>,
    status: StatusCode,
    frame: Frame,
    /// A form that is shown again, and the address it belongs to.
    form: FormState,
    path: Option<String>,
    headers: HeaderMap,
    body: Box<dyn FnOnce() -> Drawn + Send>,
}

impl Page {
    /// A page in the frame of the console.
    pub fn new(title: impl Into<Cow<'static, str>>, body: impl FnOnce() -> Drawn + Send + 'static) -> Self {
        Self {
            title: title.into(),
            status: StatusCode::OK,
            frame: Frame::Console,
            form: FormState::default(),
            path: None,
            headers: HeaderMap::new(),
            body: Box::new(body),
        }
    }

    /// A page for somebody who is not signed in.
    pub fn bare(title: impl Into<Cow<'static, str>>, body: impl FnOnce() -> Drawn + Send + 'static) -> Self {
        Self { frame: Frame::Bare, ..Self::new(title, body) }
    }

    /// A page that brings its own frame.
    pub fn framed(title: impl Into<Cow<'static, str>>, body: impl FnOnce() -> Drawn + Send + 'static) -> Self {
        Self { frame: Frame::Own, ..Self::new(title, body) }
    }

    /// To another address of this console.
    pub fn to(path: impl AsRef<str>) -> Self {
        let mut page = Self { status: StatusCode::SEE_OTHER, ..Self::new("", || ().drawn()) };
        page.headers
            .insert(header::LOCATION, HeaderValue::from_str(path.as_ref()).unwrap_or(HeaderValue::from_static("/")));
        page
    }

    /// With another status.
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Shown as if this were its address: an answer to a form is drawn where the form is at home.
    pub fn at(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// With what was typed into its form, and what is wrong with it.
    pub fn with_form(self, form: FormState) -> Self {
        Self { form, ..self }
    }

    pub fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    fn error(status: StatusCode, title: Cow<'static, str>, sentence: Cow<'static, str>) -> Self {
        let shown = title.clone();
        let body = move || {
            let (title, sentence) = (shown.into_owned(), sentence.into_owned());
            view! { <ErrorPage status=status.as_u16() title=title sentence=sentence /> }.drawn()
        };
        Self { status, ..Self::new(title, body) }
    }
}

/// Why there is no page.
#[derive(Debug)]
pub enum PageError {
    /// A page that says what is wrong: status, title, sentence.
    Said(StatusCode, Cow<'static, str>, Cow<'static, str>),
    /// It belongs somewhere else.
    Elsewhere(&'static str),
}

impl PageError {
    /// 404 for an address.
    pub const NOWHERE: Self = Self::Said(
        StatusCode::NOT_FOUND,
        Cow::Borrowed("Page not found"),
        Cow::Borrowed("There is no page at this address. Check the address, or go to the page from the navigation."),
    );

    /// 404 for what an address names.
    pub fn gone(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::Said(StatusCode::NOT_FOUND, "Page not found".into(), sentence.into())
    }

    /// 500: logged here, shown without internals.
    pub fn internal(error: impl Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::Said(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong".into(),
            "Leasehold could not do this, and nothing was changed. The server's log has the reason under the request id below.".into(),
        )
    }
}

impl From<engine::DatabaseError> for PageError {
    fn from(error: engine::DatabaseError) -> Self {
        Self::internal(error)
    }
}

impl From<PageError> for Page {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Said(status, title, sentence) => Self::error(status, title, sentence),
            PageError::Elsewhere(path) => Self::to(path),
        }
    }
}

/// What a handler, or a layer around it, came to: carried in the response as far as [`draw`].
#[derive(Clone)]
struct ToDraw(Arc<Mutex<Option<Result<Page, PageError>>>>);

fn to_draw(status: StatusCode, text: String, answer: Result<Page, PageError>) -> Response {
    let mut response = (status, text).into_response();
    response.extensions_mut().insert(ToDraw(Arc::new(Mutex::new(Some(answer)))));
    response
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        if self.status == StatusCode::SEE_OTHER {
            return (self.status, self.headers).into_response();
        }
        to_draw(self.status, String::new(), Ok(self))
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            Self::Elsewhere(path) => Page::to(path).into_response(),
            // Where no page is drawn, the sentence stands alone.
            Self::Said(status, _, ref sentence) => to_draw(status, format!("{sentence}\n"), Err(self)),
        }
    }
}

/// Whether an address belongs to the API, whose errors are problems and no pages.
pub fn is_api(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/peer/") || path == paths::EVENTS
}

/// Draws what the layers and the handler inside came to; the API gets an error as a problem document.
pub async fn draw(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    // What changes from here on is told to the page as news. The answer to a form is not fetched again.
    let seen = match parts.method {
        Method::GET if !is_api(parts.uri.path()) => Some(events::seen(&app, &app.engine.changes().await)),
        _ => None,
    };
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let Some(ToDraw(answer)) = response.extensions_mut().remove::<ToDraw>() else { return response };
    let answer = answer.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    match answer {
        None => response,
        Some(Err(PageError::Said(status, _, sentence))) if is_api(asked.uri.path()) => {
            Problem::new(status, sentence).into_response()
        }
        Some(answer) => drawn(&app, &asked, seen, answer.unwrap_or_else(Page::from)).await,
    }
}

async fn drawn(app: &App, parts: &Parts, seen: Option<String>, page: Page) -> Response {
    let Page { title, status, frame, form, path, headers, body } = page;
    let context = Arc::new(context(app, parts, seen, title.into_owned(), form, path).await);
    // An error page has the frame that fits who sees it.
    let frame = if frame == Frame::Console && context.viewer.is_none() { Frame::Bare } else { frame };
    let provided = context.clone();
    let provide = move || {
        provide_context(provided.clone());
        provide_context(assets::addresses());
    };
    // Leptos may call it again; a page is drawn once.
    let body = Arc::new(Mutex::new(Some(body)));
    let document = move || {
        let policy = use_nonce().and_then(|nonce| HeaderValue::from_str(&headers::page_policy(&nonce)).ok());
        if let (Some(policy), Some(options)) = (policy, use_context::<leptos_axum::ResponseOptions>()) {
            options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
        let body = body.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let body = body.map_or_else(|| ().drawn(), |body| body());
        match frame {
            Frame::Console => view! { <Document><Layout>{body}</Layout></Document> }.drawn(),
            Frame::Bare => view! { <Document><BareLayout>{body}</BareLayout></Document> }.drawn(),
            Frame::Own => view! { <Document>{body}</Document> }.drawn(),
        }
    };
    let mut response = leptos_axum::render_app_async_with_context(provide, document)(Request::new(Body::empty())).await;
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}

async fn context(
    app: &App,
    parts: &Parts,
    seen: Option<String>,
    title: String,
    form: FormState,
    path: Option<String>,
) -> RequestContext {
    let known = parts.extensions.get::<Caller>().and_then(|caller| caller.known.clone());
    let conf = app.engine.conf();
    let effective = &conf.effective;
    let registered = effective.registered();
    let address = path.as_deref().or_else(|| parts.uri.path_and_query().map(|address| address.as_str())).unwrap_or("/");
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let working = match path {
        paths::EXCHANGE | paths::SETUP_DONE => app.engine.sync_state().running,
        paths::DIAGNOSTICS => app.engine.reachability().running,
        paths::DATABASE => {
            app.engine.unlock_progress().is_some_and(|run| run.ended_ms.is_none())
                || app.engine.backup_state().running_since.is_some()
                || app.engine.database_check_since().is_some()
        }
        _ => false,
    };
    let attention = if known.is_some() { app.engine.attention() } else { Vec::new() };
    let peers = if known.is_some() { peers(&app.engine) } else { Vec::new() };
    RequestContext {
        title,
        working,
        viewer: known.map(|known| Viewer { name: known.name().to_owned(), role: known.role() }),
        badge: Badge {
            server_name: app.engine.server_name(),
            guid_short: effective.guid.map(|g| g.short()),
            standing: match (registered, app.engine.context()) {
                (false, _) => ServerStanding::Unregistered,
                (true, None) => ServerStanding::Registered,
                (true, Some(Context::Backup)) => ServerStanding::Backup,
                (true, Some(_)) => ServerStanding::Primary,
            },
            changed_outside: conf.outside.is_some(),
            attention,
            peers,
        },
        theme: account::theme_of(&parts.headers),
        flash: match parts.extensions.get::<Session>() {
            // A page that refreshes itself was asked for before.
            Some(session) if !parts.headers.contains_key(caller::LIVE) => take_flash(session).await,
            _ => None,
        },
        form: Some(form).filter(|form| *form != FormState::default()),
        seen,
        now_ms: app.engine.now_ms(),
        path: path.to_owned(),
        query: form::pairs(query.as_bytes()),
        request_id: request_id::current(),
        origin: app.installation.origin.clone(),
        secure: app.secure,
    }
}

/// The other servers, for who looks at this page when this one no longer answers.
fn peers(engine: &Engine) -> Vec<PeerConsole> {
    let picture = engine.peers.pictures();
    let picture = picture.borrow();
    let peer = |server: &engine::peers::InstallationServer| PeerConsole {
        name: server.name.clone(),
        role: if server.role == Role::Primary { "primary" } else { "backup" },
        url: server.url.clone(),
    };
    picture.others().map(peer).collect()
}

/// Session key of the message for the next page.
const FLASH: &str = "flash";

/// Leaves a message for the next page.
pub async fn leave_flash(session: &Session, flash: Flash) {
    if let Err(error) = session.insert(FLASH, flash).await {
        tracing::warn!(%error, "could not keep a message for the next page");
    }
}

async fn take_flash(session: &Session) -> Option<Flash> {
    session.get::<Flash>(FLASH).await.ok().flatten()?;
    session.remove::<Flash>(FLASH).await.ok().flatten()
}
