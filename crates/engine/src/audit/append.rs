//! Adding one entry to the chain.

use licensing::plain_text::one_line;
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

impl<'a> NewAuditEntry<'a> {
    /// With what it is about: the key of a setting, the name of a user, server or client.
    #[must_use]
    pub fn about(self, object: impl AsRef<str>) -> ObjectEntry<'a> {
        self.about_all([object])
    }

    /// The same for several.
    #[must_use]
    pub fn about_all(self, objects: impl IntoIterator<Item = impl AsRef<str>>) -> ObjectEntry<'a> {
        let objects = objects.into_iter().map(|object| one_line(object.as_ref(), MOST_OBJECT));
        let objects = objects.filter(|object| !object.is_empty()).take(MOST_OBJECTS).collect();
        ObjectEntry { entry: self, objects }
    }
}

/// Longest name of an object, characters.
const MOST_OBJECT: usize = 120;
/// Objects of one entry at the most.
const MOST_OBJECTS: usize = 50;

/// An entry to add, with what it is about.
#[derive(Debug, Clone)]
pub struct ObjectEntry<'a> {
    entry: NewAuditEntry<'a>,
    /// Each in one line; empty when it is about nothing in particular.
    objects: Vec<String>,
}

impl<'a> From<NewAuditEntry<'a>> for ObjectEntry<'a> {
    fn from(entry: NewAuditEntry<'a>) -> Self {
        Self { entry, objects: Vec::new() }
    }
}

/// Adds the entry at the end of the chain, inside the caller's transaction.
///
/// # Errors
/// [`sqlx::Error`]; the caller's transaction is then rolled back with its change.
pub(super) async fn append(
    tx: &mut Transaction<'static, Sqlite>,
    now_ms: i64,
    ObjectEntry { entry, objects }: &ObjectEntry<'_>,
) -> Result<(), sqlx::Error> {
    let last = sqlx::query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(&mut **tx).await?;
    let (seq, before): (i64, Vec<u8>) = match &last {
        Some(row) => (row.try_get::<i64, _>("seq")? + 1, row.try_get("hash")?),
        None => (1, Vec::new()),
    };
    let object = Some(objects.join("\n")).filter(|object| !object.is_empty());
    let link = ChainLink {
        seq,
        at: now_ms,
        who: &entry.actor.name,
        origin: entry.actor.origin.word(),
        address: entry.actor.address.as_deref(),
        action: entry.action,
        sentence: &entry.sentence,
        outcome: entry.outcome.word(),
        object: object.as_deref(),
    };
    let hash = link.hash(&before);
    sqlx::query("INSERT INTO audit (seq, at, who, origin, address, action, sentence, outcome, object, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(seq)
        .bind(now_ms)
        .bind(link.who)
        .bind(link.origin)
        .bind(link.address)
        .bind(link.action)
        .bind(link.sentence)
        .bind(link.outcome)
        .bind(link.object)
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
    /// An entry without an object is hashed without one, as all were before there were objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<&'a str>,
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
