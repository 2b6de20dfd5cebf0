//! Signing in and out.

use app::drawn::Draw;
use app::pages::account::{Login, LoginPage, Resume, ResumePage};
use app::paths;
use app::request::{FlashKind, FormState};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::accounts::session_store::{SessionUser, WHO};
use engine::accounts::throttle::Guesser;
use engine::accounts::users::{AccountError, User};
use engine::actor::{Actor, Origin};
use engine::audit::{AuditOutcome, NewAuditEntry};
use leptos::prelude::*;

use super::form::{Form, next, wrong};
use super::{Console, Page, PageError, Refusal};
use crate::http::device::{self, NewDevice};
use crate::http::state::App;

/// `GET /login`
pub async fn page(console: Console) -> Page {
    show(console.query("next"))
}

fn show(next: &str) -> Page {
    let data = Login { next: next.to_owned() };
    Page::bare("Sign in", || view! { <LoginPage data=data /> }.drawn())
}

/// `POST /login`
pub async fn log_in(form: Form) -> Result<Page, PageError> {
    let mut caller = form.caller.clone();
    caller.known = None;
    let (name, password) = (form.value("name"), form.value("password"));
    let refuse =
        |field, error| form.refuse(paths::LOGIN, vec![wrong(field, error)], async { Ok(show(form.value("next"))) });
    let number = device::number(&form, &form.parts.headers, name);
    let guesser = number.as_deref().map_or(Guesser::Stranger, Guesser::Device);
    match form.engine.log_in(&caller.actor(Origin::Console), name, password, guesser).await {
        Ok(user) => {
            enter(&form, &user).await.map_err(PageError::internal)?;
            Ok(match resume(&form) {
                Some(data) => Page::bare("Signed in again", || view! { <ResumePage data=data /> }.drawn()),
                None => {
                    let next = next(form.value("next"));
                    match form.engine.storage_trouble() {
                        Some(trouble) => form.tell(FlashKind::Danger, trouble, next).await,
                        None => Page::to(next),
                    }
                }
            })
        }
        Err(AccountError::Sql(error)) => Err(error.into()),
        Err(error) => match error.retry_after_s() {
            Some(seconds) => {
                let (wait, status) = (HeaderValue::from(seconds.max(0).unsigned_abs()), error.status());
                Ok(refuse(None, error).await?.status(status).header(header::RETRY_AFTER, wait))
            }
            None => refuse(Some("password"), error).await,
        },
    }
}

/// Forms whose content is kept when the session ended meanwhile. Others hold secrets, or nothing worth keeping.
const KEPT: &[&str] = &[
    paths::CONFIGURATION,
    paths::CONFIGURATION_TEXT,
    paths::CONFIGURATION_SAVE,
    paths::CONFIGURATION_RESTORE,
    paths::CONFIGURATION_OUTSIDE,
    paths::SETUP_CONNECTION,
];

/// A form that came after its session had ended: asks to sign in again and keeps what was typed.
pub async fn ask_again(app: &App, request: Request) -> Response {
    let form = match Form::from_request(request, app).await {
        Ok(form) => form,
        Err(refusal) => return refusal.into_response(),
    };
    let path = form.parts.uri.path().to_owned();
    let mut values = vec![("next".to_owned(), paths::OVERVIEW.to_owned())];
    if KEPT.contains(&path.as_str()) {
        // Without its secrets, which are typed again.
        let kept = form.state(Vec::new()).values;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
        values = vec![("resume_path".to_owned(), path), ("resume".to_owned(), body)];
    }
    let kept = if values.len() == 2 { " Your entries are kept." } else { "" };
    let message = format!("Your session ended after 30 minutes of inactivity. Sign in again.{kept}");
    let state = FormState { values, errors: vec![wrong(None, message)] };
    show("").at(paths::LOGIN).with_form(state).status(StatusCode::UNAUTHORIZED).into_response()
}

/// What the login form carries of a form that came too late.
fn resume(form: &Form) -> Option<Resume> {
    let path = form.value("resume_path");
    let fields = super::form::pairs(form.value("resume").as_bytes());
    (KEPT.contains(&path) && !fields.is_empty()).then(|| Resume { path: path.to_owned(), fields })
}

/// Starts a signed-in session under a new id. The browser is known from now on.
pub async fn enter(form: &Form, user: &User) -> anyhow::Result<()> {
    let (session, caller) = (&form.session, &form.caller);
    session.clear().await;
    session.cycle_id().await?;
    let handle = engine::secret::hex(&engine::secret::random::<8>());
    let who = SessionUser { user_id: user.id, handle, address: caller.address.clone(), agent: caller.agent.clone() };
    session.insert(WHO, who).await?;
    session.save().await?;
    if let Some(device) = form.parts.extensions.get::<NewDevice>() {
        device.make(form, &user.name);
    }
    let mut actor = caller.actor(Origin::Console);
    actor.name.clone_from(&user.name);
    note(&form.engine, &actor, "session.login", "Signed in.").await;
    Ok(())
}

/// Records that somebody came or went. A full disk keeps nobody out, because somebody has to free it: the server's log has it then.
async fn note(engine: &Engine, actor: &Actor, action: &str, sentence: &str) {
    let entry = NewAuditEntry { actor, action, sentence: sentence.to_owned(), outcome: AuditOutcome::Done };
    if let Err(error) = engine.audit.record(entry.about(&actor.name)).await {
        let address = actor.address.as_deref().unwrap_or_default();
        tracing::error!(%error, who = actor.name, address, "not in the audit log: {sentence}");
        engine.note_unstored(&error);
    }
}

/// `POST /logout`
pub async fn log_out(form: Form) -> Result<Page, PageError> {
    if form.caller.known.is_some() {
        note(&form.engine, &form.actor(), "session.logout", "Signed out.").await;
    }
    form.session.flush().await.map_err(PageError::internal)?;
    Ok(Page::to(paths::LOGIN))
}
