//! The timeline of the installation: servers that joined, stopped responding, respond again or were removed; drains, drills and
//! standstills of this one.

use serde::Serialize;
use sqlx::{FromRow, Sqlite, Transaction};

use crate::Engine;

/// Maximum number of events; older ones are deleted.
const KEPT: i64 = 5_000;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum PeerEventKind {
    /// It joined.
    Joined,
    /// Its first response.
    First,
    /// It stopped responding.
    Silent,
    /// It is responding again.
    Back,
    /// It is no longer a member.
    Removed,
    /// This server left the installation, or was removed.
    Left,
    /// This server began to drain.
    Drain,
    /// This server began a failover drill.
    Drill,
    /// A drain or drill ended, and clients return.
    Returned,
    /// This server stood still.
    Standstill,
}

impl PeerEventKind {
    /// The word that is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
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

pub(crate) async fn add(
    tx: &mut Transaction<'static, Sqlite>,
    at: i64,
    peer: &str,
    kind: PeerEventKind,
    detail: &str,
) -> Result<(), sqlx::Error> {
    let added = sqlx::query("INSERT INTO peer_events (at, peer, kind, detail) VALUES (?, ?, ?, ?)")
        .bind(at)
        .bind(peer)
        .bind(kind)
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
    /// Events of peers, newest first.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn peer_events(&self, limit: i64) -> Result<Vec<PeerEvent>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM peer_events ORDER BY id DESC LIMIT ?")
            .bind(limit)
            .fetch_all(self.store.read())
            .await
    }
}
