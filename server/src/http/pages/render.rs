//! Drawing a page with Leptos: gathers what it may know of the request, then answers with its policy and status.

use std::sync::Arc;

use app::answer::Answer;
use app::installation::{CurlCommand, CurrentSession};
use app::paths;
use app::request::{Badge, FormState, RequestContext, Standing, Tone, Viewer};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leptos::nonce::use_nonce;
use leptos::prelude::provide_context;
use licensing::context::Context;
use tower_sessions::Session;

use super::{flash, theme};
use crate::assets;
use crate::http::identity::{Caller, Known};
use crate::http::middleware::{headers, request_id};
use crate::http::state::App;

/// `GET` of a page.
pub async fn page(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    draw(&app, &parts, Drawing::default()).await
}

/// What a page shows beyond its address.
#[derive(Default)]
pub struct Drawing {
    /// Shown in place of the route.
    pub answer: Option<Answer>,
    /// A refused form.
    pub form: Option<FormState>,
    /// Shown as if this were the address (a refused form is drawn on the page it came from).
    pub path: Option<String>,
    /// 200 when none.
    pub status: Option<StatusCode>,
}

/// Draws the page of this request.
pub async fn draw(app: &App, parts: &Parts, drawing: Drawing) -> Response {
    let context = Arc::new(context(app, parts, drawing.form, drawing.path.as_deref()).await);
    let uri = match &drawing.path {
        Some(path) => path.clone(),
        None => parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
    };
    let Ok(request) = Request::builder().uri(uri).body(Body::empty()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let engine = app.engine.clone();
    let installation = app.installation.clone();
    let current = parts.extensions.get::<Caller>().and_then(|caller| match &caller.known {
        Some(Known::User { who, .. }) => Some(CurrentSession { user_id: who.user_id, handle: who.handle.clone() }),
        _ => None,
    });
    let answer = drawing.answer;
    let provide = move || {
        provide_context(context.clone());
        provide_context(engine.clone());
        provide_context(installation.clone());
        provide_context(assets::addresses());
        provide_context(CurlCommand(reporting::curl::curl_command));
        if let Some(current) = current.clone() {
            provide_context(current);
        }
        if let Some(answer) = answer.clone() {
            provide_context(answer);
        }
    };
    let shell = || {
        let policy = use_nonce()
            .map(|nonce| headers::page_policy(&nonce))
            .and_then(|policy| HeaderValue::from_str(&policy).ok());
        if let (Some(policy), Some(options)) = (policy, leptos::prelude::use_context::<leptos_axum::ResponseOptions>())
        {
            options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
        app::routes::shell()
    };
    let mut response = leptos_axum::render_app_async_with_context(provide, shell)(request).await;
    if refreshes(app, parts.uri.path()) {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("2"));
    }
    if let Some(status) = drawing.status {
        *response.status_mut() = status;
    }
    response
}

/// Pages that show work under way look again by themselves, with and without script.
fn refreshes(app: &App, path: &str) -> bool {
    match path {
        paths::EXCHANGE | paths::SETUP_DONE => app.engine.sync_state().running,
        paths::DIAGNOSTICS => app.engine.reachability().running,
        _ => false,
    }
}

/// The contact clock in two words, for the top bar.
fn contact_badge(app: &App) -> Option<(Tone, String)> {
    let contact = app::load::exchange::contact(&app.engine);
    Some(match (contact.days, contact.tone) {
        (None, _) => (Tone::Warning, "Never in contact".to_owned()),
        (Some(_), Tone::Success) => (Tone::Success, contact.label),
        (Some(days), tone) => (tone, format!("{}: {days} days", contact.label)),
    })
}

async fn context(app: &App, parts: &Parts, form: Option<FormState>, path: Option<&str>) -> RequestContext {
    let known = parts.extensions.get::<Caller>().and_then(|caller| caller.known.clone());
    let session = parts.extensions.get::<Session>();
    let conf = app.engine.conf();
    let effective = &conf.effective;
    let registered = effective.registered();
    let (path, query) = match path {
        Some(path) => path.split_once('?').unwrap_or((path, "")),
        None => (parts.uri.path(), parts.uri.query().unwrap_or_default()),
    };
    RequestContext {
        viewer: known.map(|known| Viewer { name: known.name().to_owned(), role: known.role() }),
        badge: Badge {
            server_name: app.server_name.clone(),
            guid_short: effective.guid.map(|g| g.short()),
            standing: match (registered, app.engine.context()) {
                (false, _) => Standing::Unregistered,
                (true, None) => Standing::Registered,
                (true, Some(Context::Backup)) => Standing::Backup,
                (true, Some(_)) => Standing::Primary,
            },
            changed_outside: conf.outside.is_some(),
            revision: conf.number(),
            exchanged: app.engine.sync_state().last_ms.unwrap_or(0),
            contact: registered.then(|| contact_badge(app)).flatten(),
        },
        theme: theme::of(&parts.headers),
        flash: match session {
            Some(session) => flash::take(session).await,
            None => None,
        },
        form,
        now_ms: app.engine.now_ms(),
        path: path.to_owned(),
        query: super::form::pairs(query.as_bytes()),
        request_id: request_id::current(),
        secure: app.secure,
    }
}
