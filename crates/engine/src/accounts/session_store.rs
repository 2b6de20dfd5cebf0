//! Sessions in SQLite for tower-sessions: the id only as SHA-256; idle and absolute ends are enforced here.

use std::sync::Arc;

use licensing::contact::TOLERANCE;
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result, SessionStore};

use super::unstored_sessions::UnstoredSessions;
use crate::Engine;
use crate::clock::Clock;
use crate::secret;
use crate::store::Store;

/// An idle session ends after this time, milliseconds (console rules: 30 min).
pub const IDLE_MS: i64 = 30 * 60 * 1000;
/// Maximum length of a session, milliseconds (console rules: 12 h).
pub const ABSOLUTE_MS: i64 = 12 * 60 * 60 * 1000;
/// "Last seen" is written at most this often, milliseconds.
const SEEN_EVERY_MS: i64 = 60_000;

/// The key of the signed-in user in the session data.
pub const WHO: &str = "who";

/// The signed-in user, in the session data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionUser {
    /// Number of the user.
    pub user_id: i64,
    /// Names this session on screen.
    pub handle: String,
    /// Network address at login.
    pub address: Option<String>,
    /// Browser at login.
    pub agent: Option<String>,
}

tokio::task_local! {
    static UNATTENDED: ();
}

/// Marks a request no person made: a page that refreshes itself doesn't extend its session.
pub async fn unattended<F: Future>(answer: F) -> F::Output {
    UNATTENDED.scope((), answer).await
}

/// The store for tower-sessions.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Store,
    clock: Arc<dyn Clock>,
    unstored: Arc<UnstoredSessions>,
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

fn key(id: &Id) -> Vec<u8> {
    secret::digest(&id.0.to_le_bytes()).to_vec()
}

impl Sessions {
    /// Keeps a session in memory that the database did not take.
    fn keep(&self, record: &Record, why: String) -> Result<()> {
        if self.unstored.keep(key(&record.id), record, self.clock.now_ms()) {
            tracing::warn!(error = why, "could not store a session; it lasts until this server ends");
            Ok(())
        } else {
            Err(Error::Backend(why))
        }
    }

    async fn remove(&self, key: &[u8]) -> sqlx::Result<()> {
        let mut tx = self.store.write().await?;
        sqlx::query("DELETE FROM sessions WHERE id = ?").bind(key).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Gives the database what it could not take before.
    pub(crate) async fn store_kept(&self) {
        let (kept, ended) = self.unstored.all(self.clock.now_ms());
        for record in kept {
            let stored = match self.put(&record, true).await {
                Ok(false) => self.put(&record, false).await,
                other => other,
            };
            if stored.is_ok() {
                self.unstored.end(&key(&record.id), false);
            }
        }
        for key in ended {
            if self.remove(&key).await.is_ok() {
                self.unstored.end(&key, false);
            }
        }
    }

    async fn note_use(&self, id: &Id, now: i64) -> sqlx::Result<()> {
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE sessions SET seen_at = ? WHERE id = ?").bind(now).bind(key(id)).execute(&mut *tx).await?;
        tx.commit().await
    }

    async fn put(&self, record: &Record, fresh: bool) -> Result<bool> {
        let who: Option<SessionUser> =
            record.data.get(WHO).and_then(|value| serde_json::from_value(value.clone()).ok());
        let data = serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
        let now = self.clock.now_ms();
        let handle = who.as_ref().map_or_else(|| secret::hex(&secret::random::<8>()), |who| who.handle.clone());
        let sql = if fresh {
            "INSERT INTO sessions (id, handle, user_id, data, address, agent, created_at, seen_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8) ON CONFLICT DO NOTHING"
        } else {
            "UPDATE sessions SET handle = CASE WHEN ?3 IS NULL THEN handle ELSE ?2 END, user_id = ?3, data = ?4,
             address = coalesce(?5, address), agent = coalesce(?6, agent), seen_at = ?7 WHERE id = ?1"
        };
        let mut tx = self.store.write().await.map_err(backend)?;
        let changed = sqlx::query(sql)
            .bind(key(&record.id))
            .bind(handle)
            .bind(who.as_ref().map(|who| who.user_id))
            .bind(data)
            .bind(who.as_ref().and_then(|who| who.address.clone()))
            .bind(who.and_then(|who| who.agent))
            .bind(now)
            .bind(now + ABSOLUTE_MS)
            .execute(&mut *tx)
            .await
            .map_err(backend)?;
        sqlx::query("DELETE FROM sessions WHERE expires_at < ?1 OR seen_at < ?1 - ?2 OR seen_at > ?1 + ?3")
            .bind(now)
            .bind(IDLE_MS)
            .bind(TOLERANCE)
            .execute(&mut *tx)
            .await
            .map_err(backend)?;
        tx.commit().await.map_err(backend)?;
        Ok(changed.rows_affected() > 0)
    }
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            match self.put(record, true).await {
                Ok(true) => return Ok(()),
                Ok(false) => record.id = Id::default(),
                Err(Error::Backend(why)) => return self.keep(record, why),
                Err(error) => return Err(error),
            }
        }
    }

    /// Saves the data of an existing session. One that has since ended stays ended.
    async fn save(&self, record: &Record) -> Result<()> {
        let key = key(&record.id);
        let is_kept = self.unstored.has(&key);
        match self.put(record, is_kept).await {
            Ok(_) if is_kept => self.unstored.end(&key, false),
            Ok(_) => {}
            Err(Error::Backend(_)) if self.unstored.is_ended(&key) => {}
            Err(Error::Backend(why)) => return self.keep(record, why),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.clock.now_ms();
        let attended = UNATTENDED.try_with(|()| ()).is_err();
        if self.unstored.is_ended(&key(id)) {
            return Ok(None);
        }
        if let Some(record) = self.unstored.load(&key(id), now, attended) {
            return Ok(Some(record));
        }
        let row: Option<(String, i64, i64)> =
            sqlx::query_as("SELECT data, seen_at, expires_at FROM sessions WHERE id = ?")
                .bind(key(id))
                .fetch_optional(self.store.read())
                .await
                .map_err(backend)?;
        let Some((data, seen, expires)) = row else { return Ok(None) };
        // Last seen in a time to come: the clock it was made by was wrong, and nothing says when it ends.
        if now >= expires || now - seen > IDLE_MS || seen - now > TOLERANCE {
            self.delete(id).await?;
            return Ok(None);
        }
        if attended
            && now - seen > SEEN_EVERY_MS
            && let Err(error) = self.note_use(id, now).await
        {
            // Reading must work even if nothing can be written; the session then ends a little early.
            tracing::warn!(%error, "could not update when a session was last used");
        }
        let data = serde_json::from_str(&data).map_err(|e| Error::Decode(e.to_string()))?;
        let expiry_date =
            OffsetDateTime::from_unix_timestamp(expires / 1000).map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let key = key(id);
        let removed = self.remove(&key).await;
        if let Err(error) = &removed {
            tracing::warn!(%error, "could not store that a session ended; it has, until this server ends");
        }
        self.unstored.end(&key, removed.is_err());
        Ok(())
    }
}

/// Moves all sessions and one-time links with a time that was corrected by `by`, so that nobody is signed out by it. Codes that were used at
/// another time say nothing of this one.
pub(crate) async fn shift(tx: &mut Transaction<'static, Sqlite>, by: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE sessions SET created_at = created_at + ?1, seen_at = seen_at + ?1, expires_at = expires_at + ?1",
    )
    .bind(by)
    .execute(&mut **tx)
    .await?;
    sqlx::query("UPDATE one_time_links SET created_at = created_at + ?1, expires_at = expires_at + ?1")
        .bind(by)
        .execute(&mut **tx)
        .await?;
    sqlx::query("UPDATE totp SET last_step = NULL").execute(&mut **tx).await?;
    Ok(())
}

/// A session as listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct SessionItem {
    /// Names it in forms.
    pub handle: String,
    /// Network address at login.
    pub address: Option<String>,
    /// Browser at login.
    pub agent: Option<String>,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds.
    pub seen_at: i64,
}

impl Engine {
    /// The store for tower-sessions.
    pub fn session_store(&self) -> Sessions {
        let unstored = self.unstored_sessions.clone();
        Sessions { store: self.store.clone(), clock: self.clock.clone(), unstored }
    }

    /// Live sessions of a user, last used first.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn sessions(&self, user_id: i64) -> sqlx::Result<Vec<SessionItem>> {
        let now = self.clock.now_ms();
        sqlx::query_as("SELECT handle, address, agent, created_at, seen_at FROM sessions WHERE user_id = ? AND expires_at > ? AND seen_at BETWEEN ? AND ? ORDER BY seen_at DESC")
            .bind(user_id)
            .bind(now)
            .bind(now - IDLE_MS)
            .bind(now + TOLERANCE)
            .fetch_all(self.store.read())
            .await
    }

    /// How many sessions are signed in now.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn live_sessions(&self) -> sqlx::Result<usize> {
        let now = self.clock.now_ms();
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM sessions WHERE user_id IS NOT NULL AND expires_at > ? AND seen_at BETWEEN ? AND ?",
        )
        .bind(now)
        .bind(now - IDLE_MS)
        .bind(now + TOLERANCE)
        .fetch_one(self.store.read())
        .await?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Ends one session of a user, or all but one. Returns how many ended.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn end_sessions(
        &self,
        actor: &crate::Actor,
        user_id: i64,
        which: WhichSessions<'_>,
    ) -> sqlx::Result<u64> {
        self.session_store().store_kept().await;
        let mut tx = self.store.write().await?;
        let query = match which {
            WhichSessions::One(handle) => {
                sqlx::query("DELETE FROM sessions WHERE user_id = ? AND handle = ?").bind(user_id).bind(handle)
            }
            WhichSessions::AllBut(handle) => {
                sqlx::query("DELETE FROM sessions WHERE user_id = ? AND handle <> ?").bind(user_id).bind(handle)
            }
        };
        let ended = query.execute(&mut *tx).await?.rows_affected();
        let sentence = match ended {
            1 => "Ended a session.".to_owned(),
            n => format!("Ended {n} sessions."),
        };
        let entry = crate::audit::NewAuditEntry {
            actor,
            action: "session.end",
            sentence,
            outcome: crate::audit::AuditOutcome::Done,
        };
        self.audit.commit(tx, entry.about(&actor.name)).await?;
        Ok(ended)
    }
}

/// Which sessions end.
#[derive(Debug, Clone, Copy)]
pub enum WhichSessions<'a> {
    /// The one with this handle.
    One(&'a str),
    /// All but the one with this handle.
    AllBut(&'a str),
}
