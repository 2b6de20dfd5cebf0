//! The audit log.

use engine::audit::{AuditItem as Entry, AuditQuery, ChainVerdict};
use engine::{DatabaseError, Engine};
use leptos::prelude::*;

use app::drawn::Draw;
use app::pages::audit::{AuditFilter, AuditItem, AuditLog, AuditPage, Chain, Outcome};
use app::paths;

use super::{Console, Page, PageError};

/// Entries on one page.
const PAGE: i64 = 50;

/// Kinds of entries people filter by: the beginning of the action, and the words for it.
const KINDS: &[(&str, &str)] = &[
    ("conf.", "Configuration"),
    ("server.", "Registration"),
    ("client.", "Clients"),
    ("session.", "Signing in and out"),
    ("user.", "Users"),
    ("token.", "API tokens"),
    ("alert.", "Alerts"),
];

/// `GET /audit`
pub async fn page(console: Console) -> Result<Page, PageError> {
    let data = load(&console).await?;
    Ok(Page::new("Audit", || view! { <AuditPage data=data /> }.drawn()))
}

/// One page of the log, filtered by the query of the request.
async fn load(console: &Console) -> Result<AuditLog, DatabaseError> {
    let engine = &console.engine;
    let filter: AuditFilter = console.filter();
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let query =
        AuditQuery { who: given(&filter.who), what: given(&filter.what), before: filter.before, limit: PAGE + 1 };
    let mut entries = engine.audit.list(&query).await?;
    let more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    let (verdict, at_ms) = engine.audit.verdict(console.now_ms).await?;
    Ok(AuditLog {
        older: entries.last().filter(|_| more).map(|e| e.seq),
        items: entries.into_iter().map(item).collect(),
        chain: match verdict {
            ChainVerdict::Whole(up_to) => Chain::Verified { up_to, at_ms },
            ChainVerdict::Broken(at) => Chain::Broken { at },
            ChainVerdict::CutOff(last, _) | ChainVerdict::NoHead(last) => Chain::Broken { at: last + 1 },
        },
        people: engine.audit.people().await?,
        filter,
        kinds: KINDS.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect(),
    })
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

fn item(entry: Entry) -> AuditItem {
    let from = match entry.address {
        Some(address) => format!("{}, {address}", entry.origin),
        None => entry.origin,
    };
    AuditItem {
        id: entry.seq,
        at_ms: entry.at,
        who: entry.who,
        what: entry.sentence,
        comment: None,
        from,
        outcome: match entry.outcome.as_str() {
            "refused" => Outcome::Refused,
            "failed" => Outcome::Failed,
            _ => Outcome::Done,
        },
        href: entry.action.starts_with("conf.").then(|| paths::CONFIGURATION_HISTORY.to_owned()),
    }
}
