//! Signing in and out.

use app::drawn::Draw;
use app::pages::account::{Login, LoginCodePage, LoginPage, Resume, ResumePage};
use app::paths;
use app::request::{FlashKind, FormState};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::accounts::second_step::codes_left;
use engine::accounts::session_store::{SessionUser, WHO};
use engine::accounts::throttle::Guesser;
use engine::accounts::users::{AccountError, User};
use engine::actor::{Actor, Origin};
use engine::audit::{AuditOutcome, NewAuditEntry};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

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
    let number = device::number(&form, &form.parts.headers, name);
    let guesser = number.as_deref().map_or(Guesser::Stranger, Guesser::Device);
    match form.engine.log_in(&caller.actor(Origin::Console), name, password, guesser).await {
        Ok(user) if user.totp => ask_code(&form, &user).await,
        Ok(user) => signed_in(&form, &user, None).await,
        Err(error) => refuse(&form, (paths::LOGIN, "password"), error, show(form.value("next"))).await,
    }
}

/// The page at `path` again, with why nobody got in.
async fn refuse(form: &Form, (path, field): (&str, &str), error: AccountError, page: Page) -> Result<Page, PageError> {
    if let AccountError::Sql(error) = error {
        return Err(error.into());
    }
    let (seconds, status) = (error.retry_after_s(), error.status());
    let errors = vec![wrong(seconds.is_none().then_some(field), error)];
    let page = form.refuse(path, errors, async { Ok(page) }).await?;
    Ok(match seconds {
        Some(seconds) => {
            page.status(status).header(header::RETRY_AFTER, HeaderValue::from(seconds.max(0).unsigned_abs()))
        }
        None => page,
    })
}

/// Lets somebody in, and goes on to the page that was wanted. `left`: how many recovery codes are left after one was used.
async fn signed_in(form: &Form, user: &User, left: Option<usize>) -> Result<Page, PageError> {
    let used = left.map(|left| format!("Signed in with a recovery code; {}", codes_left(left)));
    enter_saying(form, user, used.as_deref().unwrap_or("Signed in.")).await.map_err(PageError::internal)?;
    if let Some(data) = resume(form) {
        return Ok(Page::bare("Signed in again", || view! { <ResumePage data=data /> }.drawn()));
    }
    let next = next(form.value("next"));
    Ok(match (form.engine.storage_trouble(), left) {
        (Some(trouble), _) => form.tell(FlashKind::Danger, trouble, next).await,
        (None, Some(left)) => {
            let text = format!(
                "You used a recovery code; {} If you have lost the app, turn off two-step sign-in in your account and set it up again.",
                codes_left(left)
            );
            form.tell(FlashKind::Warning, text, next).await
        }
        (None, None) => Page::to(next),
    })
}

/// Session key: who has shown the right password and is asked for a code.
const FIRST_STEP: &str = "first-step";
/// The code must come within this time after the password, milliseconds.
const CODE_WITHIN_MS: i64 = 5 * 60 * 1000;

/// Whose password was right, and when.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct FirstStep {
    user_id: i64,
    /// When the password was set: another one is none of this step.
    password_at: i64,
    /// On the wall clock and on the monotonic one.
    at: (i64, i64),
}

fn code_page(next: &str) -> Page {
    let next = next.to_owned();
    Page::bare("Enter your code", || view! { <LoginCodePage next=next /> }.drawn()).at(paths::LOGIN_CODE)
}

/// The password was right: asks for the code, under a new session that is nobody's yet.
async fn ask_code(form: &Form, user: &User) -> Result<Page, PageError> {
    let at = (form.engine.now_ms(), form.engine.monotonic_ms());
    let step = FirstStep { user_id: user.id, password_at: user.password_at, at };
    form.session.clear().await;
    form.session.cycle_id().await.map_err(PageError::internal)?;
    form.session.insert(FIRST_STEP, step).await.map_err(PageError::internal)?;
    Ok(code_page(form.value("next")).with_form(form.state(Vec::new())))
}

/// Who has shown the right password in this session a moment ago.
async fn first_step(console: &Console) -> Result<Option<User>, PageError> {
    let step = console.session.get::<FirstStep>(FIRST_STEP).await.ok().flatten();
    let recent = |now: i64, at: i64| (0..CODE_WITHIN_MS).contains(&now.saturating_sub(at));
    let (wall, mono) = (console.engine.now_ms(), console.engine.monotonic_ms());
    let Some(step) = step.filter(|step| recent(wall, step.at.0) && recent(mono, step.at.1)) else { return Ok(None) };
    let user = console.engine.user(step.user_id).await.map_err(PageError::internal)?;
    Ok(user.filter(|user| user.totp && user.disabled_at.is_none() && user.password_at == step.password_at))
}

/// `GET /login/code`
pub async fn code_form(console: Console) -> Result<Page, PageError> {
    Ok(match first_step(&console).await? {
        Some(_) => code_page(console.query("next")),
        None => Page::to(paths::LOGIN),
    })
}

/// `POST /login/code`
pub async fn code(form: Form) -> Result<Page, PageError> {
    let Some(user) = first_step(&form).await? else {
        let errors = vec![wrong(None, "Enter your name and password first; the code must follow within 5 minutes.")];
        return form.refuse(paths::LOGIN, errors, async { Ok(show(form.value("next"))) }).await;
    };
    let mut caller = form.caller.clone();
    caller.known = None;
    let device = device::number(&form, &form.parts.headers, &user.name);
    let actor = caller.actor(Origin::Console);
    match form.engine.second_step(&actor, &user, form.value("code"), device.as_deref()).await {
        Ok(left) => signed_in(&form, &user, left).await,
        Err(error) => refuse(&form, (paths::LOGIN_CODE, "code"), error, code_page(form.value("next"))).await,
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
    enter_saying(form, user, "Signed in.").await
}

/// The same with what the audit log says of it.
async fn enter_saying(form: &Form, user: &User, sentence: &str) -> anyhow::Result<()> {
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
    note(&form.engine, &actor, "session.login", sentence).await;
    form.engine.note_sign_in(user.id).await;
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
