//! Editing license_server.conf: form and text lead to a review, the review to a save; nothing typed is ever lost.

use app::answer::Answer;
use app::load::configuration::{conflict, field_errors, review};
use app::pages::configuration::{Draft, EditMode};
use app::paths;
use app::request::FlashKind;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::actor::Origin;
use engine::conf::{Base, Change, SaveError};
use licensing::conf::text::Source;
use licensing::conf::{setting, view};

use super::form::{Form, wrong};
use super::render::{Drawing, draw};
use super::{error, flash};
use crate::http::state::App;

/// `POST /configuration`
pub async fn review_form(State(app): State<App>, form: Form) -> Response {
    preview(&app, &form, EditMode::Form).await
}

/// `POST /configuration/text`
pub async fn review_text(State(app): State<App>, form: Form) -> Response {
    preview(&app, &form, EditMode::Text).await
}

fn page_of(mode: EditMode) -> &'static str {
    match mode {
        EditMode::Form => paths::CONFIGURATION,
        EditMode::Text => paths::CONFIGURATION_TEXT,
    }
}

/// What the form carries: its settings by key, or its text.
fn draft(form: &Form, mode: EditMode) -> Draft {
    let fields = match mode {
        EditMode::Form => form.values.iter().filter(|(key, _)| setting::find(key).is_some()).cloned().collect(),
        EditMode::Text => vec![("text".to_owned(), form.value("text").to_owned())],
    };
    Draft { mode, fields, comment: form.value("comment").to_owned() }
}

/// What is to change: of a form, the settings that differ from the file the form was made from.
async fn change(app: &App, draft: &Draft, base: &str) -> Result<Change, SaveError> {
    if draft.mode == EditMode::Text {
        let text = draft.fields.first().map(|(_, text)| text.clone()).unwrap_or_default();
        return Ok(Change::Text(text, Source::Browser));
    }
    let number = base.split('-').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let before = match app.engine.conf_revision(number).await? {
        Some(found) => found.bytes,
        None => app.engine.conf().bytes,
    };
    let settings = view::settings(&licensing::conf::document::Document::parse(before));
    let typed = draft.fields.iter().filter(|(key, value)| {
        let shown = settings.iter().find(|s| s.key.eq_ignore_ascii_case(key));
        shown.is_none_or(|s| s.editable && s.value.as_deref().unwrap_or_default() != value.trim())
    });
    Ok(Change::Values(typed.cloned().collect()))
}

/// Of a form, what differs from the file it was made from: only that goes on, so that a later version of the file keeps
/// what others changed in it.
fn only_changes(draft: Draft, change: &Change) -> Draft {
    match change {
        Change::Values(values) => Draft { fields: values.clone(), ..draft },
        _ => draft,
    }
}

async fn preview(app: &App, form: &Form, mode: EditMode) -> Response {
    let path = page_of(mode);
    if form.value("intent") == "edit" {
        return form.refuse(app, path, StatusCode::OK, Vec::new()).await;
    }
    let draft = draft(form, mode);
    let base = form.value("base");
    let change = match change(app, &draft, base).await {
        Ok(change) => change,
        Err(error) => return error::internal(app, &form.parts, &error).await,
    };
    let draft = only_changes(draft, &change);
    match app.engine.preview(&Base::Revision(base.to_owned()), &change).await {
        Ok((bytes, diff, findings)) => {
            let data = review(&app.engine, draft, &bytes, diff, findings, app.installation.origin.clone());
            show(app, form, Answer::Review(Box::new(data)), StatusCode::OK).await
        }
        Err(error) => refused(app, form, draft, error).await,
    }
}

/// `POST /configuration/save`
pub async fn save(State(app): State<App>, form: Form) -> Response {
    let mode = if form.value("mode") == "text" { EditMode::Text } else { EditMode::Form };
    let draft = draft(&form, mode);
    let base = form.value("base");
    let change = match change(&app, &draft, base).await {
        Ok(change) => change,
        Err(error) => return error::internal(&app, &form.parts, &error).await,
    };
    let actor = form.caller().actor(Origin::Console);
    let draft = only_changes(draft, &change);
    match app.engine.save_conf(&actor, &Base::Revision(base.to_owned()), &change, form.value("comment")).await {
        Ok(saved) if saved.diff.is_empty() => {
            flash::leave(&form.session(), FlashKind::Info, "Nothing was to be changed: the file already says so.")
                .await;
            Redirect::to(page_of(mode)).into_response()
        }
        Ok(saved) => {
            let text = format!("Saved as revision {}, read back and checked.", saved.revision.number);
            flash::leave(&form.session(), FlashKind::Success, text).await;
            Redirect::to(page_of(mode)).into_response()
        }
        Err(error) => refused(&app, &form, draft, error).await,
    }
}

/// `POST /configuration/restore`
pub async fn restore(State(app): State<App>, form: Form) -> Response {
    let Ok(number) = form.value("revision").parse::<i64>() else {
        return error::answer(
            &app,
            &form.parts,
            StatusCode::UNPROCESSABLE_ENTITY,
            "Which revision?",
            "The form did not say which revision to bring back. Choose one in the history.",
        )
        .await;
    };
    let actor = form.caller().actor(Origin::Console);
    match app
        .engine
        .save_conf(
            &actor,
            &Base::Revision(form.value("base").to_owned()),
            &Change::Restore(number),
            form.value("comment"),
        )
        .await
    {
        Ok(saved) => {
            let text = format!("Revision {number} is back, as revision {}.", saved.revision.number);
            flash::leave(&form.session(), FlashKind::Success, text).await;
            Redirect::to(paths::CONFIGURATION_HISTORY).into_response()
        }
        Err(SaveError::Conflict(_)) => {
            let page = paths::revision(number);
            let message = "The file was changed meanwhile, so nothing was brought back. Look at the comparison below, which is up to date, and try again.";
            form.refuse(&app, &page, StatusCode::CONFLICT, vec![wrong(None, message)]).await
        }
        Err(SaveError::UnknownRevision(_)) => {
            error::answer(
                &app,
                &form.parts,
                StatusCode::NOT_FOUND,
                "No such revision",
                &format!("There is no revision {number}. The history shows all."),
            )
            .await
        }
        Err(SaveError::Sql(error)) => error::internal(&app, &form.parts, &error).await,
        Err(error) => {
            form.refuse(&app, &paths::revision(number), StatusCode::UNPROCESSABLE_ENTITY, vec![wrong(None, error)])
                .await
        }
    }
}

/// `POST /configuration/outside`
pub async fn keep_outside(State(app): State<App>, form: Form) -> Response {
    let Some(outside) = app.engine.conf().outside else {
        return Redirect::to(paths::CONFIGURATION_OUTSIDE).into_response();
    };
    // What was looked at must be what is kept.
    let base = form.value("base");
    if !base.is_empty() && base != app.engine.conf().base() {
        let message =
            "The file was changed once more since this page was drawn. Look at the comparison below, then decide.";
        return form.refuse(&app, paths::CONFIGURATION_OUTSIDE, StatusCode::CONFLICT, vec![wrong(None, message)]).await;
    }
    match app.engine.keep_outside(&form.caller().actor(Origin::Console), outside.revision).await {
        Ok(_) => {
            flash::leave(
                &form.session(),
                FlashKind::Success,
                format!("The edit made outside is kept as revision {}.", outside.revision),
            )
            .await;
            Redirect::to(paths::CONFIGURATION).into_response()
        }
        Err(error) => error::internal(&app, &form.parts, &error).await,
    }
}

async fn refused(app: &App, form: &Form, draft: Draft, error: SaveError) -> Response {
    match error {
        SaveError::Conflict(found) => {
            let data = conflict(&app.engine, draft, *found);
            show(app, form, Answer::Conflict(Box::new(data)), StatusCode::CONFLICT).await
        }
        SaveError::Sql(error) => error::internal(app, &form.parts, &error).await,
        error => {
            let page = page_of(draft.mode);
            form.refuse(app, page, StatusCode::UNPROCESSABLE_ENTITY, field_errors(&error, draft.mode)).await
        }
    }
}

async fn show(app: &App, form: &Form, answer: Answer, status: StatusCode) -> Response {
    draw(app, &form.parts, Drawing { answer: Some(answer), status: Some(status), ..Drawing::default() }).await
}
