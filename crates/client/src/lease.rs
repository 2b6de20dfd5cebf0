use std::fmt;
use std::sync::Arc;

use licensing::product::ProductCode;

use crate::lease_pool::TakenLease;
use crate::product::Handle;

/// A license in use. It is returned when this is dropped.
///
/// It stays valid when the client moves to another server. It ends early when no server answered for two minutes, or the
/// client was closed: ask [`Lease::is_valid`] now and then in what takes long, or listen to the client's events.
#[must_use = "a license is returned as soon as its lease is dropped"]
pub struct Lease {
    handle: Arc<Handle>,
    place: u32,
    generation: u64,
}

impl Lease {
    #[inline]
    pub(crate) fn new(handle: Arc<Handle>, TakenLease { place, generation, .. }: TakenLease) -> Self {
        Self { handle, place, generation }
    }

    /// Whether the license still counts.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let shared = self.handle.shared();
        self.handle.pool.is_valid(self.generation, shared.clock.elapsed_ms(), &shared.journal)
    }

    /// What it is for.
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
        self.handle.pool.give_back(self.place, self.generation, now_ms, &shared.journal);
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("product", self.product()).finish_non_exhaustive()
    }
}
