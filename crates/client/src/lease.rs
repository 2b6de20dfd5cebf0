use std::fmt;
use std::sync::Arc;

use licensing::product::ProductCode;

use crate::lease_pool::{SlotKey, TakenLease};
use crate::product::Handle;

/// A license in use. It is returned when this is dropped.
///
/// It stays valid when the client moves to another server. It ends early if no server responds for two minutes, another
/// application takes this client's place and leaves no license for it, or the client is closed: in long-running work, check [`Lease::is_valid`] from time to time, or listen to the client's
/// events.
#[must_use = "a license is returned as soon as its lease is dropped"]
pub struct Lease {
    handle: Arc<Handle>,
    key: SlotKey,
}

impl Lease {
    #[inline]
    pub(crate) fn new(handle: Arc<Handle>, TakenLease { key, .. }: TakenLease) -> Self {
        Self { handle, key }
    }

    /// Whether the license is still valid.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let shared = self.handle.shared();
        self.handle.pool.is_valid(self.key, shared.clock.elapsed_ms(), &shared.journal)
    }

    /// Its product.
    #[must_use]
    pub fn product(&self) -> &ProductCode {
        &self.handle.pool.product
    }
}

impl Drop for Lease {
    #[inline]
    fn drop(&mut self) {
        let shared = self.handle.shared();
        let now_ms = shared.clock.about_ms();
        if self.handle.pool.give_back(self.key, now_ms, &shared.journal) {
            shared.wake.notify_one();
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("product", self.product()).finish_non_exhaustive()
    }
}
