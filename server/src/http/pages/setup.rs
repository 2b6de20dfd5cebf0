//! The set-up wizard: token → administrator → identity → connection → key → review → done. Resumable; gone when it is over.

use app::answer::Answer;
use app::load::setup::{self as load, CONNECTION_KEYS, checked_guid};
use app::paths;
use app::request::FieldError;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::accounts::users::AccountError;
use engine::actor::Origin;
use engine::conf::{Base, SaveError};
use engine::exchange::Readiness;
use licensing::conf::setting;
use licensing::guid::Guid;
use licensing::permission::Role;
use licensing::registration_file::RegistrationFile;
use licensing::vendor_key::{Fingerprint, VendorKey};

use super::diagnostics::port_values;
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

/// What the identity step was given.
struct Given {
    guid: Guid,
    registration: Option<RegistrationFile>,
}

/// A registration file, pasted or chosen; else a GUID.
fn given(form: &Form, kept: Option<&RegistrationFile>) -> Result<Given, FieldError> {
    for field in ["file", "registration"] {
        let text = form.value(field).trim();
        if !text.is_empty() {
            let file = RegistrationFile::parse(text.as_bytes()).map_err(|error| wrong(Some(field), error))?;
            return Ok(Given { guid: file.guid, registration: Some(file) });
        }
    }
    let typed = form.value("guid").trim();
    match (typed.is_empty(), kept) {
        (true, Some(kept)) => Ok(Given { guid: kept.guid, registration: Some(kept.clone()) }),
        _ => {
            let guid = Guid::parse(typed).map_err(|error| wrong(Some("guid"), error))?;
            // The file that was given before still counts while the GUID is its own.
            Ok(Given { guid, registration: kept.filter(|file| file.guid == guid).cloned() })
        }
    }
}

/// `POST /setup/guid`
pub async fn guid(State(app): State<App>, form: Form) -> Response {
    let setup = match app.engine.setup().await {
        Ok(setup) => setup,
        Err(error) => return error::internal(&app, &form.parts, &error).await,
    };
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let given = match given(&form, setup.registration.as_ref()) {
        Ok(given) => given,
        Err(error) => return form.refuse(&app, paths::SETUP_GUID, unprocessable, vec![error]).await,
    };
    let auth = Some(form.value("auth").trim()).filter(|auth| !auth.is_empty());
    if auth.is_some_and(|auth| auth.len() > 1024 || auth.chars().any(char::is_control)) {
        let message = "An auth string is one line of up to 1024 characters. Copy it again from what the vendor sent.";
        return form.refuse(&app, paths::SETUP_GUID, unprocessable, vec![wrong(Some("auth"), message)]).await;
    }
    if let Err(error) = app.engine.keep_setup_identity(&given.guid, auth, given.registration.as_ref()).await {
        return error::internal(&app, &form.parts, &error).await;
    }
    if form.value("intent") == "check" {
        return match checked_guid(&app.engine, &given.guid).await {
            Ok(data) => {
                let drawing = Drawing {
                    answer: Some(Answer::CheckedGuid(Box::new(data))),
                    path: Some(paths::SETUP_GUID.to_owned()),
                    ..Drawing::default()
                };
                draw(&app, &form.parts, drawing).await
            }
            Err(SaveError::Sql(error)) => error::internal(&app, &form.parts, &error).await,
            Err(error) => form.refuse(&app, paths::SETUP_GUID, unprocessable, vec![wrong(None, error)]).await,
        };
    }
    Redirect::to(paths::SETUP_CONNECTION).into_response()
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

/// `GET /setup/key`
pub async fn key_page(State(app): State<App>, request: Request) -> Response {
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
    let intent = form.value("intent");
    if let Some((protocol, port)) = intent.strip_prefix("use:").and_then(|chosen| chosen.split_once(':')) {
        for (key, value) in port_values(protocol == "https", port).unwrap_or_default() {
            chosen.retain(|(other, _)| *other != key);
            chosen.push((key, value));
        }
    }
    if let Err(error) = app.engine.keep_setup(None, Some(&chosen)).await {
        return error::internal(&app, &form.parts, &error).await;
    }
    match intent {
        "probe" => probed(&app, &form, &chosen).await,
        intent if intent.starts_with("use:") => Redirect::to(paths::SETUP_CONNECTION).into_response(),
        _ => Redirect::to(paths::SETUP_KEY).into_response(),
    }
}

/// The connection step with what came of asking the nodes as they were typed.
async fn probed(app: &App, form: &Form, chosen: &[(String, String)]) -> Response {
    let effective = load::effective_with(&app.engine, chosen);
    let asked = tokio::time::timeout(load::FETCH_LIMIT, app.engine.check_reachability_as(&effective)).await;
    let matrix = asked.unwrap_or_else(|_| {
        Err(format!(
            "The nodes did not all answer or refuse within {} s. Go on, and look at Diagnostics later.",
            load::FETCH_LIMIT.as_secs()
        ))
    });
    match load::probed_connection(&app.engine, chosen, matrix).await {
        Ok(data) => {
            let drawing = Drawing {
                answer: Some(Answer::ProbedConnection(Box::new(data))),
                path: Some(paths::SETUP_CONNECTION.to_owned()),
                ..Drawing::default()
            };
            draw(app, &form.parts, drawing).await
        }
        Err(error) => error::internal(app, &form.parts, &error).await,
    }
}

/// `POST /setup/key`: the fingerprint that was compared.
pub async fn key(State(app): State<App>, form: Form) -> Response {
    let chosen = match form.value("intent") {
        "fetch" => return Redirect::to(paths::SETUP_KEY).into_response(),
        "skip" => None,
        _ => match confirmed(&app, &form).await {
            Ok(chosen) => Some(chosen),
            Err(error) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return form.refuse(&app, paths::SETUP_KEY, status, vec![error]).await;
            }
        },
    };
    // What a registration file brought stays with it.
    let kept = match chosen {
        Some(None) => Ok(()),
        Some(Some(key)) => app.engine.keep_setup_key(Some(key)).await,
        None => app.engine.keep_setup_key(None).await,
    };
    match kept {
        Ok(()) => Redirect::to(paths::SETUP_REVIEW).into_response(),
        Err(error) => error::internal(&app, &form.parts, &error).await,
    }
}

/// The key that was confirmed: by its fingerprint typed, or chosen and compared. None when a key is there already.
async fn confirmed(app: &App, form: &Form) -> Result<Option<(Fingerprint, Option<VendorKey>)>, FieldError> {
    let typed = form.value("typed").trim();
    let chosen = form.value("fingerprint").trim();
    let setup =
        app.engine.setup().await.map_err(|error| wrong(None, format!("The database did not answer: {error}.")))?;
    if typed.is_empty() && chosen.is_empty() && !setup.credentials().vendor_keys.is_empty() {
        return Ok(None);
    }
    let (field, text) = if typed.is_empty() { ("fingerprint", chosen) } else { ("typed", typed) };
    let fingerprint: Fingerprint = text.parse().map_err(|error| wrong(Some(field), error))?;
    if typed.is_empty() && form.value("compared") != "yes" {
        return Err(wrong(
            Some("compared"),
            "Compare the fingerprint with the one the vendor gave you, then tick the box. Without that, anybody between could be the vendor.",
        ));
    }
    let effective = load::effective_with(&app.engine, &load::chosen_connection(&app.engine, &setup));
    // While no node can be asked the fingerprint is kept, and the key is fetched with the first exchange.
    let key = app.engine.key_of(&effective, fingerprint).await.map_err(|other| wrong(Some(field), other))?;
    Ok(Some((fingerprint, key)))
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
    let credentials = setup.credentials();
    let connection = load::chosen_connection(&app.engine, &setup);
    match app
        .engine
        .register(
            &actor,
            &Base::Revision(form.value("base").to_owned()),
            &guid,
            &connection,
            &credentials,
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

/// The last page waits this long for the first exchange; one that takes longer is shown as under way.
const FIRST_SYNC: Duration = Duration::from_secs(8);

/// `GET /setup/done`: for the browser that finished the wizard, until the first exchange has ended.
pub async fn done_page(State(app): State<App>, request: Request) -> Response {
    let session = session_of(&request);
    if !flag(&session, JUST_DONE).await {
        return error::not_found(&app, &request).await;
    }
    let ready = app.engine.identity().await.is_ok_and(|identity| identity.readiness == Readiness::Ready);
    if ready {
        let mut changes = app.engine.sync_changes();
        let ended = changes.wait_for(|state| !state.running && state.round.is_some());
        let _ = tokio::time::timeout(FIRST_SYNC, ended).await;
    }
    if !ready || app.engine.sync_state().round.is_some() {
        let _ = session.remove::<bool>(JUST_DONE).await;
    }
    page(State(app), request).await
}
