//! The set-up wizard: token → administrator → GUID → connection → review → done. Resumable; gone when it is over.

use app::answer::Answer;
use app::load::setup::{CONNECTION_KEYS, checked_guid};
use app::paths;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::accounts::users::AccountError;
use engine::actor::Origin;
use engine::conf::{Base, SaveError};
use licensing::conf::setting;
use licensing::guid::Guid;
use licensing::permission::Role;

use super::form::{Form, wrong};
use super::render::{Drawing, draw, page};
use super::{error, login};
use crate::http::state::App;

/// Session key: this browser has shown the set-up token.
const TOKEN_SHOWN: &str = "setup-token-shown";
/// Session key: this browser has just finished the wizard.
const JUST_DONE: &str = "setup-just-done";

async fn flag(session: &tower_sessions::Session, key: &str) -> bool {
    session.get::<bool>(key).await.ok().flatten().unwrap_or(false)
}

fn session_of(request: &Request) -> tower_sessions::Session {
    request.extensions().get::<tower_sessions::Session>().cloned().expect("the session layer wraps all pages")
}

/// `GET /setup`: asks for the token, filled in from the link. The token is spent by the form, not by the visit, so that a
/// preview of the link does no harm.
pub async fn token_page(State(app): State<App>, request: Request) -> Response {
    if flag(&session_of(&request), TOKEN_SHOWN).await {
        return Redirect::to(paths::SETUP_ADMINISTRATOR).into_response();
    }
    page(State(app), request).await
}

/// `POST /setup`
pub async fn token(State(app): State<App>, form: Form) -> Response {
    match app.engine.is_setup_token(form.value("token")).await {
        Ok(true) => {
            let session = form.session();
            let kept = async {
                session.cycle_id().await?;
                session.insert(TOKEN_SHOWN, true).await
            };
            match kept.await {
                Ok(()) => Redirect::to(paths::SETUP_ADMINISTRATOR).into_response(),
                Err(error) => error::internal(&app, &form.parts, &error).await,
            }
        }
        Ok(false) => {
            let message = "This token is not the current one: it may have expired (a token is good for 30 minutes) or been cut off when it was copied. The command below prints a new link.";
            form.refuse(&app, paths::SETUP, StatusCode::UNPROCESSABLE_ENTITY, vec![wrong(Some("token"), message)]).await
        }
        Err(error) => error::internal(&app, &form.parts, &error).await,
    }
}

/// `GET /setup/administrator`
pub async fn administrator_page(State(app): State<App>, request: Request) -> Response {
    if !flag(&session_of(&request), TOKEN_SHOWN).await {
        return Redirect::to(paths::SETUP).into_response();
    }
    page(State(app), request).await
}

/// `POST /setup/administrator`
pub async fn administrator(State(app): State<App>, form: Form) -> Response {
    let session = form.session();
    if !flag(&session, TOKEN_SHOWN).await {
        return Redirect::to(paths::SETUP).into_response();
    }
    if form.value("password") != form.value("password_again") {
        let errors = vec![wrong(Some("password_again"), "The two passwords are not the same.")];
        return form.refuse(&app, paths::SETUP_ADMINISTRATOR, StatusCode::UNPROCESSABLE_ENTITY, errors).await;
    }
    let caller = form.caller();
    let mut actor = caller.actor(Origin::Console);
    actor.name = form.value("name").trim().chars().filter(|c| !c.is_control()).take(64).collect();
    match app.engine.add_user(&actor, form.value("name"), Role::Administrator, form.value("password")).await {
        Ok(user) => match login::enter(&app, &session, &caller, &user).await {
            Ok(()) => Redirect::to(after_claim(&app).await).into_response(),
            Err(error) => error::internal(&app, &form.parts, &error).await,
        },
        Err(AccountError::Sql(error)) => error::internal(&app, &form.parts, &error).await,
        Err(error) => {
            let field = if matches!(error, AccountError::Password(_)) { "password" } else { "name" };
            form.refuse(
                &app,
                paths::SETUP_ADMINISTRATOR,
                StatusCode::UNPROCESSABLE_ENTITY,
                vec![wrong(Some(field), error)],
            )
            .await
        }
    }
}

/// A file that names a registered server already leaves nothing to ask.
async fn after_claim(app: &App) -> &'static str {
    let done = app.engine.setup().await.is_ok_and(|setup| setup.done);
    if done { paths::OVERVIEW } else { paths::SETUP_GUID }
}

/// `POST /setup/guid`
pub async fn guid(State(app): State<App>, form: Form) -> Response {
    let guid = match Guid::parse(form.value("guid")) {
        Ok(guid) => guid,
        Err(error) => {
            return form
                .refuse(&app, paths::SETUP_GUID, StatusCode::UNPROCESSABLE_ENTITY, vec![wrong(Some("guid"), error)])
                .await;
        }
    };
    if form.value("intent") == "check" {
        return match checked_guid(&app.engine, &guid).await {
            Ok(data) => {
                let drawing = Drawing {
                    answer: Some(Answer::CheckedGuid(Box::new(data))),
                    path: Some(paths::SETUP_GUID.to_owned()),
                    ..Drawing::default()
                };
                draw(&app, &form.parts, drawing).await
            }
            Err(SaveError::Sql(error)) => error::internal(&app, &form.parts, &error).await,
            Err(error) => {
                form.refuse(&app, paths::SETUP_GUID, StatusCode::UNPROCESSABLE_ENTITY, vec![wrong(None, error)]).await
            }
        };
    }
    match app.engine.keep_setup(Some(&guid.to_string()), None).await {
        Ok(()) => Redirect::to(paths::SETUP_CONNECTION).into_response(),
        Err(error) => error::internal(&app, &form.parts, &error).await,
    }
}

/// Steps need the ones before: without a GUID there is no connection to choose.
async fn after_guid(app: App, request: Request) -> Response {
    match app.engine.setup().await {
        Ok(setup) if setup.guid.is_none() => Redirect::to(paths::SETUP_GUID).into_response(),
        Ok(_) => page(State(app), request).await,
        Err(error) => error::internal(&app, &request.into_parts().0, &error).await,
    }
}

/// `GET /setup/connection`
pub async fn connection_page(State(app): State<App>, request: Request) -> Response {
    after_guid(app, request).await
}

/// `GET /setup/review`
pub async fn review_page(State(app): State<App>, request: Request) -> Response {
    after_guid(app, request).await
}

/// `POST /setup/connection`
pub async fn connection(State(app): State<App>, form: Form) -> Response {
    let conf = app.engine.conf();
    let mut chosen = Vec::new();
    let mut errors = Vec::new();
    for key in CONNECTION_KEYS {
        let Some((_, typed)) = form.values.iter().find(|(name, _)| name == key) else { continue };
        let setting = setting::find(key).expect("the keys of this step are settings");
        let shown =
            conf.document().get(setting.section, key).map(|found| String::from_utf8_lossy(found.value).into_owned());
        match setting.accept(typed) {
            // What the file says already is not written again.
            Ok(value)
                if shown.as_deref() == Some(value.as_str())
                    || (shown.is_none() && (value.is_empty() || value == "default")) => {}
            Ok(value) => chosen.push((key.to_owned(), value)),
            Err(_) if shown.as_deref() == Some(typed.as_str()) => {}
            Err(error) => errors.push(wrong(Some(key), error)),
        }
    }
    if !errors.is_empty() {
        return form.refuse(&app, paths::SETUP_CONNECTION, StatusCode::UNPROCESSABLE_ENTITY, errors).await;
    }
    match app.engine.keep_setup(None, Some(&chosen)).await {
        Ok(()) => Redirect::to(paths::SETUP_REVIEW).into_response(),
        Err(error) => error::internal(&app, &form.parts, &error).await,
    }
}

/// `POST /setup/review`: writes everything at once.
pub async fn review(State(app): State<App>, form: Form) -> Response {
    let setup = match app.engine.setup().await {
        Ok(setup) => setup,
        Err(error) => return error::internal(&app, &form.parts, &error).await,
    };
    let Some(guid) = setup.guid.as_deref().and_then(|g| Guid::parse(g).ok()) else {
        return Redirect::to(paths::SETUP_GUID).into_response();
    };
    let actor = form.caller().actor(Origin::Console);
    let none = engine::registration::Credentials::default();
    match app
        .engine
        .register(
            &actor,
            &Base::Revision(form.value("base").to_owned()),
            &guid,
            &setup.connection,
            &none,
            form.value("comment"),
        )
        .await
    {
        Ok(_) => {
            if let Err(error) = app.engine.finish_setup().await {
                return error::internal(&app, &form.parts, &error).await;
            }
            let _ = form.session().insert(JUST_DONE, true).await;
            Redirect::to(paths::SETUP_DONE).into_response()
        }
        Err(SaveError::Sql(error)) => error::internal(&app, &form.parts, &error).await,
        Err(SaveError::Conflict(_)) => {
            let message = "The file was changed meanwhile, so nothing was written. The lines below are up to date; look at them and go on.";
            form.refuse(&app, paths::SETUP_REVIEW, StatusCode::CONFLICT, vec![wrong(None, message)]).await
        }
        Err(error) => {
            form.refuse(&app, paths::SETUP_REVIEW, StatusCode::UNPROCESSABLE_ENTITY, vec![wrong(None, error)]).await
        }
    }
}

/// `GET /setup/done`: once, for the browser that finished the wizard.
pub async fn done_page(State(app): State<App>, request: Request) -> Response {
    let session = session_of(&request);
    if !session.remove::<bool>(JUST_DONE).await.ok().flatten().unwrap_or(false) {
        return error::not_found(&app, &request).await;
    }
    page(State(app), request).await
}
