//! The audit log.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::Response;
use engine::audit::{AuditItem as Entry, AuditQuery, AuditWords, ChainVerdict};
use engine::{DatabaseError, Engine};
use futures::stream::{self, StreamExt};
use jiff::tz::TimeZone;
use leptos::prelude::*;

use app::drawn::Draw;
use app::pages::audit::{AuditFilter, AuditItem, AuditLog, AuditPage, Chain, Outcome};
use app::paths;

use super::{Console, Page, PageError, attachment, csv_file, csv_text};
use crate::api::audit as api;

/// Entries on one page.
const PAGE: i64 = 50;

/// `GET /audit`
pub async fn page(console: Console) -> Result<Page, PageError> {
    let data = load(&console).await?;
    Ok(Page::new("Audit", || view! { <AuditPage data=data /> }.drawn()))
}

/// `GET /audit.csv`: all entries that the page with the same query has.
pub async fn csv(console: Console) -> Result<Response, PageError> {
    let query = whole_query(&console)?;
    let entries = api::stretches(console.engine.clone(), query)
        .map(|found| Ok::<_, std::io::Error>(Bytes::from(found?.iter().map(csv_row).collect::<String>())));
    let head = stream::iter([Ok(Bytes::from_static(CSV_HEAD))]);
    Ok(csv_file("leasehold-audit.csv", Body::from_stream(head.chain(entries))))
}

/// `GET /audit.json`: the same as the API has them.
pub async fn json(console: Console) -> Result<Response, PageError> {
    let query = whole_query(&console)?;
    Ok(attachment("application/json", "leasehold-audit.json", api::json(console.engine.clone(), query)))
}

/// What the address asks for. A file with more than was asked for would be taken for what was asked for, so all of it must be understood.
fn whole_query(console: &Console) -> Result<AuditQuery, PageError> {
    let (query, refused) = query(&console.filter());
    match refused.into_iter().next() {
        None => Ok(query),
        Some((field, sentence)) => Err(PageError::Said(
            StatusCode::BAD_REQUEST,
            "Invalid filter".into(),
            format!("{field}: {sentence}").into(),
        )),
    }
}

/// What a filter asks for, and what of it can't be understood.
fn query(filter: &AuditFilter) -> (AuditQuery, Vec<(&'static str, String)>) {
    let AuditFilter { q, who, by, what, object, from, to, before: _ } = filter;
    AuditQuery::read(&AuditWords { q, who, by, what, object, from, to }, &TimeZone::system())
}

/// One page of the log, filtered by the query of the request.
async fn load(console: &Console) -> Result<AuditLog, DatabaseError> {
    let engine = &console.engine;
    let filter: AuditFilter = console.filter();
    let (query, refused) = query(&filter);
    let mut entries = engine.audit.list(&AuditQuery { before: filter.before, limit: PAGE + 1, ..query }).await?;
    let more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    let (verdict, at_ms) = engine.audit.verdict(console.now_ms).await?;
    let sentence = verdict.sentence().unwrap_or_default();
    Ok(AuditLog {
        older: entries.last().filter(|_| more).map(|e| e.seq),
        items: entries.into_iter().map(item).collect(),
        chain: match verdict {
            ChainVerdict::Whole(up_to) => Chain::Verified { up_to, at_ms },
            _ => Chain::Broken { sentence },
        },
        people: engine.audit.people().await?,
        objects: engine.audit.objects().await?,
        filter,
        refused,
        zone: engine::service::local_zone(console.now_ms).name.to_string(),
    })
}

const CSV_HEAD: &[u8] = b"entry,at,who,origin,address,outcome,action,kind,about,sentence\r\n";

/// An entry as a line of CSV (RFC 4180).
fn csv_row(entry: &Entry) -> String {
    let at = jiff::Timestamp::from_millisecond(entry.at).map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let cells = [
        entry.seq.to_string(),
        at.unwrap_or_default(),
        entry.who.clone(),
        entry.origin.clone(),
        entry.address.clone().unwrap_or_default(),
        entry.outcome.clone(),
        entry.action.clone(),
        kind(&entry.action),
        entry.objects().collect::<Vec<_>>().join("; "),
        entry.sentence.clone(),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| csv_text(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

/// An action in words.
fn kind(action: &str) -> String {
    licensing::audit::find(action).map_or(action, |action| action.label).to_owned()
}

/// Entries looked through for changes at a time, and how often at the most: an overview waits for no more.
const STRETCH: i64 = 100;
const STRETCHES: usize = 10;

/// The newest changes: signing in and out changes nothing and is left to the audit page.
pub async fn newest_changes(engine: &Engine, limit: usize) -> Result<Vec<AuditItem>, DatabaseError> {
    let mut changes = Vec::new();
    let mut before = None;
    for _ in 0..STRETCHES {
        let entries = engine.audit.list(&AuditQuery { before, limit: STRETCH, ..AuditQuery::default() }).await?;
        let Some(last) = entries.last() else { break };
        before = Some(last.seq);
        changes.extend(entries.into_iter().filter(|entry| !entry.action.starts_with("session.")).map(item));
        if changes.len() >= limit {
            break;
        }
    }
    changes.truncate(limit);
    Ok(changes)
}

/// The revision that an entry about the conf file names; else all of them.
fn revisions(entry: &Entry) -> Option<String> {
    // Why it was done may name others.
    let said = entry.sentence.split(" Why: ").next().unwrap_or_default();
    let named = said.rsplit_once("revision ").map(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next());
    let number = named.flatten().and_then(|number| number.parse().ok());
    let href = || number.map_or_else(|| paths::CONFIGURATION_HISTORY.to_owned(), paths::revision);
    entry.action.starts_with("conf.").then(href)
}

fn item(entry: Entry) -> AuditItem {
    let href = revisions(&entry);
    let objects = entry.objects().map(str::to_owned).collect();
    let from = match entry.address {
        Some(address) => format!("{}, {address}", entry.origin),
        None => entry.origin,
    };
    AuditItem {
        id: entry.seq,
        at_ms: entry.at,
        who: entry.who,
        what: entry.sentence,
        kind: kind(&entry.action),
        objects,
        comment: None,
        from,
        outcome: match entry.outcome.as_str() {
            "refused" => Outcome::Refused,
            "failed" => Outcome::Failed,
            _ => Outcome::Done,
        },
        href,
    }
}
