//! Signing in and out.

use app::paths;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::accounts::session_store::{WHO, Who};
use engine::accounts::users::{AccountError, User};
use engine::actor::Origin;
use engine::audit::Outcome;
use tower_sessions::Session;

use super::error;
use super::form::{Form, next, wrong};
use crate::http::identity::Caller;
use crate::http::state::App;

/// `POST /login`
pub async fn log_in(State(app): State<App>, form: Form) -> Response {
    let mut caller = form.caller();
    caller.known = None;
    match app.engine.log_in(&caller.actor(Origin::Console), form.value("name"), form.value("password")).await {
        Ok(user) => match enter(&app, &form.session(), &caller, &user).await {
            Ok(()) => Redirect::to(next(form.value("next"))).into_response(),
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
