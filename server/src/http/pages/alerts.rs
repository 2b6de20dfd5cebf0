//! Alerts: rules go by way of a review, channels have a test; nothing typed is lost.

use app::answer::Answer;
use app::load::alerts as load;
use app::paths;
use app::request::{FieldError, FlashKind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::actor::Origin;
use engine::alerts::{AlertError, NewChannel, NewRule};
use licensing::alert::{Condition, Kind, Rule};

use super::form::{Form, wrong};
use super::render::{Drawing, draw};
use super::{error, flash};
use crate::http::state::App;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// The rule a form is about; none for a new one.
fn id_of(form: &Form) -> Option<i64> {
    form.value("id").parse().ok()
}

/// The page a refused form of a rule is drawn on.
fn rule_page(form: &Form) -> String {
    match id_of(form) {
        Some(id) => paths::alert_rule(id),
        None => paths::alert_rule_of(form.value("kind")),
    }
}

/// What a form says, or all that is wrong with it.
fn rule_of(form: &Form) -> Result<NewRule, Vec<FieldError>> {
    let mut errors = Vec::new();
    let Some(kind) = Kind::parse(form.value("kind")) else {
        return Err(vec![wrong(None, "Choose what is to be watched.")]);
    };
    let number = |name: &str| form.value(name).trim().parse::<u32>().ok();
    let condition = Condition::new(kind, number("number"));
    if let Err(error) = condition {
        errors.push(wrong(Some("number"), error));
    }
    // What is no number is out of every limit, and the limits are in the answer.
    let span = |name: &str, unit: i64| number(name).map_or(-1, |number| i64::from(number).saturating_mul(unit));
    let channels = form.values.iter().filter(|(name, _)| name == "channels");
    let new = NewRule {
        rule: Rule {
            condition: condition.unwrap_or(Condition::ClockMoved),
            wait_ms: span("wait", MINUTE),
            remind_ms: span("remind", HOUR),
        },
        enabled: form.value("enabled") == "on",
        channels: channels.filter_map(|(_, id)| id.parse().ok()).collect(),
    };
    errors.extend(new.check().into_iter().map(|(field, message)| wrong(Some(field), message)));
    if errors.is_empty() { Ok(new) } else { Err(errors) }
}

/// `POST /settings/alerts/rules/review`
pub async fn review(State(app): State<App>, form: Form) -> Response {
    let page = rule_page(&form);
    if form.value("intent") == "edit" {
        return form.refuse(&app, &page, StatusCode::OK, Vec::new()).await;
    }
    let new = match rule_of(&form) {
        Ok(new) => new,
        Err(errors) => return form.refuse(&app, &page, StatusCode::UNPROCESSABLE_ENTITY, errors).await,
    };
    match load::review(&app.engine, id_of(&form), &new).await {
        Ok(data) => {
            let answer = Some(Answer::AlertReview(Box::new(data)));
            draw(&app, &form.parts, Drawing { answer, status: Some(StatusCode::OK), ..Drawing::default() }).await
        }
        Err(failed) => error::internal(&app, &form.parts, &failed).await,
    }
}

/// `POST /settings/alerts/rules`
pub async fn save_rule(State(app): State<App>, form: Form) -> Response {
    let page = rule_page(&form);
    let new = match rule_of(&form) {
        Ok(new) => new,
        Err(errors) => return form.refuse(&app, &page, StatusCode::UNPROCESSABLE_ENTITY, errors).await,
    };
    let saved = app.engine.save_alert_rule(&form.caller().actor(Origin::Console), id_of(&form), &new).await;
    let text = if new.enabled { "The rule is on." } else { "The rule is kept, turned off." };
    done(&app, &form, saved, text, &page).await
}

/// `POST /settings/alerts/rules/{id}/disable`
pub async fn disable(State(app): State<App>, Path(id): Path<i64>, form: Form) -> Response {
    let done_so = app.engine.disable_alert_rule(&form.caller().actor(Origin::Console), id).await;
    done(&app, &form, done_so, "The rule is off.", paths::ALERTS).await
}

/// `POST /settings/alerts/rules/{id}/remove`
pub async fn remove_rule(State(app): State<App>, Path(id): Path<i64>, form: Form) -> Response {
    let removed = app.engine.remove_alert_rule(&form.caller().actor(Origin::Console), id).await;
    done(&app, &form, removed, "The rule was removed.", paths::ALERTS).await
}

/// `POST /settings/alerts/channels`
pub async fn save_channel(State(app): State<App>, form: Form) -> Response {
    let text = |name: &str| form.value(name).to_owned();
    let webhook = form.value("kind") == "webhook";
    let new = NewChannel {
        name: text("name"),
        webhook,
        host: text("host"),
        port: text("port"),
        security: text("security"),
        user: text("user"),
        password: text("password"),
        from: text("from"),
        to: text("to"),
        url: text("url"),
        key: text("key"),
        forget: form.value("forget") == "on",
        ca: text("ca"),
    };
    let id = id_of(&form);
    let page = match id {
        Some(id) => paths::alert_channel(id),
        None => paths::alert_channel_of(if webhook { "webhook" } else { "email" }),
    };
    let saved = app.engine.save_alert_channel(&form.caller().actor(Origin::Console), id, &new).await;
    let name = new.name.trim();
    let text = match id {
        Some(_) => format!("The channel {name} was changed. Send a test to see whether it works."),
        None => format!("The channel {name} was added. Send a test to see whether it works."),
    };
    done(&app, &form, saved, &text, &page).await
}

/// `POST /settings/alerts/channels/{id}/test`: tells exactly what came of it.
pub async fn test(State(app): State<App>, Path(id): Path<i64>, form: Form) -> Response {
    match app.engine.test_alert_channel(&form.caller().actor(Origin::Console), id).await {
        Ok(outcome) => {
            let kind = if outcome.delivered { FlashKind::Success } else { FlashKind::Danger };
            flash::leave(&form.session(), kind, outcome.said).await;
            Redirect::to(paths::ALERTS).into_response()
        }
        Err(error) => done(&app, &form, Err::<(), _>(error), "", paths::ALERTS).await,
    }
}

/// `POST /settings/alerts/channels/{id}/remove`
pub async fn remove_channel(State(app): State<App>, Path(id): Path<i64>, form: Form) -> Response {
    let removed = app.engine.remove_alert_channel(&form.caller().actor(Origin::Console), id).await;
    done(&app, &form, removed, "The channel was removed.", paths::ALERTS).await
}

/// Back to the list with a message, or to `page` with all that is wrong.
async fn done<T>(app: &App, form: &Form, result: Result<T, AlertError>, text: &str, page: &str) -> Response {
    let refusals = match result {
        Ok(_) => {
            flash::leave(&form.session(), FlashKind::Success, text).await;
            return Redirect::to(paths::ALERTS).into_response();
        }
        Err(AlertError::Sql(failed)) => return error::internal(app, &form.parts, &failed).await,
        Err(gone @ AlertError::Gone(_)) => {
            return error::answer(app, &form.parts, StatusCode::NOT_FOUND, "Nothing is here", &gone.to_string()).await;
        }
        Err(AlertError::Fields(all)) => all.into_iter().map(|one| wrong(Some(one.field), one.message)).collect(),
        Err(many @ AlertError::TooMany { .. }) => vec![wrong(None, many)],
    };
    form.refuse(app, page, StatusCode::UNPROCESSABLE_ENTITY, refusals).await
}
