//! What happened to the other servers: joined, fell silent, came back, was removed.

use serde::Serialize;
use sqlx::{Row, Sqlite, Transaction};

use crate::Engine;

/// Events that are kept; older ones go.
const KEPT: i64 = 5_000;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PeerEventKind {
    /// It is a member from now on.
    Joined,
    /// Its first sign of life.
    First,
    /// It fell silent.
    Silent,
    /// It is there again.
    Back,
    /// It is no member any more.
    Removed,
    /// This server left the installation, or was removed from it.
    Left,
}

impl PeerEventKind {
    /// The word that is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::First => "first",
            Self::Silent => "silent",
            Self::Back => "back",
            Self::Removed => "removed",
            Self::Left => "left",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [Self::Joined, Self::First, Self::Silent, Self::Back, Self::Removed, Self::Left]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeerEvent {
    /// Grows.
    pub id: i64,
    /// When it was noticed, Unix milliseconds.
    pub at: i64,
    /// Which server.
    pub peer: String,
    /// What.
    pub kind: PeerEventKind,
    /// A sentence.
    pub detail: String,
}

pub(super) async fn add(
    tx: &mut Transaction<'static, Sqlite>,
    at: i64,
    peer: &str,
    kind: PeerEventKind,
    detail: &str,
) -> Result<(), sqlx::Error> {
    let added = sqlx::query("INSERT INTO peer_events (at, peer, kind, detail) VALUES (?, ?, ?, ?)")
        .bind(at)
        .bind(peer)
        .bind(kind.as_str())
        .bind(detail)
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM peer_events WHERE id <= ?")
        .bind(added.last_insert_rowid() - KEPT)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl Engine {
    /// What happened to the other servers, the newest first.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not answer.
    pub async fn peer_events(&self, limit: i64) -> Result<Vec<PeerEvent>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM peer_events ORDER BY id DESC LIMIT ?")
            .bind(limit)
            .fetch_all(self.store.read())
            .await?;
        let event = |row: &sqlx::sqlite::SqliteRow| {
            Some(PeerEvent {
                id: row.get("id"),
                at: row.get("at"),
                peer: row.get("peer"),
                kind: PeerEventKind::read(&row.get::<String, _>("kind"))?,
                detail: row.get("detail"),
            })
        };
        Ok(rows.iter().filter_map(event).collect())
    }
}
