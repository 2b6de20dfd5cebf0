//! The client's side of an allocation: what it may use of one product at one server, and what it requests.
//!
//! Pure: [`Holding`] keeps the limit, [`Demand`] what is wanted. Times are milliseconds of a monotonic clock.

mod demand;

pub use demand::Demand;

/// Window of the peak demand, milliseconds.
pub const MARK_MS: u64 = 30_000;

/// A product without requests for this time, and not in use, is no longer wanted, milliseconds.
pub const FORGOTTEN_MS: u64 = 600_000;

/// Spare beyond the peak demand, so that the next requests needn't wait: one part in this many (a tenth), and at least
/// one license.
pub const SPARE_PART: u32 = 10;

/// A limit received from a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Heard {
    limit: u32,
    version: u64,
}

/// The limit of one product at one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// The limit observed.
    applied: Heard,
    /// A received lower limit, observed once no more than that are in use.
    pending: Option<Heard>,
    /// The limit is from an earlier epoch, so its version is void.
    stale: bool,
}

impl Holding {
    /// The maximum in use after one more: a license may be taken only while fewer are held.
    #[must_use]
    pub fn cap(&self) -> u32 {
        if self.stale { 0 } else { self.pending.map_or(self.applied.limit, |lower| lower.limit) }
    }

    /// The version to echo: that of the limit observed.
    #[must_use]
    pub fn echo(&self) -> u64 {
        if self.stale { 0 } else { self.applied.version }
    }

    /// The highest version received.
    #[must_use]
    pub fn known(&self) -> u64 {
        if self.stale { 0 } else { self.pending.unwrap_or(self.applied).version }
    }

    /// How many of `held` licenses to report to this server: those it has granted. A client that has just come from
    /// another server may hold more, which count there until this one has granted them.
    #[must_use]
    pub fn carried(&self, held: u32) -> u32 {
        if self.stale { 0 } else { held.min(self.applied.limit) }
    }

    /// Receives a limit while `held` are in use. Returns whether it was new; an older one changes nothing.
    pub fn hear(&mut self, limit: u32, version: u64, held: u32) -> bool {
        if version <= self.known() {
            return false;
        }
        let heard = Heard { limit, version };
        if self.carried(held) <= limit {
            *self = Holding { applied: heard, ..Holding::default() };
        } else {
            self.pending = Some(heard);
        }
        true
    }

    /// `held` are in use now: a waiting lower limit may now be observed.
    pub fn settle(&mut self, held: u32) {
        let carried = self.carried(held);
        if let Some(lower) = self.pending.filter(|lower| carried <= lower.limit) {
            *self = Holding { applied: lower, ..Holding::default() };
        }
    }

    /// The server starts a new epoch: its next limit applies with any version, and no license is taken before it.
    pub fn begin_again(&mut self) {
        *self = Holding { stale: true, ..Holding::default() };
    }
}

/// The invariants : a license is taken only below every last received limit, and the use reported to a
/// server is within the limit whose version is echoed to it.
#[must_use]
pub fn keeps_to_limit(holding: &Holding, held: u32, has_taken: bool) -> bool {
    let within = !has_taken || held <= holding.cap();
    let told = holding.stale || holding.carried(held) <= holding.applied.limit;
    let waits_for_less = holding.pending.is_none_or(|lower| lower.version > holding.applied.version);
    within && told && waits_for_less
}

#[cfg(test)]
mod tests;
