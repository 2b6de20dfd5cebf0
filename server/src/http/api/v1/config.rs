//! `GET` and `PUT /api/v1/config`: the vendor's file as settings.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::actor::Origin;
use engine::conf::{Base, Change, ConfState, SaveError};
use licensing::conf::check::{self, Finding};
use licensing::conf::text::{self, Source};
use licensing::conf::view::{self, SettingView};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::json::Json;
use crate::http::identity::Caller;
use crate::http::problem::{InputError, Problem};
use crate::http::state::App;

/// The file as settings.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Config {
    /// Newest revision; the `ETag` names it together with its content.
    pub revision: i64,
    /// Path as configured.
    pub path: String,
    /// An outside edit waits to be looked at.
    pub changed_outside: bool,
    /// Each setting: `key section value is_default effective active line help allowed` and more.
    #[schema(value_type = Vec<Object>)]
    pub settings: Vec<SettingView>,
    /// What is wrong with the file, by line.
    #[schema(value_type = Vec<Object>)]
    pub findings: Vec<Finding>,
    /// The whole file; bytes that cannot be shown are U+FFFD and survive when their line is not changed. Sent back as
    /// `text`, it changes nothing.
    pub text: String,
}

/// A change: values by key, or the whole text.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Put {
    /// Values by key, each a text, a number or a truth value; `default` stays the word `default`.
    #[schema(value_type = Option<Object>)]
    changes: Option<BTreeMap<String, serde_json::Value>>,
    /// The whole file instead.
    text: Option<String>,
    /// Why; kept in the history.
    #[serde(default)]
    comment: String,
}

/// The values as they will be written.
fn values(changes: BTreeMap<String, serde_json::Value>) -> Result<Vec<(String, String)>, Problem> {
    let mut values = Vec::new();
    let mut errors = Vec::new();
    for (key, value) in changes {
        match value {
            serde_json::Value::String(text) => values.push((key, text)),
            serde_json::Value::Number(number) => values.push((key, number.to_string())),
            serde_json::Value::Bool(truth) => values.push((key, u8::from(truth).to_string())),
            _ => errors.push(InputError { field: key, message: "Send a text, a number or true or false.".to_owned() }),
        }
    }
    if errors.is_empty() {
        return Ok(values);
    }
    let detail = "Some values are not texts, numbers or truth values. Nothing was changed.";
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_errors(errors))
}

/// The file as settings, with its `ETag`.
#[utoipa::path(get, path = "/api/v1/config", tag = "config", responses(
    (status = 200, description = "The file as settings", body = Config),
    (status = 503, description = "The file cannot be used now", body = Problem, content_type = "application/problem+json")))]
pub async fn get(State(app): State<App>) -> Result<Response, Problem> {
    let state = app.engine.conf();
    if let Some(problem) = &state.problem {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, problem.to_string()));
    }
    Ok(answer(&state))
}

fn answer(state: &ConfState) -> Response {
    let document = state.document();
    let config = Config {
        revision: state.number(),
        path: state.path.clone(),
        changed_outside: state.outside.is_some(),
        settings: view::settings(&document),
        findings: check::check(&document),
        text: text::exact(&state.bytes),
    };
    let mut response = Answer(config).into_response();
    insert_etag(&mut response, &state.base());
    response
}

/// Names the revision a response tells of.
pub fn insert_etag(response: &mut Response, base: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{base}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
}

/// Changes the file. `If-Match` must name the revision the change is based on.
#[utoipa::path(put, path = "/api/v1/config", tag = "config", request_body = Put,
    params(("If-Match" = String, Header, description = "The ETag of the revision the change is based on")),
    responses(
        (status = 200, description = "Saved, read back and checked: the file as settings", body = Config),
        (status = 412, description = "The file changed meanwhile; both diffs are in the answer", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; nothing was changed", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing", body = Problem, content_type = "application/problem+json")))]
pub async fn put(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Json<Put>, Problem>,
) -> Result<Response, Problem> {
    let base = if_match(&headers)?;
    let Json(put) = body?;
    let change = match (put.changes, put.text) {
        (Some(changes), None) => Change::Values(values(changes)?),
        (None, Some(text)) => Change::Text(text, Source::Exact),
        _ => {
            let errors = vec![InputError {
                field: "changes".to_owned(),
                message: "Send either `changes` or `text`.".to_owned(),
            }];
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Send either `changes` or `text`. Nothing was changed.",
            )
            .with_errors(errors));
        }
    };
    save(&app, &caller, &base, &change, &put.comment).await
}

/// The base named by `If-Match`.
///
/// # Errors
/// 428 when it is missing.
pub fn if_match(headers: &HeaderMap) -> Result<Base, Problem> {
    let value = headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()).ok_or_else(|| {
        Problem::new(StatusCode::PRECONDITION_REQUIRED, "Send `If-Match` with the ETag of the configuration your change is based on; `GET /api/v1/config` gives it.")
    })?;
    let tag = value.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    if tag.trim_matches('"') == "*" {
        let detail = "`If-Match: *` would overwrite what you may not have seen. Send the ETag your change is based on.";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, detail));
    }
    Ok(Base::Revision(tag.trim_matches('"').to_owned()))
}

/// Saves and answers with the file as it is now.
///
/// # Errors
/// As a problem with the right status.
pub async fn save(
    app: &App,
    caller: &Caller,
    base: &Base,
    change: &Change,
    comment: &str,
) -> Result<Response, Problem> {
    match app.engine.save_conf(&caller.actor(Origin::Api), base, change, comment).await {
        Ok(_) => Ok(answer(&app.engine.conf())),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: SaveError) -> Problem {
    let sentence = error.to_string();
    match error {
        SaveError::Conflict(conflict) => {
            let mut problem = Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "The file was changed meanwhile; nothing was saved. Both changes are in this answer.",
            );
            let theirs = conflict.current.as_ref().map(|r| json!({ "author": r.author, "origin": r.origin, "at": crate::time::rfc3339(r.at), "comment": r.comment }));
            let mut put = |key: &str, value| problem.more.insert(key.to_owned(), value);
            put("current_etag", json!(format!("\"{}\"", conflict.current_base)));
            put("current_revision", json!(conflict.current.as_ref().map(|r| r.number)));
            put("changed_by", json!(theirs));
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
        SaveError::UnknownRevision(_) => Problem::new(StatusCode::NOT_FOUND, sentence),
        SaveError::File(engine::conf::file::FileError::Full(_)) => {
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, sentence)
        }
        SaveError::File(_) => Problem::new(StatusCode::CONFLICT, sentence),
        SaveError::Sql(error) => Problem::internal(&error),
    }
}
