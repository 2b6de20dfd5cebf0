//! The ledger: every report and its answer. A status id accepts one answer.

use std::sync::{Arc, PoisonError};

use licensing::bundle::LicenseChanges;
use licensing::status_response::LedgerFact;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, Sqlite, Transaction};

use super::Channel;
use super::report::{OpenedReport, ReportError, report_digest};
use crate::Engine;

/// What an answer changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerOutcome {
    /// The time signed by the node, Unix milliseconds.
    pub node_time: i64,
    /// Serial of the previous licenses, if any.
    pub serial_before: Option<u64>,
    /// Serial of the new licenses.
    pub serial: u64,
    /// The same licenses as before.
    pub unchanged: bool,
    /// What was added, removed, extended.
    pub changes: LicenseChanges,
    /// Notice from the node.
    pub notices: Vec<String>,
    /// Fingerprint of the key that signed.
    pub key: String,
    /// SHA-256 of the answer as it was received.
    pub response_sha256: String,
}

/// The answer of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerAnswer {
    /// When it was applied, Unix milliseconds.
    pub at: i64,
    /// Who applied it.
    pub by: String,
    /// As received.
    pub response: String,
    /// What it changed.
    pub outcome: LedgerOutcome,
}

/// One report, and its answer once there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its status id.
    pub status_id: String,
    /// The server it is about.
    pub guid: String,
    /// The channel.
    pub channel: String,
    /// When it was made, Unix milliseconds.
    pub opened_at: i64,
    /// Who made it.
    pub opened_by: String,
    /// The report.
    pub report: String,
    /// `open`, `answered` or `lost` (sent but never answered).
    pub state: String,
    /// The last node asked.
    pub node: Option<String>,
    /// Its answer.
    pub answer: Option<LedgerAnswer>,
}

/// Filter of entries.
#[derive(Debug, Clone, Default)]
pub struct LedgerQuery {
    /// `open`, `answered`, `lost`; all when empty.
    pub state: String,
    /// Only entries before this one.
    pub before: Option<String>,
    /// Maximum number.
    pub limit: i64,
}

pub(super) struct NewLedgerEntry<'a> {
    pub opened: &'a OpenedReport,
    pub guid: String,
    pub channel: Channel,
    pub by: &'a str,
    pub at: i64,
    /// The same instant on the contact clock.
    pub known: i64,
}

type Writing = Transaction<'static, Sqlite>;

pub(super) async fn open(tx: &mut Writing, opening: &NewLedgerEntry<'_>) -> Result<(), ReportError> {
    let digest = report_digest(&opening.opened.report)
        .ok_or_else(|| ReportError::Unsound("it has no canonical form".to_owned()))?;
    sqlx::query(
        "INSERT INTO exchange_ledger (status_id, guid, channel, opened_at, known_at, opened_by, report, digest, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open')",
    )
    .bind(&opening.opened.status_id)
    .bind(&opening.guid)
    .bind(opening.channel.word())
    .bind(opening.at)
    .bind(opening.known)
    .bind(opening.by)
    .bind(&opening.opened.report)
    .bind(digest)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Limits the number of open reports made by hand.
pub(super) async fn give_up_oldest(tx: &mut Writing, most: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE exchange_ledger SET state = 'lost' WHERE status_id IN (
           SELECT status_id FROM exchange_ledger WHERE state = 'open' AND channel <> 'online'
           ORDER BY opened_at DESC, rowid DESC LIMIT -1 OFFSET ?)",
    )
    .bind(most)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// When a report was made, on the contact clock.
pub(super) async fn known_at(tx: &mut Writing, status_id: &str) -> Result<i64, sqlx::Error> {
    let found = sqlx::query_scalar("SELECT known_at FROM exchange_ledger WHERE status_id = ?");
    found.bind(status_id).fetch_one(&mut **tx).await
}

/// The ledger's state of a status id.
pub(super) async fn fact(tx: &mut Writing, status_id: &str) -> Result<LedgerFact, sqlx::Error> {
    let found: Option<(String, String)> =
        sqlx::query_as("SELECT state, digest FROM exchange_ledger WHERE status_id = ?")
            .bind(status_id)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(match found {
        None => LedgerFact::Unknown,
        Some((state, _)) if state == "answered" => LedgerFact::Answered,
        // A late answer is as valid as one in time.
        Some((_, report_sha256)) => LedgerFact::Open { report_sha256 },
    })
}

pub(super) async fn answered(
    tx: &mut Writing,
    status_id: &str,
    at: i64,
    by: &str,
    response: &str,
    outcome: &LedgerOutcome,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE exchange_ledger SET state = 'answered', answered_at = ?2, answered_by = ?3, response = ?4, outcome = ?5
         WHERE status_id = ?1",
    )
    .bind(status_id)
    .bind(at)
    .bind(by)
    .bind(response)
    .bind(serde_json::to_string(outcome).expect("an outcome always serializes"))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl FromRow<'_, SqliteRow> for LedgerEntry {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let (at, by): (Option<i64>, Option<String>) = (row.try_get("answered_at")?, row.try_get("answered_by")?);
        let (response, outcome): (Option<String>, Option<&str>) = (row.try_get("response")?, row.try_get("outcome")?);
        let answer = || {
            Some(LedgerAnswer { at: at?, by: by?, response: response?, outcome: serde_json::from_str(outcome?).ok()? })
        };
        Ok(Self {
            status_id: row.try_get("status_id")?,
            guid: row.try_get("guid")?,
            channel: row.try_get("channel")?,
            opened_at: row.try_get("opened_at")?,
            opened_by: row.try_get("opened_by")?,
            report: row.try_get("report")?,
            state: row.try_get("state")?,
            node: row.try_get("node")?,
            answer: answer(),
        })
    }
}

/// What an answer changed, read once.
#[derive(Debug)]
pub(crate) struct LastChanges {
    row: i64,
    at: i64,
    changes: Arc<LicenseChanges>,
}

impl Engine {
    /// Entries that match, newest first.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn ledger(&self, query: &LedgerQuery) -> Result<Vec<LedgerEntry>, sqlx::Error> {
        sqlx::query_as(
            "SELECT * FROM exchange_ledger WHERE (?1 = '' OR state = ?1)
             AND (?2 IS NULL OR rowid < (SELECT rowid FROM exchange_ledger WHERE status_id = ?2))
             ORDER BY rowid DESC LIMIT ?3",
        )
        .bind(&query.state)
        .bind(&query.before)
        .bind(query.limit)
        .fetch_all(self.store.read())
        .await
    }

    /// One entry.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn ledger_entry(&self, status_id: &str) -> Result<Option<LedgerEntry>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM exchange_ledger WHERE status_id = ?")
            .bind(status_id.trim().to_lowercase())
            .fetch_optional(self.store.read())
            .await
    }

    /// The last answered entry.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn last_answered(&self) -> Result<Option<LedgerEntry>, sqlx::Error> {
        sqlx::query_as(
            "SELECT * FROM exchange_ledger WHERE state = 'answered' ORDER BY answered_at DESC, rowid DESC LIMIT 1",
        )
        .fetch_optional(self.store.read())
        .await
    }

    /// When the last answer was applied, Unix milliseconds, and what it changed.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn last_changes(&self) -> Result<Option<(i64, Arc<LicenseChanges>)>, sqlx::Error> {
        let last: Option<(i64, i64)> = sqlx::query_as(
            "SELECT rowid, answered_at FROM exchange_ledger WHERE state = 'answered' AND answered_at IS NOT NULL
             ORDER BY answered_at DESC, rowid DESC LIMIT 1",
        )
        .fetch_optional(self.store.read())
        .await?;
        let Some((row, at)) = last else { return Ok(None) };
        let known = || self.last_changes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = known().as_ref().filter(|last| (last.row, last.at) == (row, at)) {
            return Ok(Some((at, last.changes.clone())));
        }
        let text: Option<String> = sqlx::query_scalar("SELECT outcome FROM exchange_ledger WHERE rowid = ?")
            .bind(row)
            .fetch_optional(self.store.read())
            .await?
            .flatten();
        let Some(outcome) = text.and_then(|text| serde_json::from_str::<LedgerOutcome>(&text).ok()) else {
            return Ok(None);
        };
        let changes = Arc::new(outcome.changes);
        *known() = Some(LastChanges { row, at, changes: changes.clone() });
        Ok(Some((at, changes)))
    }

    /// Records that the report is about to be sent to this node.
    pub(super) async fn report_leaves(&self, status_id: &str, node: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE exchange_ledger SET sent_at = coalesce(sent_at, ?2), node = ?3 WHERE status_id = ?1")
            .bind(status_id)
            .bind(self.clock.now_ms())
            .bind(node)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Records that the connection to that node failed, so the report was not sent.
    pub(super) async fn report_stayed(&self, status_id: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE exchange_ledger SET sent_at = NULL WHERE status_id = ? AND state = 'open'")
            .bind(status_id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Records that the report got no answer. One that was never sent is deleted.
    pub(super) async fn report_lost(&self, status_id: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        sqlx::query("DELETE FROM exchange_ledger WHERE status_id = ? AND state = 'open' AND sent_at IS NULL")
            .bind(status_id)
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE exchange_ledger SET state = 'lost' WHERE status_id = ? AND state = 'open'")
            .bind(status_id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Online reports left open when this server stopped.
    pub(crate) async fn settle_ledger(&self) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        sqlx::query("DELETE FROM exchange_ledger WHERE channel = 'online' AND state = 'open' AND sent_at IS NULL")
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE exchange_ledger SET state = 'lost' WHERE channel = 'online' AND state = 'open'")
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}
