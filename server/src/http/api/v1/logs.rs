use crate::console::logs as load;
use app::pages::logs::LogsFilter;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::logs::{Cursor, LogItem, LogsError};
use serde::{Deserialize, Serialize};

use super::json::Query;
use crate::http::problem::{InputError, Problem};
use crate::http::state::App;

/// Lines on one page.
const PAGE: usize = 500;

/// Which lines.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
pub struct Filter {
    /// At least this pressing: `trace`, `debug`, `info`, `warn`, `error` or `fatal`.
    #[serde(default)]
    level: String,
    /// From this part of the program, such as `EXCHANGE`.
    #[serde(default)]
    component: String,
    /// Not before this time: RFC 3339, or a day or time in this server's zone.
    #[serde(default)]
    from: String,
    /// Not after this time: the same.
    #[serde(default)]
    to: String,
    /// Contains this text; the case of A to Z does not matter.
    #[serde(default)]
    q: String,
    /// Older than this line: the `next` of the page before.
    #[serde(default)]
    before: String,
}

/// One page, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page {
    items: Vec<Line>,
    /// Where to go on; there may be more lines even when this page has few.
    next: Option<String>,
    /// Bytes looked through for this page.
    looked: u64,
    /// It stopped because it had looked through enough: ask again from `next`.
    stopped: bool,
}

/// One line.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Line {
    /// Its place: good for `before`, and for a link to `/logs?at=`.
    at: String,
    /// Name of its file now.
    file: String,
    /// When it was written; none when the line says no time.
    time: Option<String>,
    level: Option<String>,
    component: Option<String>,
    message: String,
}

/// The lines of the server's log. Secrets are hidden.
#[utoipa::path(get, path = "/api/v1/logs", tag = "logs", params(Filter), responses((status = 200, description = "One page, newest first", body = Page), (status = 400, description = "A parameter is not what belongs there"), (status = 404, description = "No log file is written"), (status = 410, description = "The lines to go on from were removed")))]
pub async fn get(State(app): State<App>, Query(filter): Query<Filter>) -> Result<Json<Page>, Problem> {
    let before = Some(filter.before.as_str()).filter(|before| !before.is_empty()).map(str::parse::<Cursor>).transpose();
    let (query, refused) = load::query(&LogsFilter {
        level: filter.level,
        component: filter.component,
        from: local(&filter.from),
        to: local(&filter.to),
        q: filter.q,
        ..LogsFilter::default()
    });
    let mut errors: Vec<InputError> =
        refused.into_iter().map(|(field, message)| InputError { field, message }).collect();
    let before = before.unwrap_or_else(|error| {
        errors.push(InputError { field: "before".to_owned(), message: error.to_string() });
        None
    });
    if !errors.is_empty() {
        let detail = "A parameter in the address is not what belongs there.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail).with_errors(errors));
    }
    let engine = app.engine.clone();
    let read = tokio::task::spawn_blocking(move || engine.logs.page(&query, before.as_ref(), PAGE));
    let page = read
        .await
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| Problem::new(status(&error), error.to_string()))?;
    if page.gone {
        let detail = "The lines from there on are gone: their file was removed. Begin again without `before`.";
        return Err(Problem::new(StatusCode::GONE, detail));
    }
    Ok(Json(Page {
        items: page.items.into_iter().map(line).collect(),
        next: page.next.map(|next| next.to_string()),
        looked: page.looked,
        stopped: page.stopped,
    }))
}

/// A log that is turned off is no fault of the server.
fn status(error: &LogsError) -> StatusCode {
    match error {
        LogsError::Off => StatusCode::NOT_FOUND,
        LogsError::Io { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn line(item: LogItem) -> Line {
    let (at, file) = (item.at.to_string(), item.file);
    match item.parts {
        Some(parts) => Line {
            at,
            file,
            time: utc(&parts.stamp),
            level: Some(parts.level.as_str().to_owned()),
            component: Some(parts.component),
            message: parts.message,
        },
        None => Line { at, file, time: None, level: None, component: None, message: item.line },
    }
}

/// The local time of the log as an instant.
fn utc(stamp: &str) -> Option<String> {
    let local = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", stamp).ok()?;
    Some(local.to_zoned(jiff::tz::TimeZone::system()).ok()?.timestamp().to_string())
}

/// An instant as the local time of the log; other text as it is.
fn local(text: &str) -> String {
    text.trim().parse::<jiff::Timestamp>().map_or_else(
        |_| text.to_owned(),
        |instant| instant.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
