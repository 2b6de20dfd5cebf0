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

/// The limit of one product at one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// The limit observed.
    limit: u32,
    /// Its version.
    version: u64,
    /// How many licenses in use may count at this server: its limit, or those it granted before it lowered the limit.
    most: u32,
    /// The limit is from an earlier epoch, so its version is void.
    stale: bool,
}

impl Holding {
    /// The maximum in use after one more: a license may be taken only while fewer are held.
    #[must_use]
    pub fn cap(&self) -> u32 {
        if self.stale { 0 } else { self.limit }
    }

    /// The version to echo: that of the limit observed. A lower one is observed at once, because nothing is taken beyond
    /// it; what is in use above it is reported as in use until it is returned.
    #[must_use]
    pub fn echo(&self) -> u64 {
        if self.stale { 0 } else { self.version }
    }

    /// How many of `held` licenses to report to this server: those it has granted. A client that has just come from
    /// another server may hold more, which count there until this one has granted them.
    #[must_use]
    pub fn carried(&self, held: u32) -> u32 {
        if self.stale { 0 } else { held.min(self.most) }
    }

    /// Receives a limit while `held` are in use. Returns whether it was new; an older one changes nothing.
    pub fn hear(&mut self, limit: u32, version: u64, held: u32) -> bool {
        if version <= self.echo() {
            return false;
        }
        *self = Holding { limit, version, most: limit.max(self.carried(held)), stale: false };
        true
    }

    /// `held` are in use now: what was returned above the limit is not taken again.
    pub fn settle(&mut self, held: u32) {
        self.most = self.limit.max(self.carried(held));
    }

    /// The server starts a new epoch: its next limit applies with any version, and no license is taken before it.
    pub fn begin_again(&mut self) {
        *self = Holding { stale: true, ..Holding::default() };
    }
}

/// The invariants: a license is taken only below the last received limit, and the use reported to a server is what it
/// has granted.
#[must_use]
pub fn keeps_to_limit(holding: &Holding, held: u32, has_taken: bool) -> bool {
    let within = !has_taken || held <= holding.cap();
    within && holding.carried(held) <= holding.most && holding.limit <= holding.most
}

#[cfg(test)]
mod tests;
