//! license_server.conf as settings, and its history.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::conf::{BaseRevision, ConfChange, ConfState, SaveError};
use licensing::conf::check::ConfFinding;
use licensing::conf::diff::{self, Diff};
use licensing::conf::text::{self, TextOrigin};
use licensing::conf::view::SettingView;
use licensing::permission::Permission::{EditConfiguration, RestoreConfiguration, View};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::routes;

use super::request::{By, Json, Query};
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::{InputError, Problem};

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(get_config), May(View), &[])
        .add(routes!(put_config), May(EditConfiguration), &["conf.save"])
        .add(routes!(patch_config), May(EditConfiguration), &["conf.save"])
        .add(routes!(get_config_history), May(View), &[])
        .add(routes!(restore_config), May(RestoreConfiguration), &["conf.save"])
        .add(routes!(undo_config), May(RestoreConfiguration), &["conf.save"])
}

/// The file as settings.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Config {
    /// Newest revision; the `ETag` covers it and its content.
    revision: i64,
    /// Path as configured.
    path: String,
    /// A change made outside Leasehold waits for review.
    changed_outside: bool,
    settings: Vec<SettingView>,
    /// What is wrong with the file, by line.
    findings: Vec<ConfFinding>,
    /// The whole file; bytes that can't be shown are U+FFFD and survive if their line isn't changed. Sent back as
    /// `text`, it changes nothing.
    text: String,
    /// What this call changed; missing if it only read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    diff: Option<Diff>,
    /// What saving could not keep to, such as writing the file as a whole; missing otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
}

/// A change: values by key, or the whole text.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfigChange, example = json!({ "changes": { "PORT_NUMBER": "7570" }, "comment": "The old port is in use." }))]
struct Put {
    /// Values by key, each a string, number or boolean; `default` stays the word `default`.
    #[schema(value_type = Option<Object>)]
    changes: Option<BTreeMap<String, serde_json::Value>>,
    /// The whole file instead.
    text: Option<String>,
    /// Reason for the change, kept in the history.
    #[serde(default)]
    comment: String,
}

/// Single values.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfigValues, example = json!({ "changes": { "PORT_NUMBER": "7571" } }))]
struct Patch {
    /// Values by key, each a string, number or boolean; `default` stays the word `default`.
    #[schema(value_type = Object)]
    changes: BTreeMap<String, serde_json::Value>,
    /// Reason for the change, kept in the history.
    #[serde(default)]
    comment: String,
}

/// Which revision to restore.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfigRestore, example = json!({ "revision": 1, "comment": "Back to the old value." }))]
struct Restore {
    revision: i64,
    /// Reason for the change, kept in the history.
    #[serde(default)]
    comment: String,
}

/// Which revision to undo.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfigUndo, example = json!({ "revision": 14, "comment": "The old port is in use again." }))]
struct Undo {
    revision: i64,
    /// Reason for the change, kept in the history.
    #[serde(default)]
    comment: String,
}

/// The values to write.
fn values(changes: BTreeMap<String, serde_json::Value>) -> Result<Vec<(String, String)>, Problem> {
    let mut values = Vec::new();
    let mut errors = Vec::new();
    for (key, value) in changes {
        match value {
            serde_json::Value::String(text) => values.push((key, text)),
            serde_json::Value::Number(number) => values.push((key, number.to_string())),
            serde_json::Value::Bool(truth) => values.push((key, u8::from(truth).to_string())),
            _ => {
                errors.push(InputError { field: key, message: "Send a string, a number, or true or false.".to_owned() })
            }
        }
    }
    if errors.is_empty() {
        return Ok(values);
    }
    let detail = "Some values are not strings, numbers or booleans. Nothing was changed.";
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_errors(errors))
}

/// The file as settings, with its `ETag`.
#[utoipa::path(get, path = "/api/v1/config", tag = "config", responses(
    (status = 200, description = "The file as settings", body = Config, headers(("ETag" = String, description = "ETag of the revision"))),
    (status = 503, description = "The file can't be used")))]
async fn get_config(State(Api { engine, .. }): State<Api>) -> Result<Response, Problem> {
    let state = engine.conf();
    if let Some(problem) = &state.problem {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, problem.to_string()));
    }
    Ok(answer(&engine, &state, None, None))
}

fn answer(engine: &Engine, state: &ConfState, diff: Option<Diff>, note: Option<String>) -> Response {
    let config = Config {
        revision: state.number(),
        path: state.path.clone(),
        changed_outside: state.outside.is_some(),
        settings: engine.settings_of(state.settings()),
        findings: state.findings().to_vec(),
        text: text::exact(&state.bytes),
        diff,
        note,
    };
    let mut response = Answer(config).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{}\"", state.base())) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// How saving may fail.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "for the document")]
enum NotSaved {
    #[response(
        status = 409,
        description = "The file can't be written; or a revision can't be undone by itself, because later changes touch the same: `conflicts` has each setting, `before` is the revision's value, `yours` the one before it, `theirs` the file's"
    )]
    Blocked,
    #[response(
        status = 412,
        description = "The file has changed; the answer has both diffs, and in `conflicts` each setting that both changes set to different values: `key`, `label`, `before`, `yours`, `theirs`"
    )]
    Changed,
    #[response(status = 507, description = "The disk is full")]
    Full,
}

/// Changes the file.
///
/// `If-Match` must name the revision the change is based on.
#[utoipa::path(put, path = "/api/v1/config", tag = "config", request_body = Put,
    params(("If-Match" = Option<String>, Header, description = "The ETag of the revision the change is based on; required", example = "\"1-0123456789abcdef\"")),
    responses(
        NotSaved,
        (status = 200, description = "Saved, read back and checked: the file as settings", body = Config),
        (status = 428, description = "If-Match is missing")))]
async fn put_config(
    State(api): State<Api>,
    by: By,
    headers: HeaderMap,
    body: Result<Json<Put>, Problem>,
) -> Result<Response, Problem> {
    let base = if_match(&headers)?;
    let Json(put) = body?;
    let change = match (put.changes, put.text) {
        (Some(changes), None) => ConfChange::Values(values(changes)?),
        (None, Some(text)) => ConfChange::Text(text, TextOrigin::Exact),
        _ => {
            let message = "Send either `changes` or `text`.";
            let errors = vec![InputError { field: "changes".to_owned(), message: message.to_owned() }];
            let detail = format!("{message} Nothing was changed.");
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_errors(errors));
        }
    };
    save(&api, &by, &base, &change, &put.comment).await
}

/// Changes single values of the current revision.
///
/// With `If-Match`, only if the file still has that ETag.
#[utoipa::path(patch, path = "/api/v1/config", tag = "config", request_body = Patch,
    params(("If-Match" = Option<String>, Header, description = "The ETag of the revision the change is based on", example = json!(null))),
    responses(
        NotSaved,
        (status = 200, description = "Saved, read back and checked: the file as settings", body = Config),
        (status = 428, description = "`If-Match: *` is not accepted")))]
async fn patch_config(
    State(api): State<Api>,
    by: By,
    headers: HeaderMap,
    Json(patch): Json<Patch>,
) -> Result<Response, Problem> {
    let change = ConfChange::Values(values(patch.changes)?);
    save(&api, &by, &base_or_newest(&headers)?, &change, &patch.comment).await
}

/// Restores an earlier revision, as a new one.
///
/// With `If-Match`, only if the file still has that ETag.
#[utoipa::path(post, path = "/api/v1/config/restore", tag = "config", request_body = Restore,
    params(("If-Match" = Option<String>, Header, description = "The ETag of the current revision", example = json!(null))),
    responses(
        NotSaved,
        (status = 200, description = "Restored: the file as settings", body = Config),
        (status = 404, description = "No such revision"),
        (status = 428, description = "`If-Match: *` is not accepted")))]
async fn restore_config(
    State(api): State<Api>,
    by: By,
    headers: HeaderMap,
    Json(restore): Json<Restore>,
) -> Result<Response, Problem> {
    save(&api, &by, &base_or_newest(&headers)?, &ConfChange::Restore(restore.revision), &restore.comment).await
}

/// Undoes what one revision changed, as a new one. What was changed later stays.
///
/// With `If-Match`, only if the file still has that ETag.
#[utoipa::path(post, path = "/api/v1/config/undo", tag = "config", request_body = Undo,
    params(("If-Match" = Option<String>, Header, description = "The ETag of the current revision", example = json!(null))),
    responses(
        NotSaved,
        (status = 200, description = "Undone: the file as settings", body = Config),
        (status = 404, description = "No such revision"),
        (status = 428, description = "`If-Match: *` is not accepted")))]
async fn undo_config(
    State(api): State<Api>,
    by: By,
    headers: HeaderMap,
    Json(undo): Json<Undo>,
) -> Result<Response, Problem> {
    save(&api, &by, &base_or_newest(&headers)?, &ConfChange::Undo(undo.revision), &undo.comment).await
}

fn base_or_newest(headers: &HeaderMap) -> Result<BaseRevision, Problem> {
    if headers.contains_key(header::IF_MATCH) { if_match(headers) } else { Ok(BaseRevision::Newest) }
}

/// The revision given by `If-Match`.
///
/// # Errors
/// 428 when it is missing.
fn if_match(headers: &HeaderMap) -> Result<BaseRevision, Problem> {
    let value = headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()).ok_or_else(|| {
        Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "Send `If-Match` with the ETag of the configuration your change is based on, from `GET /api/v1/config`.",
        )
    })?;
    let tag = value.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    if tag.trim_matches('"') == "*" {
        let detail = "`If-Match: *` could overwrite changes you haven't seen. Send the ETag your change is based on.";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, detail));
    }
    Ok(BaseRevision::Revision(tag.trim_matches('"').to_owned()))
}

/// Saves and returns the file as it is now.
async fn save(
    Api { engine, .. }: &Api,
    by: &By,
    base: &BaseRevision,
    change: &ConfChange,
    comment: &str,
) -> Result<Response, Problem> {
    let saved = engine.save_conf(&by.actor(), base, change, comment).await?;
    Ok(answer(engine, &engine.conf(), Some(saved.diff), saved.note))
}

impl From<SaveError> for Problem {
    fn from(error: SaveError) -> Self {
        refused(error)
    }
}

fn refused(error: SaveError) -> Problem {
    let sentence = error.to_string();
    match error {
        SaveError::Conflict(conflict) => {
            let mut detail =
                "The file has changed since, so nothing was saved. Both changes are in this answer.".to_owned();
            for setting in &conflict.settings {
                detail.push(' ');
                detail.push_str(&setting.sentence());
            }
            let mut problem = Problem::new(StatusCode::PRECONDITION_FAILED, detail);
            let theirs = conflict
                .current
                .as_ref()
                .map(|r| json!({ "author": r.author, "origin": r.origin, "at": Time(r.at), "comment": r.comment }));
            let mut put = |key: &str, value| problem.more.insert(key.to_owned(), value);
            put("current_etag", json!(format!("\"{}\"", conflict.current_base)));
            put("current_revision", json!(conflict.current.as_ref().map(|r| r.number)));
            put("changed_by", json!(theirs));
            put("conflicts", json!(conflict.settings));
            put(
                "yours",
                json!({ "diff": conflict.yours.to_unified("base", "yours"), "removed": conflict.yours.removed, "added": conflict.yours.added }),
            );
            put(
                "theirs",
                json!({ "diff": conflict.theirs.to_unified("base", "current"), "removed": conflict.theirs.removed, "added": conflict.theirs.added }),
            );
            problem
        }
        SaveError::Invalid(errors) => {
            let errors = errors
                .into_iter()
                .map(|(key, message)| InputError { field: key.unwrap_or_else(|| "text".to_owned()), message })
                .collect();
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{sentence} Nothing was changed."))
                .with_errors(errors)
        }
        SaveError::LaterChanges { revision, settings } => {
            let named: Vec<_> = settings.iter().map(|setting| setting.sentence_of_undo(revision)).collect();
            let detail = [&[sentence], &named[..], &["Nothing was changed.".to_owned()]].concat().join(" ");
            let mut problem = Problem::new(StatusCode::CONFLICT, detail);
            problem.more.insert("conflicts".to_owned(), json!(settings));
            problem
        }
        SaveError::UnknownRevision(_) => Problem::new(StatusCode::NOT_FOUND, sentence),
        SaveError::File(engine::conf::file::FileError::Full(_)) => {
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, sentence)
        }
        SaveError::File(_) => Problem::new(StatusCode::CONFLICT, sentence),
        SaveError::Sql(error) => error.into(),
    }
}

/// Revisions on one page.
const PAGE: i64 = 50;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Cursor {
    /// Only revisions before this one: `next` of the previous page.
    #[param(example = 100)]
    before: Option<i64>,
}

/// One page, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ConfigHistory {
    items: Vec<ConfigRevision>,
    /// `before` for the next page; null on the last.
    next: Option<i64>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ConfigRevision {
    revision: i64,
    author: String,
    /// `console`, `api`, `command line`, `outside` or `system`.
    origin: String,
    at: Time,
    comment: String,
    sha256: String,
    /// Number of lines removed.
    removed: i64,
    /// Number of lines added.
    added: i64,
    /// When it was reviewed, if it was made outside Leasehold.
    acknowledged_at: Option<Time>,
    /// The earlier revision it restored.
    restored_from: Option<i64>,
    /// The earlier revision it undid.
    undoes: Option<i64>,
    /// Unified diff to the previous revision.
    diff: String,
}

/// Every revision of the file, newest first.
#[utoipa::path(get, path = "/api/v1/config/history", tag = "config", params(Cursor), responses(
    (status = 200, description = "One page", body = ConfigHistory)))]
async fn get_config_history(
    State(Api { engine, .. }): State<Api>,
    Query(cursor): Query<Cursor>,
) -> Result<Answer<ConfigHistory>, Problem> {
    let revisions = engine.conf_history(cursor.before, PAGE + 1).await?;
    let text = async |number: Option<i64>| match number {
        Some(number) => Ok(engine.conf_revision(number).await?.map(|found| found.bytes).unwrap_or_default()),
        None => Ok::<_, engine::DatabaseError>(Vec::new()),
    };
    let mut items = Vec::new();
    for (place, revision) in revisions.iter().take(PAGE as usize).enumerate() {
        let older = revisions.get(place + 1).map(|older| older.number);
        let name = older.map_or("nothing".to_owned(), |older| format!("revision {older}"));
        let diff = diff::lines(&text(older).await?, &text(Some(revision.number)).await?);
        items.push(ConfigRevision {
            diff: diff.to_unified(&name, &format!("revision {}", revision.number)),
            revision: revision.number,
            author: revision.author.clone(),
            origin: revision.origin.clone(),
            at: Time(revision.at),
            comment: revision.comment.clone(),
            sha256: revision.sha256.clone(),
            removed: revision.removed,
            added: revision.added,
            acknowledged_at: revision.acknowledged_at.map(Time),
            restored_from: revision.restored_from,
            undoes: revision.undoes,
        });
    }
    let more = revisions.len() > PAGE as usize;
    let next = items.last().filter(|_| more).map(|item| item.revision);
    Ok(Answer(ConfigHistory { items, next }))
}
