//! Who may use a route. Each route of the table names its [`Access`]; the guard enforces it before the handler runs.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use licensing::permission::Permission;

use super::caller::Caller;
use super::device;
use super::problem::Problem;
use super::state::App;
use crate::console::page::is_api;
use crate::console::{PageError, login};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Open,
    /// The set-up wizard before there is an administrator.
    Unclaimed,
    /// The set-up wizard after that: an administrator.
    Wizard,
    /// Callers with this permission.
    May(Permission),
    /// Callers with this permission and is signed in to the console; tokens may not.
    Person(Permission),
}

/// Why an administrator without a second factor is not let through, where one is required.
pub const SET_UP_FIRST: &str =
    "This server requires two-step sign-in of administrators. Set it up in your account first.";

/// What a token is told where a person is needed.
pub const NO_TOKENS: &str = "API tokens may not do this. Sign in to the console.";

/// Lets a request through, or refuses or redirects it.
pub async fn guard(State((app, access)): State<(App, Access)>, request: Request, next: Next) -> Response {
    let api = is_api(request.uri().path());
    let caller = request.extensions().get::<Caller>();
    let known = caller.and_then(|c| c.known.clone());
    // The wizard and the stream of events of the page that sets it up stay open.
    let set_up_first = caller.is_some_and(|caller| caller.must_set_up_totp)
        && !matches!(
            access,
            Access::Wizard | Access::May(Permission::OwnAccount) | Access::Person(Permission::OwnAccount)
        )
        && request.uri().path() != app::paths::EVENTS;
    let (permission, person) = match access {
        Access::Open => return next.run(request).await,
        Access::Unclaimed | Access::Wizard => {
            let setup = match app.engine.setup().await {
                Ok(setup) => setup,
                Err(error) => return PageError::from(error).into_response(),
            };
            if setup.done && !(known.is_some() && request.uri().path() == app::paths::SETUP_DONE) {
                return PageError::NOWHERE.into_response();
            }
            if access == Access::Unclaimed {
                if setup.claimed {
                    return Redirect::to(app::paths::SETUP_GUID).into_response();
                }
                return next.run(request).await;
            }
            if !setup.claimed {
                return Redirect::to(app::paths::SETUP).into_response();
            }
            (Permission::Register, true)
        }
        Access::May(permission) => (permission, false),
        Access::Person(permission) => (permission, true),
    };
    let Some(known) = known else {
        if api {
            return Problem::unauthorized("Sign in to the console, or send an API token as `Authorization: Bearer …`.")
                .into_response();
        }
        if request.method() == Method::POST && device::had_session(&app, request.headers()) {
            return login::ask_again(&app, request).await;
        }
        let back = if request.method() == Method::GET { request.uri().to_string() } else { String::new() };
        return to_login(&app, &back).await;
    };
    let is_token = matches!(known, super::caller::AuthenticatedCaller::Token { .. });
    let why_not = if person && is_token { Some(NO_TOKENS) } else { known.why_not(permission) };
    match why_not {
        None if set_up_first && request.method() == Method::GET => {
            Redirect::to(app::paths::ACCOUNT_TOTP).into_response()
        }
        None if set_up_first => {
            PageError::Said(StatusCode::FORBIDDEN, "Set up two-step sign-in".into(), SET_UP_FIRST.into())
                .into_response()
        }
        None => next.run(request).await,
        Some(reason) => PageError::Said(StatusCode::FORBIDDEN, "Not allowed".into(), reason.into()).into_response(),
    }
}

/// To the sign-in page and back; to the wizard while there is no user.
async fn to_login(app: &App, back: &str) -> Response {
    match app.engine.setup().await {
        Ok(setup) if !setup.claimed => return Redirect::to(app::paths::SETUP).into_response(),
        Err(error) => return PageError::from(error).into_response(),
        Ok(_) => {}
    }
    Redirect::to(&app::paths::login(if back == "/" { "" } else { back })).into_response()
}
