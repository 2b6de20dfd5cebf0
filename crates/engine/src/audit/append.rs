//! Adding one entry to the chain.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{Row, Sqlite, Transaction};

use crate::actor::Actor;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was not allowed or not valid; nothing changed.
    Refused,
    /// It was allowed but did not work; nothing changed.
    Failed,
}

impl AuditOutcome {
    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// An entry to add.
#[derive(Debug, Clone)]
pub struct NewAuditEntry<'a> {
    /// Who, and from where.
    pub actor: &'a Actor,
    /// `area.verb`, for filters: `conf.save`, `session.login`.
    pub action: &'a str,
    /// What was done, in one sentence; never a secret.
    pub sentence: String,
    /// How it ended.
    pub outcome: AuditOutcome,
}

/// Adds the entry at the end of the chain, inside the caller's transaction.
///
/// # Errors
/// [`sqlx::Error`]; the caller's transaction is then rolled back with its change.
pub(super) async fn append(
    tx: &mut Transaction<'static, Sqlite>,
    now_ms: i64,
    entry: &NewAuditEntry<'_>,
) -> Result<(), sqlx::Error> {
    let last = sqlx::query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(&mut **tx).await?;
    let (seq, before): (i64, Vec<u8>) = match &last {
        Some(row) => (row.try_get::<i64, _>("seq")? + 1, row.try_get("hash")?),
        None => (1, Vec::new()),
    };
    let link = ChainLink {
        seq,
        at: now_ms,
        who: &entry.actor.name,
        origin: entry.actor.origin.word(),
        address: entry.actor.address.as_deref(),
        action: entry.action,
        sentence: &entry.sentence,
        outcome: entry.outcome.word(),
    };
    let hash = link.hash(&before);
    sqlx::query("INSERT INTO audit (seq, at, who, origin, address, action, sentence, outcome, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(seq)
        .bind(now_ms)
        .bind(link.who)
        .bind(link.origin)
        .bind(link.address)
        .bind(link.action)
        .bind(link.sentence)
        .bind(link.outcome)
        .bind(&hash[..])
        .execute(&mut **tx)
        .await?;
    tracing::info!(audit.seq = seq, who = link.who, action = link.action, outcome = link.outcome, "{}", link.sentence);
    Ok(())
}

/// The fields a hash covers, in the order they are hashed.
#[derive(Serialize)]
pub(super) struct ChainLink<'a> {
    pub seq: i64,
    pub at: i64,
    pub who: &'a str,
    pub origin: &'a str,
    pub address: Option<&'a str>,
    pub action: &'a str,
    pub sentence: &'a str,
    pub outcome: &'a str,
}

impl ChainLink<'_> {
    pub(super) fn hash(&self, before: &[u8]) -> [u8; 32] {
        let text = serde_json::to_vec(self).expect("strings and integers always serialize");
        let mut hasher = Sha256::new();
        hasher.update(before);
        hasher.update(text);
        hasher.finalize().into()
    }
}
