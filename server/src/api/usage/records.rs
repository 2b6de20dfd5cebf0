//! Check-outs and denials as files of a UTC day each, out and in.

use std::io::ErrorKind;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use engine::usage::export::{ExportedDay, RecordKind, file_name, number_of};
use engine::usage::import::{Imported, MOST_BYTES};
use futures::{StreamExt, stream};
use jiff::civil::Date;
use licensing::permission::Permission::{ImportUsage, View};
use licensing::plain_text::one_line;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::super::request::{By, Query};
use super::super::{Api, Operations};
use crate::http::access::Access::May;
use crate::http::downloads::Download;
use crate::http::problem::Problem;

/// Where files are imported.
pub const IMPORT: &str = "/api/v1/usage/import";
/// Tab-separated fields.
const KIND: &str = "text/tab-separated-values";
/// What a file without a name is called.
const NAMELESS: &str = "a file";
/// Longest name of a file, characters.
const MOST_NAME: usize = 200;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_usage_days), May(View), &[])
        .add(routes!(export_checkouts), May(View), &[])
        .add(routes!(export_denials), May(View), &[])
        .add(routes!(import_usage), May(ImportUsage), &["usage.import"])
}

/// A period of UTC days.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct Days {
    /// First day [default: the first on record].
    #[param(example = "2026-11-22")]
    from: String,
    /// Last day, included [default: the last on record].
    #[param(example = "2036-12-31")]
    to: String,
}

/// The UTC days with records.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UsageDays {
    /// Oldest first.
    items: Vec<UsageDay>,
    /// All days fit on one page: always null.
    next: Option<String>,
}

/// A UTC day with records.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UsageDay {
    /// The day, such as `2026-11-22`.
    day: String,
    /// Name of its file, such as `2026.11.22`.
    file: String,
    /// Length of its data file, bytes.
    bytes: i64,
    /// Its data file was removed for its age. What there is came in later.
    removed: bool,
    /// Records of this day that are locked, and in no file.
    locked: i64,
}

/// One UTC day.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct Day {
    /// The day, UTC.
    #[param(example = "2026-11-22")]
    day: String,
}

/// How the file is called.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct FileName {
    /// Name of the file, for the answer and the audit log.
    #[param(example = "2026.11.22")]
    name: String,
}

/// What became of a file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UsageImported {
    /// Lines that were new.
    imported: u64,
    /// Lines that were stored before.
    known: u64,
    /// Lines that were not taken.
    refused_count: u64,
    /// The first 100 of these.
    refused: Vec<UsageRefused>,
}

/// A line that was not taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UsageRefused {
    file: String,
    /// Counted from 1.
    line: u64,
    reason: String,
}

fn date(field: &str, text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| {
        let shown = one_line(text, 40);
        Problem::field(field, format!("“{shown}” is not a day. Write it like 2026-11-22."))
    })
}

/// The UTC days with records, and those whose records were removed for their age.
#[utoipa::path(get, path = "/api/v1/usage/days", tag = "usage", params(Days), responses(
    (status = 200, description = "The days, oldest first", body = UsageDays),
    (status = 422, description = "Invalid day")))]
async fn list_usage_days(
    State(Api { engine, .. }): State<Api>,
    Query(days): Query<Days>,
) -> Result<Json<UsageDays>, Problem> {
    let limit = |field, text: &str, otherwise| {
        if text.is_empty() { Ok(otherwise) } else { date(field, text).map(number_of) }
    };
    let (from, to) = (limit("from", &days.from, i64::MIN)?, limit("to", &days.to, i64::MAX)?);
    let found = engine.usage.recorded_days(from, to).await?;
    let item = |of: engine::usage::export::RecordedDay| {
        let file = file_name(of.day);
        UsageDay { day: file.replace('.', "-"), file, bytes: of.bytes, removed: of.is_removed, locked: of.locked }
    };
    Ok(Json(UsageDays { items: found.into_iter().map(item).collect(), next: None }))
}

/// The check-outs that began on a UTC day and have ended: 13 fields, a comment first, by time. Empty if there are none.
#[utoipa::path(get, path = "/api/v1/usage/checkouts", tag = "usage", params(Day), responses(
    (status = 200, description = "The file", body = String, content_type = "text/tab-separated-values"),
    (status = 422, description = "Invalid day")))]
async fn export_checkouts(State(api): State<Api>, Query(day): Query<Day>) -> Result<Response, Problem> {
    export(&api, &day, RecordKind::CheckOuts).await
}

/// The denials of a UTC day: 7 fields, by time. Empty if there are none.
#[utoipa::path(get, path = "/api/v1/usage/denials", tag = "usage", params(Day), responses(
    (status = 200, description = "The file", body = String, content_type = "text/tab-separated-values"),
    (status = 422, description = "Invalid day")))]
async fn export_denials(State(api): State<Api>, Query(day): Query<Day>) -> Result<Response, Problem> {
    export(&api, &day, RecordKind::Denials).await
}

async fn export(api: &Api, day: &Day, kind: RecordKind) -> Result<Response, Problem> {
    let found = api.engine.usage.export(number_of(date("day", &day.day)?), kind).await?;
    let pieces = stream::unfold(found, |mut found: ExportedDay| async move {
        let piece = found.next_piece()?;
        Some((Ok::<_, std::io::Error>(Bytes::from(piece)), found))
    });
    // Who compresses it asks again after the end.
    Ok((Extension(Download), [(header::CONTENT_TYPE, KIND)], Body::from_stream(pieces.fuse())).into_response())
}

fn not_kept(error: std::io::Error) -> Problem {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Problem::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "The disk is full, so the file can't be taken in. Free some space, then import it again. Nothing was changed.",
        ),
        _ => engine::DatabaseError::from(error).into(),
    }
}

/// Imports a file of check-outs (13 fields) or denials (7). Lines that are stored already are left out, so it may be repeated.
#[utoipa::path(post, path = "/api/v1/usage/import", tag = "usage", params(FileName),
    request_body(content = String, content_type = "text/tab-separated-values", description = "The file, up to 256 MB",
        example = "EU_ACME_LAN\trouter_pro\tproj7\tann\tws-12\t4711\tws-12:0.0\t11.2\t2\t20114\t1795305600\t1795305601\t1795309200"),
    responses(
        (status = 200, description = "What was taken, and which lines were not", body = UsageImported),
        (status = 400, description = "It was cut off"),
        (status = 422, description = "Nothing was sent"),
        (status = 413, description = "Larger than 256 MB")))]
async fn import_usage(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Query(FileName { name }): Query<FileName>,
    body: Body,
) -> Result<Json<UsageImported>, Problem> {
    let name = one_line(&name, MOST_NAME);
    let name = if name.is_empty() { NAMELESS.to_owned() } else { name };
    let mut file = engine.usage.import_file().await.map_err(not_kept)?;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "The file was cut off, or took too long. Nothing was changed.")
        })?;
        file.push(&piece).await.map_err(not_kept)?;
    }
    if file.is_empty() {
        let detail = "There is nothing in the file. Nothing was changed.";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    if file.is_too_large() {
        let most = MOST_BYTES / 1024 / 1024;
        let detail =
            format!("A file must not be larger than {most} MB. Import it in parts of whole days. Nothing was changed.");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let Imported { imported, known, refused, reasons } = engine.import_usage(&by.actor(), &name, file).await?;
    let reason =
        |of: engine::usage::import::RefusedLine| UsageRefused { file: name.clone(), line: of.line, reason: of.reason };
    Ok(Json(UsageImported {
        imported,
        known,
        refused_count: refused,
        refused: reasons.into_iter().map(reason).collect(),
    }))
}
