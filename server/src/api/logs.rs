//! The server's log. Secrets are hidden.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::logs::{Cursor, LogItem, LogQuery, LogsError};
use licensing::permission::Permission::ViewLogs;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::request::Query;
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::{InputError, Problem};

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_log), May(ViewLogs), &[])
}

/// Lines on one page.
const PAGE: usize = 500;

/// Which lines.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
struct Filter {
    /// Minimum level: `trace`, `debug`, `info`, `warn`, `error` or `fatal`.
    #[serde(default)]
    level: String,
    /// Component, such as `EXCHANGE`.
    #[serde(default)]
    component: String,
    /// Earliest time: RFC 3339, or a day or time in this server's zone.
    #[serde(default)]
    from: String,
    /// Latest time, written the same way.
    #[serde(default)]
    to: String,
    #[param(example = "exchange")]
    /// Text in the line, ignoring the case of A to Z.
    #[serde(default)]
    q: String,
    /// Only lines before this one: `next` of the previous page.
    #[serde(default)]
    before: String,
}

/// One page, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LogPage {
    items: Vec<LogLine>,
    /// Where to continue; there may be more lines even if this page has few.
    next: Option<String>,
    /// Bytes searched for this page.
    looked: u64,
    /// True if the search stopped early; continue from `next`.
    stopped: bool,
}

/// One line.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LogLine {
    /// Position, for `before` and for a link to `/logs?at=`.
    at: String,
    /// Current name of its file.
    file: String,
    /// When it was written; null if the line has no time.
    time: Option<Time>,
    level: Option<String>,
    component: Option<String>,
    message: String,
}

/// The lines of the server's log.
#[utoipa::path(get, path = "/api/v1/logs", tag = "logs", params(Filter), responses(
    (status = 200, description = "One page, newest first", body = LogPage),
    (status = 404, description = "The log file is turned off"),
    (status = 410, description = "The lines to continue from were removed"),
    (status = 503, description = "The log can't be read")))]
async fn list_log(
    State(Api { engine, .. }): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<LogPage>, Problem> {
    let before = Some(filter.before.as_str()).filter(|before| !before.is_empty()).map(str::parse::<Cursor>).transpose();
    let (from, to) = (local(&filter.from), local(&filter.to));
    let (query, refused) = LogQuery::read(&filter.level, &filter.component, &from, &to, &filter.q);
    let mut errors: Vec<InputError> =
        refused.into_iter().map(|(field, message)| InputError { field: field.to_owned(), message }).collect();
    let before = before.unwrap_or_else(|error| {
        errors.push(InputError { field: "before".to_owned(), message: error.to_string() });
        None
    });
    if !errors.is_empty() {
        let detail = "A parameter in the address is invalid.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail).with_errors(errors));
    }
    let (zone, now) = (jiff::tz::TimeZone::system(), engine.now_ms());
    let read = tokio::task::spawn_blocking(move || engine.logs.page(&query, before.as_ref(), PAGE));
    let page = read
        .await
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| Problem::new(status(&error), error.to_string()))?;
    if page.gone {
        let detail = "The file with these lines was removed. Start over without `before`.";
        return Err(Problem::new(StatusCode::GONE, detail));
    }
    Ok(Json(LogPage {
        items: page.items.into_iter().map(|item| line(item, &zone, now)).collect(),
        next: page.next.map(|next| next.to_string()),
        looked: page.looked,
        stopped: page.stopped,
    }))
}

/// A log that is turned off is not a server error.
fn status(error: &LogsError) -> StatusCode {
    match error {
        LogsError::Off => StatusCode::NOT_FOUND,
        LogsError::Io { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn line(item: LogItem, zone: &jiff::tz::TimeZone, now_ms: i64) -> LogLine {
    let (at, file) = (item.at.to_string(), item.file);
    match item.parts {
        Some(parts) => LogLine {
            at,
            file,
            time: parts.instant(zone, now_ms).map(Time),
            level: Some(parts.level.as_str().to_owned()),
            component: Some(parts.component),
            message: parts.message,
        },
        None => LogLine { at, file, time: None, level: None, component: None, message: item.line },
    }
}

/// An instant as the local time of the log; other text as it is.
fn local(text: &str) -> String {
    text.trim().parse::<jiff::Timestamp>().map_or_else(
        |_| text.to_owned(),
        |instant| instant.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
