//! The own account: password, sessions.

use app::paths;
use app::request::FlashKind;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::accounts::session_store::Which;
use engine::accounts::users::AccountError;
use engine::actor::Origin;

use super::form::{Form, wrong};
use super::{error, flash};
use crate::http::identity::Known;
use crate::http::state::App;

/// `POST /account/password`
pub async fn password(State(app): State<App>, form: Form) -> Response {
    let caller = form.caller();
    let Some(Known::User { name, who, .. }) = caller.known.clone() else {
        return Redirect::to(paths::LOGIN).into_response();
    };
    let actor = caller.actor(Origin::Console);
    let refuse = |field: &'static str, error: String| {
        let errors = vec![wrong(Some(field), error)];
        let (form, app) = (&form, &app);
        async move { form.refuse(app, paths::ACCOUNT, StatusCode::UNPROCESSABLE_ENTITY, errors).await }
    };
    match app.engine.confirm_password(&actor, &name, form.value("current")).await {
        Ok(()) => {}
        Err(AccountError::Sql(error)) => return error::internal(&app, &form.parts, &error).await,
        Err(AccountError::Wrong) => return refuse("current", "This is not your present password.".to_owned()).await,
        Err(error) => return refuse("current", error.to_string()).await,
    }
    if form.value("password") != form.value("password_again") {
        return refuse("password_again", "The two new passwords are not the same.".to_owned()).await;
    }
    match app.engine.set_password(&actor, &name, form.value("password"), Some(&who.handle)).await {
        Ok(()) => {
            flash::leave(
                &form.session(),
                FlashKind::Success,
                "Your password is changed; your other sessions are signed out.",
            )
            .await;
            Redirect::to(paths::ACCOUNT).into_response()
        }
        Err(AccountError::Sql(error)) => error::internal(&app, &form.parts, &error).await,
        Err(error) => refuse("password", error.to_string()).await,
    }
}

/// `POST /account/sessions/revoke`
pub async fn revoke(State(app): State<App>, form: Form) -> Response {
    end(&app, &form, Which::One(form.value("id"))).await
}

/// `POST /account/sessions/revoke-others`
pub async fn revoke_others(State(app): State<App>, form: Form) -> Response {
    let caller = form.caller();
    let Some(Known::User { who, .. }) = &caller.known else { return Redirect::to(paths::LOGIN).into_response() };
    end(&app, &form, Which::AllBut(&who.handle)).await
}

async fn end(app: &App, form: &Form, which: Which<'_>) -> Response {
    let caller = form.caller();
    let Some(Known::User { who, .. }) = &caller.known else { return Redirect::to(paths::LOGIN).into_response() };
    let own = matches!(which, Which::One(handle) if handle == who.handle);
    match app.engine.end_sessions(&caller.actor(Origin::Console), who.user_id, which).await {
        Ok(_) if own => Redirect::to(paths::LOGIN).into_response(),
        Ok(ended) => {
            let text = match ended {
                0 => "There was no such session any more.".to_owned(),
                1 => "One session is signed out.".to_owned(),
                n => format!("{n} sessions are signed out."),
            };
            flash::leave(&form.session(), FlashKind::Success, text).await;
            Redirect::to(paths::ACCOUNT).into_response()
        }
        Err(error) => error::internal(app, &form.parts, &error).await,
    }
}
