//! Sessions that the database could not take: a full disk must not keep out the person who can free it.
//!
//! They live in memory until the database takes them, or until this server ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tower_sessions::session::Record;

use super::session_store::{ABSOLUTE_MS, IDLE_MS};

/// Most sessions in memory.
const MOST: usize = 1_000;

/// Names a session: the digest of its id.
pub(super) type Key = Vec<u8>;

#[derive(Debug, Clone)]
struct Kept {
    record: Record,
    seen_at: i64,
    expires_at: i64,
}

#[derive(Debug, Default)]
struct Inner {
    kept: BTreeMap<Key, Kept>,
    /// Ended, but still in the database.
    ended: BTreeSet<Key>,
}

/// Sessions in memory.
#[derive(Debug, Default)]
pub(crate) struct UnstoredSessions(Mutex<Inner>);

impl UnstoredSessions {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a session; whether there was room.
    pub(super) fn keep(&self, key: Key, record: &Record, now: i64) -> bool {
        let mut inner = self.inner();
        inner.kept.retain(|_, kept| is_live(kept, now));
        let expires_at = match inner.kept.get(&key) {
            Some(known) => known.expires_at,
            None if inner.kept.len() >= MOST => return false,
            None => now + ABSOLUTE_MS,
        };
        inner.kept.insert(key, Kept { record: record.clone(), seen_at: now, expires_at });
        true
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        self.inner().kept.contains_key(key)
    }

    /// A session that lives; `attended` requests extend it.
    pub(super) fn load(&self, key: &Key, now: i64, attended: bool) -> Option<Record> {
        let mut inner = self.inner();
        let kept = inner.kept.get_mut(key).filter(|kept| is_live(kept, now))?;
        if attended {
            kept.seen_at = now;
        }
        Some(kept.record.clone())
    }

    pub(super) fn is_ended(&self, key: &Key) -> bool {
        self.inner().ended.contains(key)
    }

    /// Ends a session, which the database still has if `is_stored`.
    pub(super) fn end(&self, key: &Key, is_stored: bool) {
        let mut inner = self.inner();
        inner.kept.remove(key);
        if is_stored {
            inner.ended.insert(key.clone());
        } else {
            inner.ended.remove(key);
        }
    }

    /// What the database has not taken yet: sessions, and ends of others.
    pub(super) fn all(&self, now: i64) -> (Vec<Record>, Vec<Key>) {
        let inner = self.inner();
        let kept = inner.kept.values().filter(|kept| is_live(kept, now)).map(|kept| kept.record.clone());
        (kept.collect(), inner.ended.iter().cloned().collect())
    }
}

fn is_live(kept: &Kept, now: i64) -> bool {
    now < kept.expires_at && now - kept.seen_at <= IDLE_MS
}
