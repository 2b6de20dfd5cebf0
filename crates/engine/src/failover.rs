//! Clients that move between servers: what the client and this server saw, and periods of overlapping use.
//!
//! A backup's licenses are for when the primary is unavailable. No client is refused for that: both sides' views are
//! recorded, and overlapping use is measured and reported.

use std::sync::{Mutex, PoisonError};

use licensing::client_protocol::Hello;
use licensing::peers::{GAP_MS, OverlapLook, PeerLiveness, Role, late_by_s, overlap_ms};
use licensing::plain_text::one_line;
use sqlx::FromRow;

use crate::Engine;
use crate::store::Store;

/// Retention, milliseconds: 400 days.
const KEPT_MS: i64 = 400 * 24 * 3_600_000;

/// Maximum stored text of a client, characters: the protocol's limit.
const MOST_TEXT: usize = 255;

/// A client that moved here from another server.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Failover {
    /// When it moved, Unix milliseconds.
    pub at: i64,
    /// Its id.
    pub client: String,
    /// Its name.
    pub name: String,
    /// Its address of the previous server.
    pub from_server: String,
    /// How long it had no usable answer from there, milliseconds.
    pub silent_ms: i64,
    /// The problem it reports.
    pub problem: String,
    /// This server's view of that server then.
    pub server_observed: String,
    /// Whether that server was up in this server's view.
    pub server_up: Option<bool>,
}

/// A period in which this server and another had clients at once.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OverlapPeriod {
    /// When it began, Unix milliseconds.
    pub began: i64,
    /// When it was last seen, Unix milliseconds.
    pub ended: i64,
    /// How long it was, milliseconds.
    pub ms: i64,
    /// The other server.
    pub server: String,
    /// Peak of clients here.
    pub here: u32,
    /// Peak of clients there.
    pub there: u32,
}

/// Measures overlapping use.
#[derive(Debug, Default)]
pub struct OverlapMonitor {
    last: Mutex<Option<OverlapLook>>,
}

/// This server's view of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedPeer {
    /// Its name.
    pub name: String,
    /// Whether it is up.
    pub up: bool,
    /// Clients it serves.
    pub serving: u32,
    /// Whether its last response is recent enough.
    pub is_prompt: bool,
    /// As a sentence.
    pub sentence: String,
}

impl Engine {
    /// Records a client's report about its previous server. A failure is only logged.
    pub(crate) async fn note_switch(&self, hello: &Hello) {
        let Some(observed) = &hello.observed else { return };
        let seen = self.primary_seen();
        let (sentence, up) = match &seen {
            Some(seen) => (seen.sentence.clone(), Some(seen.up && seen.is_prompt)),
            None => ("This server does not poll that one.".to_owned(), None),
        };
        let failover = Failover {
            at: self.now_ms(),
            client: hello.client.clone(),
            name: one_line(&hello.name, MOST_TEXT),
            from_server: one_line(&observed.server, MOST_TEXT),
            silent_ms: i64::try_from(observed.silent_ms).unwrap_or(i64::MAX),
            problem: one_line(&observed.problem, MOST_TEXT),
            server_observed: sentence,
            server_up: up,
        };
        tracing::info!(client = failover.name, from = failover.from_server, "a client moved here from another server");
        if let Err(error) = keep(&self.store, &failover).await {
            tracing::error!(%error, "could not record that a client moved");
        }
    }

    /// The last `limit` clients that moved here, newest first.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn failovers(&self, limit: u32) -> Result<Vec<Failover>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM client_switches ORDER BY at DESC, id DESC LIMIT ?")
            .bind(limit)
            .fetch_all(self.store.read())
            .await
    }

    /// The last `limit` periods of overlapping use, newest first.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn overlaps(&self, limit: u32) -> Result<Vec<OverlapPeriod>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM simultaneous_use ORDER BY began DESC, id DESC LIMIT ?")
            .bind(limit)
            .fetch_all(self.store.read())
            .await
    }

    /// Total overlapping use since this server was set up, milliseconds.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn overlap_ms(&self) -> Result<u64, sqlx::Error> {
        let total: i64 = sqlx::query_scalar("SELECT coalesce(sum(ms), 0) FROM simultaneous_use")
            .fetch_one(self.store.read())
            .await?;
        Ok(u64::try_from(total).unwrap_or(0))
    }

    /// Checks whether another server has clients while this one does. Call it every second.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn watch_overlap(&self) -> Result<(), sqlx::Error> {
        let other =
            self.others_seen().into_iter().filter(|seen| seen.up && seen.serving > 0).max_by_key(|seen| seen.serving);
        let here = if other.is_some() { self.leases.serving().holding } else { 0 };
        let look = OverlapLook { mono_ms: self.clock.mono_ms(), both: here > 0 };
        let before = self.overlap.last.lock().unwrap_or_else(PoisonError::into_inner).replace(look);
        let (Some(other), Some(passed)) = (other, overlap_ms(before, look)) else { return Ok(()) };
        measure(&self.store, self.now_ms(), passed, &other, here).await
    }
}

async fn keep(store: &Store, failover: &Failover) -> Result<(), sqlx::Error> {
    let mut tx = store.write().await?;
    sqlx::query(
        "INSERT INTO client_switches (at, client, name, from_server, silent_ms, problem, server_observed, server_up)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(failover.at)
    .bind(&failover.client)
    .bind(&failover.name)
    .bind(&failover.from_server)
    .bind(failover.silent_ms)
    .bind(&failover.problem)
    .bind(&failover.server_observed)
    .bind(failover.server_up)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM client_switches WHERE at < ?").bind(failover.at - KEPT_MS).execute(&mut *tx).await?;
    tx.commit().await
}

async fn measure(store: &Store, now: i64, passed: i64, other: &ObservedPeer, here: u32) -> Result<(), sqlx::Error> {
    let mut tx = store.write().await?;
    let going: Option<i64> = sqlx::query_scalar(
        "SELECT id FROM simultaneous_use WHERE server = ? AND ended >= ? AND ended <= ? ORDER BY id DESC LIMIT 1",
    )
    .bind(&other.name)
    .bind(now - GAP_MS)
    .bind(now)
    .fetch_optional(&mut *tx)
    .await?;
    match going {
        Some(id) => {
            sqlx::query("UPDATE simultaneous_use SET ended = ?2, ms = ms + ?3, here = max(here, ?4), there = max(there, ?5) WHERE id = ?1")
                .bind(id)
                .bind(now)
                .bind(passed)
                .bind(here)
                .bind(other.serving)
                .execute(&mut *tx)
                .await?
        }
        None => {
            sqlx::query("INSERT INTO simultaneous_use (began, ended, ms, server, here, there) VALUES (?, ?, ?, ?, ?, ?)")
                .bind(now - passed)
                .bind(now)
                .bind(passed)
                .bind(&other.name)
                .bind(here)
                .bind(other.serving)
                .execute(&mut *tx)
                .await?
        }
    };
    tx.commit().await
}

impl Engine {
    /// This server's view of its peers.
    fn others_seen(&self) -> Vec<ObservedPeer> {
        let now = self.now_ms();
        let seen = |server: &crate::peers::InstallationServer| {
            let up = matches!(server.state, PeerLiveness::Up(_));
            let report = server.report.as_ref().filter(|_| up);
            let serving = report.and_then(|report| report.serving.as_ref()).map_or(0, |serving| serving.holding);
            let is_drained = report.is_some_and(|report| report.drain.is_some());
            let sentence = match server.state {
                PeerLiveness::Up(_) if is_drained => {
                    format!("{} was up and draining.", server.name)
                }
                PeerLiveness::Up(_) => match server.last_seen_ms.and_then(|seen| late_by_s(now - seen)) {
                    Some(ago) => format!("{} last responded {ago} s before.", server.name),
                    None => format!("{} was up.", server.name),
                },
                PeerLiveness::Silent(_) => format!("{} was not responding.", server.name),
                PeerLiveness::Never => format!("{} had never responded.", server.name),
            };
            let is_prompt = server.last_seen_ms.is_some_and(|seen| late_by_s(now - seen).is_none());
            ObservedPeer { name: server.name.clone(), up, serving, is_prompt, sentence }
        };
        self.peers.picture().others().map(seen).collect()
    }

    /// This server's view of the primary.
    fn primary_seen(&self) -> Option<ObservedPeer> {
        let picture = self.peers.picture();
        let leads = picture.others().find(|server| server.role == Role::Primary)?.name.clone();
        self.others_seen().into_iter().find(|seen| seen.name == leads)
    }

    /// Whether a backup is up for a drain.
    pub fn backup_is_up(&self) -> bool {
        self.peers
            .picture()
            .others()
            .any(|server| server.role == Role::Backup && matches!(server.state, PeerLiveness::Up(_)))
    }
}
