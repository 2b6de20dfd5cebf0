//! Editing license_server.conf: form and text lead to a review, the review to a save; nothing typed is ever lost.

mod shown;

use app::drawn::Draw;
use app::pages::conf::{
    ConfigurationPage, ConflictPage, Draft, EditMode, HistoryPage, OutsidePage, ReviewPage, RevisionPage, TextPage,
};
use app::paths;
use app::request::FlashKind;
use axum::http::StatusCode;
use engine::conf::{BaseRevision, ConfChange, SaveError};
use leptos::prelude::*;
use licensing::conf::text::TextOrigin;
use licensing::conf::{setting, view};

use super::form::{Form, wrong};
use super::{Console, Id, Page, PageError};

/// `GET /configuration`
pub async fn page(console: Console) -> Result<Page, PageError> {
    Ok(edited(&console, EditMode::Form))
}

/// `GET /configuration/text`
pub async fn text_page(console: Console) -> Result<Page, PageError> {
    Ok(edited(&console, EditMode::Text))
}

/// The file as it can be edited.
fn edited(console: &Console, mode: EditMode) -> Page {
    match mode {
        EditMode::Form => {
            let data = shown::form(&console.engine);
            Page::new("Configuration", || view! { <ConfigurationPage data=data /> }.drawn())
        }
        EditMode::Text => {
            let data = shown::text(&console.engine);
            Page::new("Configuration as text", || view! { <TextPage data=data /> }.drawn())
        }
    }
}

/// `GET /configuration/history`
pub async fn history_page(console: Console) -> Result<Page, PageError> {
    let data = shown::history(&console.engine, console.query("before").parse().ok()).await?;
    Ok(Page::new("Configuration history", || view! { <HistoryPage data=data /> }.drawn()))
}

/// `GET /configuration/history/{number}`
pub async fn revision_page(console: Console, Id(number): Id) -> Result<Page, PageError> {
    revision(&console, number).await
}

async fn revision(console: &Console, number: i64) -> Result<Page, PageError> {
    let data = shown::revision(&console.engine, number).await?.ok_or(PageError::NOWHERE)?;
    Ok(Page::new(format!("Revision {number}"), || view! { <RevisionPage data=data /> }.drawn()))
}

/// `GET /configuration/outside`
pub async fn outside_page(console: Console) -> Result<Page, PageError> {
    outside(&console).await
}

async fn outside(console: &Console) -> Result<Page, PageError> {
    let data = shown::outside(&console.engine).await?;
    Ok(Page::new("Changed outside", || view! { <OutsidePage data=data /> }.drawn()))
}

/// `POST /configuration`
pub async fn review_form(form: Form) -> Result<Page, PageError> {
    preview(&form, EditMode::Form).await
}

/// `POST /configuration/text`
pub async fn review_text(form: Form) -> Result<Page, PageError> {
    preview(&form, EditMode::Text).await
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
async fn change(form: &Form, draft: &Draft, base: &str) -> Result<ConfChange, SaveError> {
    if draft.mode == EditMode::Text {
        let text = draft.fields.first().map(|(_, text)| text.clone()).unwrap_or_default();
        return Ok(ConfChange::Text(text, TextOrigin::Browser));
    }
    let number = base.split('-').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let before = match form.engine.conf_revision(number).await? {
        Some(found) => found.bytes,
        None => form.engine.conf().bytes,
    };
    let settings = view::settings(&licensing::conf::document::Document::parse(before));
    let typed = draft.fields.iter().filter(|(key, value)| {
        let shown = settings.iter().find(|s| s.key.eq_ignore_ascii_case(key));
        shown.is_none_or(|s| s.editable && s.value.as_deref().unwrap_or_default() != value.trim())
    });
    Ok(ConfChange::Values(typed.cloned().collect()))
}

/// Of a form, what differs from the file it was made from: only that goes on, so that a later version of the file keeps
/// what others changed in it.
fn only_changes(draft: Draft, change: &ConfChange) -> Draft {
    match change {
        ConfChange::Values(values) => Draft { fields: values.clone(), ..draft },
        _ => draft,
    }
}

async fn preview(form: &Form, mode: EditMode) -> Result<Page, PageError> {
    let path = page_of(mode);
    if form.value("intent") == "edit" {
        return Ok(edited(form, mode).at(path).with_form(form.state(Vec::new())));
    }
    let draft = draft(form, mode);
    let base = form.value("base");
    let change = change(form, &draft, base).await.map_err(PageError::internal)?;
    let draft = only_changes(draft, &change);
    match form.engine.preview(&BaseRevision::Revision(base.to_owned()), &change).await {
        Ok((bytes, diff, findings)) => {
            let origin = form.installation.origin.clone();
            let data = shown::review(&form.engine, draft, &bytes, diff, findings, origin);
            Ok(Page::new("Review", || view! { <ReviewPage data=data /> }.drawn()))
        }
        Err(error) => refused(form, draft, error).await,
    }
}

/// `POST /configuration/save`
pub async fn save(form: Form) -> Result<Page, PageError> {
    let mode = if form.value("mode") == "text" { EditMode::Text } else { EditMode::Form };
    let draft = draft(&form, mode);
    let base = form.value("base");
    let change = change(&form, &draft, base).await.map_err(PageError::internal)?;
    let draft = only_changes(draft, &change);
    let base = BaseRevision::Revision(base.to_owned());
    match form.engine.save_conf(&form.actor(), &base, &change, form.value("comment")).await {
        Ok(saved) if saved.diff.is_empty() => {
            Ok(form.tell(FlashKind::Info, "Nothing to save: the file already has these values.", page_of(mode)).await)
        }
        Ok(saved) => {
            let text = format!("Saved as revision {} and verified.", saved.revision.number);
            Ok(form.done(text, page_of(mode)).await)
        }
        Err(error) => refused(&form, draft, error).await,
    }
}

/// `POST /configuration/restore`
pub async fn restore(form: Form) -> Result<Page, PageError> {
    let Ok(number) = form.value("revision").parse::<i64>() else {
        return Err(PageError::Said(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Which revision?".into(),
            "The form did not name a revision to restore. Choose one in the history.".into(),
        ));
    };
    let base = BaseRevision::Revision(form.value("base").to_owned());
    match form.engine.save_conf(&form.actor(), &base, &ConfChange::Restore(number), form.value("comment")).await {
        Ok(saved) => {
            let text = format!("Restored revision {number} as revision {}.", saved.revision.number);
            Ok(form.done(text, paths::CONFIGURATION_HISTORY).await)
        }
        Err(SaveError::UnknownRevision(_)) => Err(PageError::Said(
            StatusCode::NOT_FOUND,
            "No such revision".into(),
            format!("There is no revision {number}. The history lists all revisions.").into(),
        )),
        Err(SaveError::Conflict(_)) => {
            let message =
                "The file has changed, so nothing was restored. Check the current comparison below and try again.";
            let again = form.refuse(paths::revision(number), vec![wrong(None, message)], revision(&form, number));
            Ok(again.await?.status(StatusCode::CONFLICT))
        }
        Err(error) => form.refused(&error, paths::revision(number), revision(&form, number)).await,
    }
}

/// `POST /configuration/outside`
pub async fn keep_outside(form: Form) -> Result<Page, PageError> {
    let state = form.engine.conf();
    let Some(found) = &state.outside else { return Ok(Page::to(paths::CONFIGURATION_OUTSIDE)) };
    // What was looked at must be what is kept.
    let base = form.value("base");
    if !base.is_empty() && base != state.base() {
        let message = "The file has changed again. Check the current comparison below, then decide.";
        let again = form.refuse(paths::CONFIGURATION_OUTSIDE, vec![wrong(None, message)], outside(&form));
        return Ok(again.await?.status(StatusCode::CONFLICT));
    }
    form.engine.keep_outside(&form.actor(), found.revision).await.map_err(PageError::internal)?;
    let text = format!("The outside change is saved as revision {}.", found.revision);
    Ok(form.done(text, paths::CONFIGURATION).await)
}

async fn refused(form: &Form, draft: Draft, error: SaveError) -> Result<Page, PageError> {
    match error {
        SaveError::Conflict(found) => {
            let data = shown::conflict(&form.engine, draft, *found);
            let page = Page::new("Conflict", || view! { <ConflictPage data=data /> }.drawn());
            Ok(page.status(StatusCode::CONFLICT))
        }
        SaveError::Sql(error) => Err(error.into()),
        error => {
            let errors = shown::field_errors(&error, draft.mode);
            form.refuse(page_of(draft.mode), errors, async { Ok(edited(form, draft.mode)) }).await
        }
    }
}
