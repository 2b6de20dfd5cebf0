//! Reading the chain, newest first.

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, SqlitePool};

/// One entry as shown.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
pub struct AuditItem {
    /// Number in the chain.
    pub seq: i64,
    /// Unix milliseconds.
    pub at: i64,
    /// Who.
    pub who: String,
    /// The channel.
    pub origin: String,
    /// Network address.
    pub address: Option<String>,
    /// `area.verb`.
    pub action: String,
    /// What, in a sentence.
    pub sentence: String,
    /// `done`, `refused` or `failed`.
    pub outcome: String,
}

/// Filter of entries.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Part of the actor's name.
    pub who: Option<String>,
    /// Part of the action or the sentence.
    pub what: Option<String>,
    /// Only entries before this one.
    pub before: Option<i64>,
    /// Maximum number.
    pub limit: i64,
}

/// The entries that match, newest first.
///
/// # Errors
/// [`sqlx::Error`] when the database does not respond.
pub(super) async fn list(pool: &SqlitePool, query: &AuditQuery) -> Result<Vec<AuditItem>, sqlx::Error> {
    sqlx::query_as(
        "SELECT seq, at, who, origin, address, action, sentence, outcome FROM audit
         WHERE seq < ?1 AND (?2 IS NULL OR instr(lower(who), lower(?2)) > 0)
           AND (?3 IS NULL OR instr(lower(action || ' ' || sentence), lower(?3)) > 0)
         ORDER BY seq DESC LIMIT ?4",
    )
    .bind(query.before.unwrap_or(i64::MAX))
    .bind(&query.who)
    .bind(&query.what)
    .bind(query.limit)
    .fetch_all(pool)
    .await
}

/// Entries looked through when words are searched.
const SEARCHED: i64 = 2_000;

/// The newest `most` of the last entries with all of these words.
///
/// # Errors
/// [`sqlx::Error`] when the database does not respond.
pub(super) async fn find(pool: &SqlitePool, words: &[String], most: i64) -> Result<Vec<AuditItem>, sqlx::Error> {
    let words = serde_json::to_string(words).expect("words always serialize");
    sqlx::query_as(
        "SELECT seq, at, who, origin, address, action, sentence, outcome
         FROM (SELECT * FROM audit ORDER BY seq DESC LIMIT ?1) AS newest
         WHERE NOT EXISTS (SELECT 1 FROM json_each(?2) WHERE instr(lower(who || ' ' || sentence), value) = 0)
         ORDER BY seq DESC LIMIT ?3",
    )
    .bind(SEARCHED)
    .bind(words)
    .bind(most)
    .fetch_all(pool)
    .await
}
