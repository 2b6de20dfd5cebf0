//! The servers of the installation: handing over and rehearsing, inviting, joining and removing.

use std::collections::BTreeSet;

use app::answer::Answer;
use app::components::absolute;
use app::load::servers as load;
use app::pages::servers::Invitation;
use app::paths;
use app::request::{FlashKind, RequestContext};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::actor::Origin;
use engine::handover::{HandoverError, Refusal};
use engine::peers::{InviteError, Join, JoinError, RemoveError};

use super::form::{Form, pairs, wrong};
use super::render::{Drawing, draw};
use super::{error, flash, render};
use crate::http::state::App;

/// `GET /servers`: while something goes on, and with `every=10` or `every=60`, the browser is told to come back after so many seconds.
pub async fn page(State(app): State<App>, request: axum::extract::Request) -> Response {
    let query = pairs(request.uri().query().unwrap_or_default().as_bytes());
    let asked = RequestContext { query, ..RequestContext::default() };
    let every = load::pace(&app.engine, asked.query("every"));
    let mut response = render::page(State(app), request).await;
    if let Some(seconds) = every {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from(seconds));
    }
    response
}

/// A whole number of minutes; 0 is refused by the engine, with its limits.
fn minutes(form: &Form, name: &str) -> u32 {
    form.value(name).trim().parse().unwrap_or(0)
}

async fn begun(
    app: &App,
    form: &Form,
    result: Result<engine::handover::Handed, HandoverError>,
    field: &'static str,
) -> Response {
    match result {
        Ok(handed) => {
            let text = format!("Clients go to the backup now. They are taken back {}.", absolute(handed.until));
            flash::leave(&form.session(), FlashKind::Success, text).await;
            Redirect::to(paths::SERVERS).into_response()
        }
        Err(HandoverError::Sql(failed)) => error::internal(app, &form.parts, &failed).await,
        Err(refused) => {
            let field = matches!(refused, HandoverError::Refused(Refusal::Minutes)).then_some(field);
            form.refuse(app, paths::SERVERS, StatusCode::UNPROCESSABLE_ENTITY, vec![wrong(field, refused)]).await
        }
    }
}

/// `POST /servers/handover`
pub async fn hand_over(State(app): State<App>, form: Form) -> Response {
    let actor = form.caller().actor(Origin::Console);
    let result = app.engine.hand_over(&actor, minutes(&form, "minutes"), form.value("reason"), None).await;
    begun(&app, &form, result, "minutes").await
}

/// `POST /servers/rehearse`
pub async fn rehearse(State(app): State<App>, form: Form) -> Response {
    let actor = form.caller().actor(Origin::Console);
    let clients: BTreeSet<String> =
        form.values.iter().filter(|(name, _)| name == "client").map(|(_, id)| id.clone()).collect();
    let budget = minutes(&form, "budget");
    if budget == 0 {
        let error = wrong(Some("budget"), "Say how many minutes of the backup's hours it may take, 1 or more.");
        return form.refuse(&app, paths::SERVERS, StatusCode::UNPROCESSABLE_ENTITY, vec![error]).await;
    }
    let rehearsal = Some((clients, i64::from(budget) * 60_000));
    let result = app.engine.hand_over(&actor, minutes(&form, "rehearsal_minutes"), "", rehearsal).await;
    begun(&app, &form, result, "rehearsal_minutes").await
}

/// `POST /servers/take-back`
pub async fn take_back(State(app): State<App>, form: Form) -> Response {
    match app.engine.take_back(&form.caller().actor(Origin::Console)).await {
        Ok(ended) => {
            let text = if ended { "The clients come back within seconds." } else { "It had ended already." };
            flash::leave(&form.session(), FlashKind::Success, text).await;
            Redirect::to(paths::SERVERS).into_response()
        }
        Err(failed) => error::internal(&app, &form.parts, &failed).await,
    }
}

/// `POST /servers/invite`: the code is in the answer itself and nowhere else.
pub async fn invite(State(app): State<App>, form: Form) -> Response {
    match app.engine.invite_peer(&form.caller().actor(Origin::Console)).await {
        Ok(invited) => {
            let code = invited.code.to_string();
            let command = format!("leasehold peer join --url {} --code {code}", app.installation.origin);
            let invitation = Invitation { code, until_ms: invited.expires_ms, command };
            let answer = Some(Answer::Invited(Box::new(invitation)));
            let path = Some(paths::SERVERS.to_owned());
            draw(&app, &form.parts, Drawing { answer, path, status: Some(StatusCode::OK), ..Drawing::default() }).await
        }
        Err(InviteError::Sql(failed)) => error::internal(&app, &form.parts, &failed).await,
        Err(refused) => {
            form.refuse(&app, paths::SERVERS, StatusCode::UNPROCESSABLE_ENTITY, vec![wrong(None, refused)]).await
        }
    }
}

/// `POST /servers/join`
pub async fn join(State(app): State<App>, form: Form) -> Response {
    let join = Join {
        url: form.value("url").trim().to_owned(),
        code: form.value("code").trim().to_owned(),
        ..Join::default()
    };
    match app.engine.join_peer(&form.caller().actor(Origin::Console), &join, &app.installation.origin).await {
        Ok(joined) => {
            let text = format!("This server is {} now, {} beside {}.", joined.name, joined.role, joined.with);
            flash::leave(&form.session(), FlashKind::Success, text).await;
            Redirect::to(paths::SERVERS).into_response()
        }
        Err(JoinError::Sql(failed)) => error::internal(&app, &form.parts, &failed).await,
        Err(refused) => {
            let field = match refused {
                JoinError::Code(_) => Some("code"),
                JoinError::Url(_) | JoinError::Unreached { .. } => Some("url"),
                _ => None,
            };
            form.refuse(&app, paths::SERVERS, StatusCode::UNPROCESSABLE_ENTITY, vec![wrong(field, refused)]).await
        }
    }
}

/// `POST /servers/remove`
pub async fn remove(State(app): State<App>, form: Form) -> Response {
    match app.engine.remove_peer(&form.caller().actor(Origin::Console), form.value("name")).await {
        Ok(name) => {
            flash::leave(
                &form.session(),
                FlashKind::Success,
                format!("{name} is no part of this installation any more."),
            )
            .await;
            Redirect::to(paths::SERVERS).into_response()
        }
        Err(RemoveError::Sql(failed)) => error::internal(&app, &form.parts, &failed).await,
        Err(refused) => {
            form.refuse(&app, paths::SERVERS, StatusCode::UNPROCESSABLE_ENTITY, vec![wrong(None, refused)]).await
        }
    }
}
