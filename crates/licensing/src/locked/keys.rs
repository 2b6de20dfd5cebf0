use std::fmt;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::HeaderId;

/// The highest user index with a key of its own; all above share it.
pub const MOST_TOLD_APART: u64 = 100_000;

/// Every so many keys of a chain one is kept.
const STEP: u64 = 256;

/// The key for users with an index up to a number.
#[derive(Clone, PartialEq, Eq)]
pub struct UserKey {
    /// That number; at most [`MOST_TOLD_APART`].
    pub users: u64,
    key: [u8; 32],
}

impl UserKey {
    /// A key that was kept or received.
    #[must_use]
    pub fn new(users: u64, key: [u8; 32]) -> Self {
        Self { users: users.min(MOST_TOLD_APART), key }
    }

    /// Its bytes, to be kept or sent to the server it belongs to.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// The key for as many users or fewer; `None` for more.
    #[must_use]
    pub fn for_fewer(&self, users: u64) -> Option<Self> {
        (users <= self.users).then(|| Self::new(users, self.below(users)))
    }

    /// The key for fewer users.
    fn below(&self, users: u64) -> [u8; 32] {
        (users..self.users).fold(self.key, |key, _| digest(b"leasehold locked below 1", &key))
    }
}

impl Drop for UserKey {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserKey(up to {})", self.users)
    }
}

/// The root of one day's keys.
#[derive(Clone, PartialEq, Eq)]
pub struct DayRoot {
    /// The id of its header.
    pub id: HeaderId,
    /// The UTC day, counted from 1970-01-01.
    pub day: i64,
    root: [u8; 32],
}

impl DayRoot {
    /// A root from fresh random bytes.
    #[must_use]
    pub fn new(day: i64, id: [u8; 8], root: [u8; 32]) -> Self {
        Self { id: HeaderId(id), day, root }
    }

    /// The key for users with an index up to a number.
    #[must_use]
    pub fn key(&self, users: u64) -> UserKey {
        let top = UserKey::new(MOST_TOLD_APART, self.root);
        let users = users.min(MOST_TOLD_APART);
        UserKey::new(users, top.below(users))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.root
    }
}

impl Drop for DayRoot {
    fn drop(&mut self) {
        self.root.zeroize();
    }
}

impl fmt::Debug for DayRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DayRoot({} of day {})", self.id, self.day)
    }
}

/// A key with some of those below it kept, so that each is found with few digests; those that were needed once are kept
/// too.
pub struct KeyLadder {
    users: u64,
    /// Those for `users`, `users − STEP`, and so on.
    kept: Vec<Rung>,
}

struct Rung {
    key: UserKey,
    /// The keys of records of the users from this index down to the next rung.
    records: OnceLock<Zeroizing<Vec<[u8; 32]>>>,
}

impl Rung {
    fn new(key: UserKey) -> Self {
        Self { key, records: OnceLock::new() }
    }

    fn records(&self) -> &[[u8; 32]] {
        self.records.get_or_init(|| {
            let mut key = Zeroizing::new(self.key.key);
            let mut records = Zeroizing::new(Vec::with_capacity(STEP as usize));
            for _ in 0..STEP.min(self.key.users) {
                records.push(digest(b"leasehold locked record 1", &key));
                *key = digest(b"leasehold locked below 1", &key);
            }
            records
        })
    }
}

impl KeyLadder {
    /// All keys up to and including this one.
    #[must_use]
    pub fn new(top: &UserKey) -> Self {
        let mut kept = vec![Rung::new(top.clone())];
        while let Some(last) = kept.last().map(|rung| &rung.key).filter(|last| last.users > STEP) {
            let users = last.users - STEP;
            let below = UserKey::new(users, last.below(users));
            kept.push(Rung::new(below));
        }
        Self { users: top.users, kept }
    }

    /// Up to which user index it opens.
    #[must_use]
    pub fn users(&self) -> u64 {
        self.users
    }

    /// The key of records of the user with that index; `None` beyond [`KeyLadder::users`].
    pub(super) fn record_key(&self, index: u64) -> Option<[u8; 32]> {
        let index = index.min(MOST_TOLD_APART);
        let below = usize::try_from(self.users.checked_sub(index)?).ok()?;
        let step = STEP as usize;
        self.kept.get(below / step)?.records().get(below % step).copied()
    }
}

impl fmt::Debug for KeyLadder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyLadder(up to {})", self.users)
    }
}

fn digest(purpose: &[u8], key: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(purpose).chain_update(key).finalize().into()
}
