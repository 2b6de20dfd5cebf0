//! The audit log: read, verified, exported.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::audit::{AuditItem, AuditQuery, AuditWords, ChainVerdict};
use futures::stream::{self, Stream, StreamExt};
use jiff::tz::TimeZone;
use licensing::permission::Permission::ViewAudit;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type};
use utoipa_axum::routes;

use super::request::Query;
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::downloads::Download;
use crate::http::problem::{InputError, Problem};

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_audit), May(ViewAudit), &[]).add(routes!(export_audit), May(ViewAudit), &[]).add(
        routes!(verify_audit),
        May(ViewAudit),
        &[],
    )
}

/// Entries on one page.
const PAGE: i64 = 100;
/// Entries of a file that are read at a time.
const STRETCH: i64 = 1_000;

/// Which entries. What is given must all be met.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct Filter {
    /// Text in the entry: its sentence, action, actor, address or object, ignoring the case of A to Z.
    #[param(example = "port")]
    q: String,
    /// Part of the actor's name.
    #[param(example = "ann")]
    who: String,
    /// Kind of actor: `user`, `token`, `command-line`, `reporting-api`, `outside` or `system`.
    #[param(example = "user", pattern = "^(|user|token|command-line|reporting-api|outside|system)$")]
    by: String,
    /// An action (`conf.save`), the beginning of actions (`conf`), or a group as the console offers it (`configuration`, `sign-in`).
    #[param(example = "conf.save")]
    what: String,
    /// Part of what the entry is about: the key or label of a setting, the name of a user, token, server, client or channel.
    #[param(example = "port_number")]
    object: String,
    /// Earliest time: RFC 3339, or a day in this server's time zone.
    #[param(example = "2026-03-01", schema_with = day_or_instant)]
    from: String,
    /// Latest time, written the same way; a day belongs to the period.
    #[param(example = "2036-03-31", schema_with = day_or_instant)]
    to: String,
    /// Only entries before this one: `next` of the previous page.
    before: Option<i64>,
}

/// A day, or an instant in RFC 3339.
fn day_or_instant() -> Schema {
    let text = |format| ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format)));
    let none = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([""]));
    OneOfBuilder::new().item(text(KnownFormat::Date)).item(text(KnownFormat::DateTime)).item(none).build().into()
}

impl Filter {
    /// The query that it is.
    ///
    /// # Errors
    /// [`Problem`] that names each parameter which can't be understood.
    fn query(&self) -> Result<AuditQuery, Problem> {
        let Self { q, who, by, what, object, from, to, before } = self;
        let words = AuditWords { q, who, by, what, object, from, to };
        let (query, refused) = AuditQuery::read(&words, &TimeZone::system());
        if refused.is_empty() {
            return Ok(AuditQuery { before: *before, ..query });
        }
        let errors = refused.into_iter().map(|(field, message)| InputError { field: field.to_owned(), message });
        let detail = "A parameter in the address is invalid.";
        Err(Problem::new(StatusCode::BAD_REQUEST, detail).with_errors(errors.collect()))
    }
}

/// One page, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditPage {
    items: Vec<AuditEntry>,
    next: Option<i64>,
}

/// One entry.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditEntry {
    seq: i64,
    at: Time,
    who: String,
    origin: String,
    address: Option<String>,
    action: String,
    sentence: String,
    /// `done`, `refused` or `failed`.
    outcome: String,
    /// What it is about: keys of settings, names of users, tokens, servers, clients or channels. Empty in entries of earlier versions.
    objects: Vec<String>,
}

impl From<AuditItem> for AuditEntry {
    fn from(of: AuditItem) -> Self {
        Self {
            objects: of.objects().map(str::to_owned).collect(),
            seq: of.seq,
            at: Time(of.at),
            who: of.who,
            origin: of.origin,
            address: of.address,
            action: of.action,
            sentence: of.sentence,
            outcome: of.outcome,
        }
    }
}

/// Who did what, when, from where.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(Filter), responses(
    (status = 200, description = "One page, newest first", body = AuditPage),
    (status = 400, description = "A parameter can't be understood")))]
async fn list_audit(
    State(Api { engine, .. }): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<AuditPage>, Problem> {
    let found = engine.audit.list(&AuditQuery { limit: PAGE, ..filter.query()? }).await?;
    let next = found.last().filter(|_| found.len() == PAGE as usize).map(|entry| entry.seq);
    Ok(Json(AuditPage { items: found.into_iter().map(Into::into).collect(), next }))
}

/// All entries that match, newest first, in one answer.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(Filter), responses(
    (status = 200, description = "All entries that match: `next` is always null", body = AuditPage),
    (status = 400, description = "A parameter can't be understood")))]
async fn export_audit(
    State(Api { engine, .. }): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let body = json(engine, filter.query()?);
    Ok((Extension(Download), [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// All entries that match, as [`AuditPage`], read while they are sent: a log of years needs no memory.
pub(crate) fn json(engine: Arc<Engine>, query: AuditQuery) -> Body {
    let mut first = true;
    let entries = stretches(engine, query).map(move |found| {
        let mut text = String::new();
        for entry in found?.into_iter().map(AuditEntry::from) {
            text.push_str(if first { "\n" } else { ",\n" });
            first = false;
            text.push_str(&serde_json::to_string(&entry).map_err(std::io::Error::other)?);
        }
        Ok::<_, std::io::Error>(Bytes::from(text))
    });
    let part = |text: &'static str| stream::iter([Ok(Bytes::from_static(text.as_bytes()))]);
    Body::from_stream(part("{\"items\":[").chain(entries).chain(part("\n],\"next\":null}\n")))
}

/// All entries that match, newest first, some at a time.
pub(crate) fn stretches(
    engine: Arc<Engine>,
    query: AuditQuery,
) -> impl Stream<Item = std::io::Result<Vec<AuditItem>>> + Send + 'static {
    stream::unfold(Some(AuditQuery { limit: STRETCH, ..query }), move |query| {
        let engine = engine.clone();
        async move {
            let query = query?;
            let found = engine.audit.list(&query).await;
            let rest = match &found {
                Ok(found) if found.len() == STRETCH as usize => found.last().map(|last| last.seq),
                _ => None,
            };
            let rest = rest.map(|before| AuditQuery { before: Some(before), ..query });
            Some((found.map_err(std::io::Error::other), rest))
        }
    })
    .fuse()
}

/// The result of the check.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AuditVerdict {
    /// True if no entry was changed, removed or cut off, and none ever was found to be.
    whole: bool,
    /// The last entry, or the first that was altered.
    entries: i64,
    /// What is wrong, if anything.
    problem: Option<String>,
}

/// Verifies that no entry was changed, removed or cut off.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit", responses(
    (status = 200, description = "The result", body = AuditVerdict)))]
async fn verify_audit(State(Api { engine, .. }): State<Api>) -> Result<Json<AuditVerdict>, Problem> {
    let verdict = engine.audit.verify().await?;
    let sentence = verdict.sentence();
    let (entries, problem) = match verdict {
        ChainVerdict::Whole(last) => (last, None),
        ChainVerdict::Broken(seq) => {
            (seq, Some(format!("The audit log was altered: entry {seq} was changed after it was written.")))
        }
        ChainVerdict::NoHead(last) => (
            last,
            Some(format!(
                "The audit log may have been cut off: it ends at entry {last}, and audit.head, which records its end, is missing from the data folder."
            )),
        ),
        ChainVerdict::WasBroken { last, .. } => (last, sentence),
        ChainVerdict::CutOff(last, head) => {
            (last, Some(format!("The audit log was cut off: it ends at entry {last}, but there was an entry {head}.")))
        }
    };
    Ok(Json(AuditVerdict { whole: problem.is_none(), entries, problem }))
}
