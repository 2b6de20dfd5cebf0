//! The exchange: over the network, by hand, the ledger's files.

use std::time::Duration;

use app::answer::Answer;
use app::load::exchange as load;
use app::paths;
use app::request::{FieldError, FlashKind};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::actor::Origin;
use engine::conf::{Base, SaveError};
use engine::exchange::{Channel, PushError, ReportError, SyncError};

use engine::registration::{self, Credentials};
use licensing::conf::effective::Effective;
use licensing::guid::Guid;
use licensing::registration_file::RegistrationFile;
use licensing::vendor_key::Fingerprint;

use super::form::{Form, wrong};
use super::render::{Drawing, draw};
use super::{error, flash};
use crate::http::state::App;

/// The page waits this long for an exchange it began; one that takes longer goes on and is shown as under way.
const WAIT: Duration = Duration::from_secs(8);

/// `POST /exchange/sync`
pub async fn sync(State(app): State<App>, form: Form) -> Response {
    let (engine, actor) = (app.engine.clone(), form.caller().actor(Origin::Console));
    let running = tokio::spawn(async move { engine.sync_now(&actor).await });
    let session = form.session();
    match tokio::time::timeout(WAIT, running).await {
        Err(_) => {}
        Ok(Ok(Ok(synced))) => {
            let text = format!("In step with the vendor: {}", synced.applied.outcome.changes.sentence());
            flash::leave(&session, FlashKind::Success, text).await;
        }
        Ok(Ok(Err(SyncError::NoAnswer(round)))) => {
            flash::leave(&session, FlashKind::Danger, format!("{} Nothing was changed.", round.sentence)).await;
        }
        Ok(Ok(Err(SyncError::Report(ReportError::NotReady(problem))))) => {
            flash::leave(&session, FlashKind::Warning, problem).await;
        }
        Ok(Ok(Err(SyncError::Report(failed)))) => return error::internal(&app, &form.parts, &failed).await,
        Ok(Err(failed)) => return error::internal(&app, &form.parts, &failed).await,
    }
    Redirect::to(paths::EXCHANGE).into_response()
}

/// `POST /exchange/hand/report`
pub async fn report(State(app): State<App>, form: Form) -> Response {
    match app.engine.open_report(&form.caller().actor(Origin::Console), Channel::Console).await {
        Ok(report) => Redirect::to(&paths::hand_report(&report.status_id)).into_response(),
        Err(ReportError::NotReady(problem)) => {
            flash::leave(&form.session(), FlashKind::Warning, problem).await;
            Redirect::to(paths::EXCHANGE_HAND).into_response()
        }
        Err(failed) => error::internal(&app, &form.parts, &failed).await,
    }
}

/// `GET /exchange/report/{id}/download`
pub async fn download(State(app): State<App>, Path(id): Path<String>, request: axum::extract::Request) -> Response {
    match app.engine.ledger_entry(&id).await {
        Ok(Some(entry)) => attachment(
            "application/json",
            &format!("leasehold-report-{}.json", entry.status_id),
            entry.report.into_bytes(),
        ),
        Ok(None) => error::not_found(&app, &request).await,
        Err(failed) => error::internal(&app, &request.into_parts().0, &failed).await,
    }
}

/// A file to be saved. The name is one of ours: letters, digits, hyphens, dots.
pub fn attachment(kind: &str, name: &str, content: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], content).into_response()
}

/// `POST /exchange/hand/response`: first checked, then applied.
pub async fn response(State(app): State<App>, form: Form) -> Response {
    let (typed, file) = (form.value("response").trim(), form.value("file").trim());
    let (field, text) = if typed.is_empty() && !file.is_empty() { ("file", file) } else { ("response", typed) };
    let text = text.to_owned();
    if form.value("intent") == "apply" {
        let actor = form.caller().actor(Origin::Console);
        return match app.engine.push_response(&actor, Channel::Console, text.as_bytes()).await {
            Ok(applied) => {
                let said = format!("The answer was taken in: {}", applied.outcome.changes.sentence());
                flash::leave(&form.session(), FlashKind::Success, said).await;
                Redirect::to(&paths::receipt(&applied.status_id)).into_response()
            }
            Err(refused) => refuse(&app, &form, field, &text, refused).await,
        };
    }
    match app.engine.check_response(text.as_bytes()).await {
        Ok(applied) => match load::hand_checked(&app.engine, &text, &applied).await {
            Ok(page) => {
                let drawing = Drawing {
                    answer: Some(Answer::CheckedResponse(Box::new(page))),
                    path: Some(paths::EXCHANGE_HAND.to_owned()),
                    ..Drawing::default()
                };
                draw(&app, &form.parts, drawing).await
            }
            Err(failed) => error::internal(&app, &form.parts, &failed).await,
        },
        Err(refused) => refuse(&app, &form, field, &text, refused).await,
    }
}

async fn refuse(app: &App, form: &Form, field: &str, text: &str, refused: PushError) -> Response {
    if let PushError::Sql(failed) = refused {
        return error::internal(app, &form.parts, &failed).await;
    }
    let status = if refused.conflict() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut state = form.state(vec![wrong(Some(field), format!("{refused} Nothing was changed."))]);
    // What a file held is shown in the text field only when it was typed there: a file is chosen again.
    state.values.retain(|(name, _)| name != "response");
    if field == "response" {
        state.values.push(("response".to_owned(), text.chars().take(SHOWN_AGAIN).collect()));
    }
    let path = match form.value("report") {
        "" => paths::EXCHANGE_HAND.to_owned(),
        report => paths::hand_report(report),
    };
    draw(app, &form.parts, Drawing { form: Some(state), path: Some(path), status: Some(status), answer: None }).await
}

/// Characters of a refused answer that are shown again.
const SHOWN_AGAIN: usize = 200_000;

/// `POST /exchange/registration`: what was not given in the wizard.
pub async fn registration(State(app): State<App>, form: Form) -> Response {
    let (guid, credentials, more) = match given(&app, &form).await {
        Ok(given) => given,
        Err(wrong) => {
            return form.refuse(&app, paths::EXCHANGE, StatusCode::UNPROCESSABLE_ENTITY, vec![wrong]).await;
        }
    };
    let actor = form.caller().actor(Origin::Console);
    match app.engine.register(&actor, &Base::Newest, &guid, &more, &credentials, "Registered in the console.").await {
        Ok(_) => {
            flash::leave(&form.session(), FlashKind::Success, format!("Registered as {guid}.")).await;
            Redirect::to(paths::EXCHANGE).into_response()
        }
        Err(SaveError::Sql(failed)) => error::internal(&app, &form.parts, &failed).await,
        Err(refused) => {
            let errors = vec![wrong(None, refused)];
            form.refuse(&app, paths::EXCHANGE, StatusCode::UNPROCESSABLE_ENTITY, errors).await
        }
    }
}

/// A GUID with what belongs to it, and further values for the conf file.
type Given = (Guid, Credentials, Vec<(String, String)>);

/// A registration file, else auth string and fingerprint for the GUID there is.
async fn given(app: &App, form: &Form) -> Result<Given, FieldError> {
    const FILE: &str = "registration_file";
    let document = app.engine.conf().document();
    let own = Effective::of(&document).guid;
    let text = form.value(FILE).trim();
    if !text.is_empty() {
        let file = RegistrationFile::parse(text.as_bytes()).map_err(|error| wrong(Some(FILE), error))?;
        if let Some(own) = own.filter(|own| *own != file.guid) {
            let message = format!(
                "This file is for {}, but license_server.conf names {own}. Choose the file that belongs to this server, or change LICENSE_SERVER_GUID first.",
                file.guid
            );
            return Err(wrong(Some(FILE), message));
        }
        return Ok((file.guid, Credentials::of(&file), registration::node_values(&file, &document)));
    }
    let (auth, typed) = (form.value("auth").trim(), form.value("typed").trim());
    let Some(guid) = own.filter(|_| !(auth.is_empty() && typed.is_empty())) else {
        return Err(wrong(Some(FILE), "Choose the registration file the vendor gave you."));
    };
    if auth.len() > 1024 || auth.chars().any(char::is_control) {
        return Err(wrong(Some("auth"), "An auth string is one line of up to 1024 characters."));
    }
    let mut credentials =
        Credentials { auth_string: Some(auth.to_owned()).filter(|a| !a.is_empty()), ..Credentials::default() };
    if !typed.is_empty() {
        let fingerprint: Fingerprint = typed.parse().map_err(|error| wrong(Some("typed"), error))?;
        let key = app.engine.key_of(&Effective::of(&document), fingerprint).await;
        credentials.vendor_keys.push((fingerprint, key.map_err(|other| wrong(Some("typed"), other))?));
    }
    Ok((guid, credentials, Vec::new()))
}
