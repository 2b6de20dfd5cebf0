//! Every revision of the file.

use std::ops::RangeInclusive;

use licensing::conf::diff;
use licensing::registration::Registration;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Sqlite, SqlitePool, Transaction};

use crate::actor::Actor;
use crate::secret;

/// One version, without its content.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
pub struct Revision {
    /// Counts from 1.
    pub number: i64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
    /// Who made it.
    pub author: String,
    /// The channel of the change.
    pub origin: String,
    /// The author's comment.
    pub comment: String,
    /// Lines removed against the version before.
    pub removed: i64,
    /// Lines added against the version before.
    pub added: i64,
    /// When, Unix milliseconds.
    pub at: i64,
    /// Of an outside change: when it was acknowledged.
    pub acknowledged_at: Option<i64>,
    /// The earlier revision it brought back.
    pub restored_from: Option<i64>,
    /// The earlier revision whose change it took out.
    pub undoes: Option<i64>,
}

impl Revision {
    /// Names this revision and its content.
    pub fn base(&self) -> String {
        format!("{}-{}", self.number, self.sha256.get(..16).unwrap_or(&self.sha256))
    }
}

/// One version with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionText {
    /// Who, when, why.
    pub revision: Revision,
    /// The whole file.
    pub bytes: Vec<u8>,
}

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    revision: Revision,
    content: Vec<u8>,
}

impl From<Row> for RevisionText {
    fn from(row: Row) -> Self {
        Self { revision: row.revision, bytes: row.content }
    }
}

/// A version to store.
pub(super) struct NewRevision<'a> {
    pub path: &'a str,
    pub bytes: &'a [u8],
    pub before: &'a [u8],
    pub actor: &'a Actor,
    pub comment: &'a str,
    pub at: i64,
    /// Whether the file already has this content.
    pub applied: bool,
    /// The earlier revision it brings back.
    pub restored_from: Option<i64>,
    /// The earlier revision whose change it takes out.
    pub undoes: Option<i64>,
    /// The registration that comes with it.
    pub registration: Option<&'a Registration>,
}

pub(super) async fn insert(tx: &mut Transaction<'static, Sqlite>, fresh: &NewRevision<'_>) -> sqlx::Result<Revision> {
    let diff = diff::lines(fresh.before, fresh.bytes);
    let number: i64 =
        sqlx::query_scalar("SELECT coalesce(max(number), 0) + 1 FROM conf_revisions").fetch_one(&mut **tx).await?;
    let revision = Revision {
        number,
        sha256: secret::digest_hex(fresh.bytes),
        author: fresh.actor.name.clone(),
        origin: fresh.actor.origin.word().to_owned(),
        comment: fresh.comment.to_owned(),
        removed: i64::try_from(diff.removed).unwrap_or(i64::MAX),
        added: i64::try_from(diff.added).unwrap_or(i64::MAX),
        at: fresh.at,
        acknowledged_at: None,
        restored_from: fresh.restored_from,
        undoes: fresh.undoes,
    };
    sqlx::query(
        "INSERT INTO conf_revisions (number, path, sha256, content, author, origin, comment, removed, added, at, restored_from, undoes, state, registration)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(number)
    .bind(fresh.path)
    .bind(&revision.sha256)
    .bind(fresh.bytes)
    .bind(&revision.author)
    .bind(&revision.origin)
    .bind(&revision.comment)
    .bind(revision.removed)
    .bind(revision.added)
    .bind(revision.at)
    .bind(revision.restored_from)
    .bind(revision.undoes)
    .bind(if fresh.applied { "applied" } else { "pending" })
    .bind(fresh.registration.map(|kept| serde_json::to_string(kept).expect("a registration always serializes")))
    .execute(&mut **tx)
    .await?;
    Ok(revision)
}

/// Versions before `before` (all when none), newest first.
pub(super) async fn list(pool: &SqlitePool, before: Option<i64>, limit: i64) -> sqlx::Result<Vec<Revision>> {
    sqlx::query_as(
        "SELECT number, sha256, author, origin, comment, removed, added, at, acknowledged_at, restored_from, undoes FROM conf_revisions
         WHERE state = 'applied' AND number < ? ORDER BY number DESC LIMIT ?",
    )
    .bind(before.unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(pool)
    .await
}

pub(super) async fn get(pool: &SqlitePool, number: i64) -> sqlx::Result<Option<RevisionText>> {
    let row: Option<Row> = sqlx::query_as("SELECT number, sha256, author, origin, comment, removed, added, at, acknowledged_at, restored_from, undoes, content FROM conf_revisions WHERE state = 'applied' AND number = ?").bind(number).fetch_optional(pool).await?;
    Ok(row.map(Into::into))
}

/// The version before this one; none before the first.
pub(super) async fn before(pool: &SqlitePool, number: i64) -> sqlx::Result<Option<RevisionText>> {
    let previous = list(pool, Some(number), 1).await?;
    match previous.first() {
        Some(previous) => get(pool, previous.number).await,
        None => Ok(None),
    }
}

pub(super) async fn newest(pool: &SqlitePool) -> sqlx::Result<Option<RevisionText>> {
    let row: Option<Row> = sqlx::query_as("SELECT number, sha256, author, origin, comment, removed, added, at, acknowledged_at, restored_from, undoes, content FROM conf_revisions WHERE state = 'applied' ORDER BY number DESC LIMIT 1").fetch_optional(pool).await?;
    Ok(row.map(Into::into))
}

/// Versions whose save was cut off, newest first.
pub(super) async fn pending(pool: &SqlitePool) -> sqlx::Result<Vec<RevisionText>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT number, sha256, author, origin, comment, removed, added, at, acknowledged_at, restored_from, undoes, content FROM conf_revisions
         WHERE state = 'pending' ORDER BY number DESC",
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What comes into force with a version whose save was cut off.
pub(super) async fn pending_registration(pool: &SqlitePool, number: i64) -> sqlx::Result<Option<Registration>> {
    let text: Option<String> = sqlx::query_scalar("SELECT registration FROM conf_revisions WHERE number = ?")
        .bind(number)
        .fetch_one(pool)
        .await?;
    text.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| sqlx::Error::Decode(error.into()))
}

/// Records how a save ended. A failed one keeps its number, so that no number ever has two contents.
pub(super) async fn end(tx: &mut Transaction<'static, Sqlite>, number: i64, applied: bool) -> sqlx::Result<()> {
    let sql = if applied {
        "UPDATE conf_revisions SET state = 'applied', registration = NULL WHERE number = ?"
    } else {
        "UPDATE conf_revisions SET state = 'failed', content = x'', registration = NULL WHERE number = ?"
    };
    sqlx::query(sql).bind(number).execute(&mut **tx).await?;
    Ok(())
}

/// Acknowledges outside changes among these revisions. Returns whether there were any.
pub(super) async fn acknowledge(
    tx: &mut Transaction<'static, Sqlite>,
    revisions: RangeInclusive<i64>,
    now_ms: i64,
) -> sqlx::Result<bool> {
    let changed = sqlx::query(
        "UPDATE conf_revisions SET acknowledged_at = ? WHERE origin = 'outside' AND acknowledged_at IS NULL AND number BETWEEN ? AND ?",
    )
    .bind(now_ms)
    .bind(*revisions.start())
    .bind(*revisions.end())
    .execute(&mut **tx)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Number and time of the oldest unacknowledged outside change, and the number of the newest.
pub(super) async fn unseen(pool: &SqlitePool) -> sqlx::Result<Option<(i64, i64, i64)>> {
    let (oldest, at, newest): (Option<i64>, Option<i64>, Option<i64>) = sqlx::query_as(
        "SELECT min(number), min(at), max(number) FROM conf_revisions
         WHERE state = 'applied' AND origin = 'outside' AND acknowledged_at IS NULL",
    )
    .fetch_one(pool)
    .await?;
    Ok(oldest.zip(at).zip(newest).map(|((oldest, at), newest)| (oldest, at, newest)))
}

/// The path the newest version was kept for.
pub(super) async fn path(pool: &SqlitePool) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT path FROM conf_revisions WHERE state = 'applied' ORDER BY number DESC LIMIT 1")
        .fetch_optional(pool)
        .await
}
