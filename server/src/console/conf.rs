//! Editing license_server.conf: form and text lead to a review, the review to a save; nothing typed is ever lost.

mod shown;

use app::drawn::Draw;
use app::pages::conf::{
    ConfigurationPage, ConflictPage, Draft, EditMode, HistoryPage, Meanwhile, OutsidePage, RestorePage, ReviewPage,
    RevisionPage, TextPage, UndoConflictPage,
};
use app::paths;
use app::request::{FlashKind, FormState};
use axum::http::StatusCode;
use engine::accounts::users::AccountError;
use engine::conf::{BaseRevision, ConfChange, RevisionText, SaveError};
use leptos::prelude::*;
use licensing::conf::document::Document;
use licensing::conf::setting;
use licensing::conf::text::TextOrigin;
use licensing::conf::view;

use super::form::{Form, wrong};
use super::{Console, Id, Page, PageError, Refusal};

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
    edited_on(console, mode, None, None)
}

/// The same of the revision that a form was made from.
fn edited_on(console: &Console, mode: EditMode, base: Option<&RevisionText>, typed: Option<&str>) -> Page {
    if mode == EditMode::Text {
        let data = shown::text(&console.engine, base, typed);
        Page::new("Configuration as text", || view! { <TextPage data=data /> }.drawn())
    } else {
        let data = shown::form(&console.engine, base);
        Page::new("Configuration", || view! { <ConfigurationPage data=data /> }.drawn())
    }
}

/// The page a form came from, on the revision it was made from, so that what others changed since is not undone
/// unnoticed.
async fn edited_again(form: &Form, mode: EditMode) -> Result<Page, PageError> {
    let base = shown::base(&form.engine, form.value("base")).await?;
    let typed = Some(form.value("text")).filter(|_| mode == EditMode::Text);
    Ok(edited_on(form, mode, base.as_ref(), typed))
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

/// `GET /configuration/history/{number}/restore`
pub async fn restore_page(console: Console, Id(number): Id) -> Result<Page, PageError> {
    to_restore(&console, number).await
}

async fn to_restore(console: &Console, number: i64) -> Result<Page, PageError> {
    let data = shown::revision(&console.engine, number).await?.ok_or(PageError::NOWHERE)?;
    Ok(Page::new(format!("Restore revision {number}"), || view! { <RestorePage data=data /> }.drawn()))
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
    match filtered(&form).await? {
        Some(page) => Ok(page),
        None => preview(&form, EditMode::Form).await,
    }
}

/// `POST /configuration/text`
pub async fn review_text(form: Form) -> Result<Page, PageError> {
    preview(&form, EditMode::Text).await
}

/// The form again, with what was typed, when only its filter or one of its defaults was asked for; nothing is saved.
async fn filtered(form: &Form) -> Result<Option<Page>, PageError> {
    let (filter, reset) = (form.value("q").trim(), form.value("reset"));
    let filter = match form.value("intent") {
        "clear" => "",
        "filter" => filter,
        // Enter in the filter's own field.
        "" if filter != form.value("shown").trim() => filter,
        _ if !reset.is_empty() => filter,
        _ => return Ok(None),
    };
    let base = shown::base(&form.engine, form.value("base")).await?;
    let mut values = changed_values(form, &draft(form, EditMode::Form), base.as_ref());
    if let Some(setting) = setting::find(reset).filter(|setting| setting.editable()) {
        values.retain(|(key, _)| !key.eq_ignore_ascii_case(reset));
        values.push((setting.key.to_owned(), "default".to_owned()));
    }
    let path = paths::configuration_filtered(filter);
    if values.is_empty() && form.value("comment").is_empty() {
        return Ok(Some(Page::to(path)));
    }
    values.push(("comment".to_owned(), form.value("comment").to_owned()));
    let page = edited_on(form, EditMode::Form, base.as_ref(), None);
    Ok(Some(page.at(path).with_form(FormState { values, errors: Vec::new() })))
}

fn page_of(mode: EditMode) -> &'static str {
    match mode {
        EditMode::Text => paths::CONFIGURATION_TEXT,
        EditMode::Form | EditMode::Restore | EditMode::Undo => paths::CONFIGURATION,
    }
}

/// What the form carries: its settings by key, or its text. A setting whose value in the file is to stay is left out.
fn draft(form: &Form, mode: EditMode) -> Draft {
    let dropped = |key: &str| form.values.iter().any(|(name, value)| name == "drop" && value == key);
    let is_setting = |key: &str| setting::find(key).is_some() && !dropped(key);
    let fields = match mode {
        EditMode::Text => vec![("text".to_owned(), form.value("text").to_owned())],
        EditMode::Form | EditMode::Restore | EditMode::Undo => {
            form.values.iter().filter(|(key, _)| is_setting(key)).cloned().collect()
        }
    };
    Draft { mode, fields, comment: form.value("comment").to_owned() }
}

/// The values that differ from the revision the form was made from.
fn changed_values(form: &Form, draft: &Draft, base: Option<&RevisionText>) -> Vec<(String, String)> {
    let before = base.map_or_else(|| form.engine.conf().bytes, |base| base.bytes.clone());
    let settings = view::settings(&Document::parse(before));
    let differs = |(key, value): &&(String, String)| {
        let shown = settings.iter().find(|s| s.key.eq_ignore_ascii_case(key));
        shown.is_none_or(|s| s.editable && s.value.as_deref().unwrap_or_default() != value.trim())
    };
    draft.fields.iter().filter(differs).cloned().collect()
}

/// What is to change: of a form, the settings that differ from the file the form was made from.
async fn change(form: &Form, draft: &Draft, base: &str) -> Result<ConfChange, SaveError> {
    if draft.mode == EditMode::Text {
        let text = draft.fields.first().map(|(_, text)| text.clone()).unwrap_or_default();
        return Ok(ConfChange::Text(text, TextOrigin::Browser));
    }
    let base = shown::base(&form.engine, base).await?;
    Ok(ConfChange::Values(changed_values(form, draft, base.as_ref())))
}

/// What goes on to the next form. Of a form only its changes, so that a later version of the file keeps what others
/// changed in it.
fn carried(draft: Draft, change: &ConfChange) -> Draft {
    match change {
        ConfChange::Values(values) => Draft { fields: values.clone(), ..draft },
        ConfChange::Text(text, _) => Draft { fields: vec![("text".to_owned(), text.clone())], ..draft },
        _ => draft,
    }
}

async fn preview(form: &Form, mode: EditMode) -> Result<Page, PageError> {
    let path = page_of(mode);
    if form.value("intent") == "edit" {
        return Ok(edited_again(form, mode).await?.at(path).with_form(form.state(Vec::new())));
    }
    let draft = draft(form, mode);
    let base = form.value("base");
    let mut change = change(form, &draft, base).await.map_err(PageError::internal)?;
    let mut base = BaseRevision::Revision(base.to_owned());
    let mut meanwhile = None;
    loop {
        let draft = carried(draft.clone(), &change);
        match form.engine.preview(&base, &change).await {
            Ok(found) => {
                let origin = form.installation.origin.clone();
                let data = shown::review(&form.engine, draft, found, meanwhile, origin);
                return Ok(Page::new("Review", || view! { <ReviewPage data=data /> }.drawn()));
            }
            Err(SaveError::Conflict(found)) => match found.merges(&change) {
                // What others changed is something else: on top of it this change is the same.
                Some(merged) if meanwhile.is_none() => {
                    meanwhile = Some(shown::meanwhile(&found));
                    base = BaseRevision::Revision(found.current_base.clone());
                    change = merged;
                }
                _ => return refused(form, draft, SaveError::Conflict(found)).await,
            },
            Err(error) => return refused(form, draft, error).await,
        }
    }
}

/// `POST /configuration/save`
pub async fn save(form: Form) -> Result<Page, PageError> {
    let mode = match form.value("mode") {
        "text" => EditMode::Text,
        "undo" => return save_undo(form).await,
        _ => EditMode::Form,
    };
    let draft = draft(&form, mode);
    let base = form.value("base");
    let change = change(&form, &draft, base).await.map_err(PageError::internal)?;
    let draft = carried(draft, &change);
    let base = BaseRevision::Revision(base.to_owned());
    match form.engine.save_conf(&form.actor(), &base, &change, form.value("comment")).await {
        Ok(saved) if saved.diff.is_empty() => {
            Ok(form.tell(FlashKind::Info, "Nothing to save: the file already has these values.", page_of(mode)).await)
        }
        Ok(saved) => {
            let text = format!("Saved as revision {} and verified.", saved.revision.number);
            Ok(form.saved(text, &saved, page_of(mode)).await)
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
    let path = paths::restore(number);
    match form.confirm(form.value("password")).await {
        Ok(()) => {}
        Err(AccountError::Sql(error)) => return Err(error.into()),
        Err(AccountError::Wrong) => {
            let wrong = wrong(Some("password"), "This is not your password.");
            return form.refuse(path, vec![wrong], to_restore(&form, number)).await;
        }
        Err(error) => {
            let wrong = wrong(Some("password"), &error);
            return Ok(form.refuse(path, vec![wrong], to_restore(&form, number)).await?.status(error.status()));
        }
    }
    let base = BaseRevision::Revision(form.value("base").to_owned());
    match form.engine.save_conf(&form.actor(), &base, &ConfChange::Restore(number), form.value("comment")).await {
        Ok(saved) if saved.diff.is_empty() => {
            let text = format!("Nothing to restore: the file is identical to revision {number}.");
            Ok(form.tell(FlashKind::Info, text, paths::CONFIGURATION_HISTORY).await)
        }
        Ok(saved) => {
            let text = format!("Restored revision {number} as revision {}.", saved.revision.number);
            Ok(form.saved(text, &saved, paths::CONFIGURATION_HISTORY).await)
        }
        Err(SaveError::UnknownRevision(_)) => Err(unknown(number)),
        Err(SaveError::Conflict(found)) => Ok(conflicting(&form, brought_back(&form, number), *found)),
        Err(error) => form.refused(&error, path, to_restore(&form, number)).await,
    }
}

fn unknown(number: i64) -> PageError {
    PageError::Said(
        StatusCode::NOT_FOUND,
        "No such revision".into(),
        format!("There is no revision {number}. The history lists all revisions.").into(),
    )
}

/// An earlier revision that comes back.
fn brought_back(form: &Form, number: i64) -> Draft {
    let fields = vec![("revision".to_owned(), number.to_string())];
    Draft { mode: EditMode::Restore, fields, comment: form.value("comment").to_owned() }
}

/// `GET /configuration/history/{number}/undo`
pub async fn undo_page(console: Console, Id(number): Id) -> Result<Page, PageError> {
    to_undo(&console, number, "", None).await
}

/// The file without what one revision changed, before it is saved; or why it can't be undone alone.
async fn to_undo(
    console: &Console,
    number: i64,
    comment: &str,
    meanwhile: Option<Meanwhile>,
) -> Result<Page, PageError> {
    let engine = &console.engine;
    match engine.preview(&BaseRevision::Newest, &ConfChange::Undo(number)).await {
        Ok(found) => {
            let fields = vec![("revision".to_owned(), number.to_string())];
            let draft = Draft { mode: EditMode::Undo, fields, comment: comment.to_owned() };
            let data = shown::review(engine, draft, found, meanwhile, console.installation.origin.clone());
            Ok(Page::new(format!("Undo revision {number}"), || view! { <ReviewPage data=data /> }.drawn()))
        }
        Err(SaveError::LaterChanges { settings, .. }) => {
            let data = shown::undo_conflict(engine, number, settings).await?.ok_or_else(|| unknown(number))?;
            let page =
                Page::new(format!("Undo revision {number}"), || view! { <UndoConflictPage data=data /> }.drawn());
            Ok(page.status(StatusCode::CONFLICT))
        }
        Err(SaveError::UnknownRevision(_)) => Err(unknown(number)),
        Err(error) if error.is_internal() => Err(PageError::internal(error)),
        Err(error) => Err(PageError::Said(error.status(), "Nothing was undone".into(), error.to_string().into())),
    }
}

/// What was reviewed is saved.
async fn save_undo(form: Form) -> Result<Page, PageError> {
    let number = form.value("revision").parse().unwrap_or(0);
    if let Some(page) = form.ask_password(&paths::undo(number)).await? {
        return Ok(page);
    }
    let (base, comment) = (BaseRevision::Revision(form.value("base").to_owned()), form.value("comment"));
    match form.engine.save_conf(&form.actor(), &base, &ConfChange::Undo(number), comment).await {
        Ok(saved) if saved.diff.is_empty() => {
            let text = format!("Nothing to undo: the file no longer has what revision {number} changed.");
            Ok(form.tell(FlashKind::Info, text, paths::CONFIGURATION_HISTORY).await)
        }
        Ok(saved) => {
            let text = format!("Revision {number} is undone; saved as revision {}.", saved.revision.number);
            Ok(form.saved(text, &saved, paths::CONFIGURATION_HISTORY).await)
        }
        Err(SaveError::UnknownRevision(_)) => Err(unknown(number)),
        Err(SaveError::LaterChanges { .. }) => Ok(to_undo(&form, number, comment, None).await?.at(paths::undo(number))),
        Err(SaveError::Conflict(found)) => undo_again(&form, number, &found).await,
        Err(error) => form.refused(&error, paths::undo(number), to_undo(&form, number, comment, None)).await,
    }
}

/// The review once more, on top of what somebody else saved meanwhile.
async fn undo_again(form: &Form, number: i64, found: &engine::conf::Conflict) -> Result<Page, PageError> {
    let page = to_undo(form, number, form.value("comment"), Some(shown::meanwhile(found))).await?;
    Ok(page.at(paths::undo(number)).status(StatusCode::CONFLICT))
}

/// `POST /configuration/undo`: takes out the revision that `base` names, which must be the asker's own and the newest.
pub async fn undo(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::CONFIGURATION).await? {
        return Ok(page);
    }
    let named = form.value("base");
    let actor = form.actor();
    let own = shown::base(&form.engine, named)
        .await?
        .filter(|found| found.revision.author == actor.name && found.revision.origin == actor.origin.word());
    let Some(undone) = own.map(|found| found.revision.number) else {
        return Err(PageError::Said(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Not your change".into(),
            "Only the change you saved last can be undone here. The history offers to undo or restore any revision."
                .into(),
        ));
    };
    let base = BaseRevision::Revision(named.to_owned());
    match form.engine.save_conf(&actor, &base, &ConfChange::Undo(undone), "").await {
        Ok(saved) => {
            let text = format!("Revision {undone} is undone; saved as revision {}.", saved.revision.number);
            let note = saved.note.map(|note| format!(" {note}")).unwrap_or_default();
            Ok(form.done(format!("{text}{note}"), paths::CONFIGURATION).await)
        }
        Err(SaveError::UnknownRevision(number)) => Err(unknown(number)),
        Err(SaveError::Conflict(found)) => undo_again(&form, undone, &found).await,
        Err(error) => form.refused(&error, paths::CONFIGURATION, async { Ok(edited(&form, EditMode::Form)) }).await,
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
    // On the page of a revision, the changes up to that one.
    let kept = form.value("revision").parse::<i64>().map_or(found.revision, |number| number.min(found.revision));
    form.engine.keep_outside(&form.actor(), kept).await.map_err(PageError::internal)?;
    let text = format!("The outside change is saved as revision {kept}.");
    Ok(form.done(text, paths::CONFIGURATION).await)
}

fn conflicting(form: &Form, draft: Draft, found: engine::conf::Conflict) -> Page {
    let data = shown::conflict(&form.engine, draft, found);
    Page::new("Conflict", || view! { <ConflictPage data=data /> }.drawn()).status(StatusCode::CONFLICT)
}

async fn refused(form: &Form, draft: Draft, error: SaveError) -> Result<Page, PageError> {
    match error {
        SaveError::Conflict(found) => Ok(conflicting(form, draft, *found)),
        SaveError::Sql(error) => Err(error.into()),
        error => {
            let errors = shown::field_errors(&error, draft.mode);
            let path = match draft.mode {
                EditMode::Form => paths::configuration_filtered(form.value("q").trim()),
                mode => page_of(mode).to_owned(),
            };
            form.refuse(path, errors, edited_again(form, draft.mode)).await
        }
    }
}
