//! Signing in and out.

use app::answer::Answer;
use app::pages::login::Resume;
use app::paths;
use app::request::FormState;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::accounts::session_store::{WHO, Who};
use engine::accounts::users::{AccountError, User};
use engine::actor::Origin;
use engine::audit::Outcome;
use tower_sessions::Session;

use super::error;
use super::form::{Form, next, wrong};
use super::render::{Drawing, draw};
use crate::http::identity::Caller;
use crate::http::state::App;

/// `POST /login`
pub async fn log_in(State(app): State<App>, form: Form) -> Response {
    let mut caller = form.caller();
    caller.known = None;
    match app.engine.log_in(&caller.actor(Origin::Console), form.value("name"), form.value("password")).await {
        Ok(user) => match enter(&app, &form.session(), &caller, &user).await {
            Ok(()) => match resume(&form) {
                Some(data) => {
                    let drawing = Drawing { answer: Some(Answer::Resume(data)), ..Drawing::default() };
                    draw(&app, &form.parts, drawing).await
                }
                None => Redirect::to(next(form.value("next"))).into_response(),
            },
            Err(error) => error::internal(&app, &form.parts, &error).await,
        },
        Err(error @ AccountError::Wait(seconds)) => {
            let mut response =
                form.refuse(&app, paths::LOGIN, StatusCode::TOO_MANY_REQUESTS, vec![wrong(None, error)]).await;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(0).unsigned_abs()));
            response
        }
        Err(AccountError::Sql(error)) => error::internal(&app, &form.parts, &error).await,
        Err(error) => {
            form.refuse(&app, paths::LOGIN, StatusCode::UNPROCESSABLE_ENTITY, vec![wrong(Some("password"), error)])
                .await
        }
    }
}

/// Forms whose content is kept when the session ended meanwhile. Others hold secrets, or nothing worth keeping.
const KEPT: &[&str] = &[
    paths::CONFIGURATION,
    paths::CONFIGURATION_TEXT,
    paths::CONFIGURATION_SAVE,
    paths::CONFIGURATION_RESTORE,
    paths::CONFIGURATION_OUTSIDE,
];

/// Whether the request came with a session cookie: then somebody was signed in once.
pub fn had_session(app: &App, request: &Request) -> bool {
    let name = app.cookie_name();
    let cookies = request.headers().get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .any(|cookie| cookie.trim().split_once('=').is_some_and(|(n, _)| n == name))
}

/// A form that came after its session had ended: asks to sign in again and keeps what was typed.
pub async fn ask_again(app: &App, request: Request) -> Response {
    let form = match Form::from_request(request, app).await {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    let path = form.parts.uri.path().to_owned();
    let mut values = vec![("next".to_owned(), paths::OVERVIEW.to_owned())];
    if KEPT.contains(&path.as_str()) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.values).finish();
        values = vec![("resume_path".to_owned(), path), ("resume".to_owned(), body)];
    }
    let kept = if values.len() == 2 { " What you typed is kept." } else { "" };
    let message = format!("Your session has ended, as it does after 30 minutes without use. Sign in again.{kept}");
    let state = FormState { values, errors: vec![wrong(None, message)] };
    let path = Some(paths::LOGIN.to_owned());
    let drawing = Drawing { form: Some(state), path, status: Some(StatusCode::UNAUTHORIZED), answer: None };
    draw(app, &form.parts, drawing).await
}

/// What the login form carries of a form that came too late.
fn resume(form: &Form) -> Option<Resume> {
    let path = form.value("resume_path");
    let fields = super::form::pairs(form.value("resume").as_bytes());
    (KEPT.contains(&path) && !fields.is_empty()).then(|| Resume { path: path.to_owned(), fields })
}

/// Starts a signed-in session under a new id.
pub async fn enter(app: &App, session: &Session, caller: &Caller, user: &User) -> anyhow::Result<()> {
    session.clear().await;
    session.cycle_id().await?;
    let handle = engine::secret::hex(&engine::secret::random::<8>());
    let who = Who { user_id: user.id, handle, address: caller.address.clone(), agent: caller.agent.clone() };
    session.insert(WHO, who).await?;
    session.save().await?;
    let mut actor = caller.actor(Origin::Console);
    actor.name.clone_from(&user.name);
    app.engine.audit.note(&actor, "session.login", "Signed in.".to_owned(), Outcome::Done).await?;
    Ok(())
}

/// `POST /logout`
pub async fn log_out(State(app): State<App>, form: Form) -> Response {
    let caller = form.caller();
    if caller.known.is_some() {
        let noted = app
            .engine
            .audit
            .note(&caller.actor(Origin::Console), "session.logout", "Signed out.".to_owned(), Outcome::Done)
            .await;
        if let Err(error) = noted {
            return error::internal(&app, &form.parts, &error).await;
        }
    }
    if let Err(error) = form.session().flush().await {
        return error::internal(&app, &form.parts, &error).await;
    }
    Redirect::to(paths::LOGIN).into_response()
}
