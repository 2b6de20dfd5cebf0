//! Which users were seen in the current span, in order of first appearance.

use std::collections::HashMap;

use licensing::monitor::{ObservationWindow, Observed};
use sha2::{Digest, Sha256};

use super::UsageError;
use crate::store::Store;

/// A user in the database: enough to know it again, and not its name.
type UserDigest = [u8; 16];

/// The users of one window.
#[derive(Debug, Default)]
pub(super) struct ObservedUsers {
    /// The window; `None` before the first record.
    pub window: Option<(ObservationWindow, i64)>,
    /// By name, those named since this was read.
    named: HashMap<Box<str>, u64>,
    stored: HashMap<UserDigest, u64>,
    /// Not yet stored: user, number, first seen.
    pub fresh: Vec<(UserDigest, u64, i64)>,
}

fn digest((span, number): (ObservationWindow, i64), name: &str) -> UserDigest {
    let span: &str = span.into();
    let digest = Sha256::new()
        .chain_update(b"leasehold observed user 1")
        .chain_update(span)
        .chain_update(number.to_be_bytes())
        .chain_update(name);
    let digest: [u8; 32] = digest.finalize().into();
    let mut short = UserDigest::default();
    short.copy_from_slice(&digest[..16]);
    short
}

impl ObservedUsers {
    /// Those of a window that are stored.
    pub async fn read(store: &Store, window: (ObservationWindow, i64)) -> Result<Self, UsageError> {
        let rows: Vec<(Vec<u8>, u64)> =
            sqlx::query_as("SELECT user, number FROM observed_users WHERE span = ? AND \"window\" = ?")
                .bind(window.0.to_string())
                .bind(window.1)
                .fetch_all(store.read())
                .await?;
        let stored = rows.into_iter().filter_map(|(user, number)| Some((user.try_into().ok()?, number))).collect();
        Ok(Self { window: Some(window), stored, ..Self::default() })
    }

    /// How many there are.
    pub fn observed(&self) -> Option<Observed> {
        let users = self.stored.len() as u64;
        self.window.map(|(_, window)| Observed { window, users })
    }

    /// The index of a user, from 1; a new one gets the next.
    pub fn index(&mut self, name: &str, now: i64) -> u64 {
        if let Some(index) = self.named.get(name) {
            return *index;
        }
        let next = self.stored.len() as u64 + 1;
        let Some(window) = self.window else { return next };
        let user = digest(window, name);
        let index = *self.stored.entry(user).or_insert(next);
        if index == next {
            self.fresh.push((user, index, now));
        }
        self.named.insert(name.into(), index);
        index
    }
}
