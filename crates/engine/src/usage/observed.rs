//! Which users were seen in the current span, in order of first appearance.

use std::collections::HashMap;

use licensing::monitor::{ObservationWindow, Observed};
use sha2::{Digest, Sha256};

use super::UsageError;
use crate::secret;
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
    /// Random, one for each window, and gone with it.
    pub salt: [u8; 32],
    /// Not yet stored: user, number, first seen.
    pub fresh: Vec<(UserDigest, u64, i64)>,
}

fn digest(salt: &[u8; 32], name: &str) -> UserDigest {
    let digest = Sha256::new().chain_update(b"leasehold observed user 2").chain_update(salt).chain_update(name);
    let digest: [u8; 32] = digest.finalize().into();
    let mut short = UserDigest::default();
    short.copy_from_slice(&digest[..16]);
    short
}

impl ObservedUsers {
    /// Those of a window that are stored.
    pub async fn read(store: &Store, window: (ObservationWindow, i64)) -> Result<Self, UsageError> {
        let salt: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT salt FROM observed_salt WHERE span = ? AND \"window\" = ?")
                .bind(window.0.to_string())
                .bind(window.1)
                .fetch_optional(store.read())
                .await?;
        let Some(salt) = salt.and_then(|salt| salt.try_into().ok()) else {
            return Ok(Self { window: Some(window), salt: secret::random(), ..Self::default() });
        };
        let rows: Vec<(Vec<u8>, u64)> =
            sqlx::query_as("SELECT user, number FROM observed_users WHERE span = ? AND \"window\" = ?")
                .bind(window.0.to_string())
                .bind(window.1)
                .fetch_all(store.read())
                .await?;
        let stored = rows.into_iter().filter_map(|(user, number)| Some((user.try_into().ok()?, number))).collect();
        Ok(Self { window: Some(window), stored, salt, ..Self::default() })
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
        let user = digest(&self.salt, name);
        let index = *self.stored.entry(user).or_insert(next);
        if index == next {
            self.fresh.push((user, index, now));
        }
        self.named.insert(name.into(), index);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_user_says_nothing_without_the_salt_of_its_window() {
        assert_eq!(digest(&[1; 32], "ann"), digest(&[1; 32], "ann"));
        assert_ne!(digest(&[1; 32], "ann"), digest(&[2; 32], "ann"));
    }
}
