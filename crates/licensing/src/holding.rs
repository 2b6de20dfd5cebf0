//! The client's side of an allocation (RULES R3): what it may take of one product at one server, and what it asks for.
//!
//! Pure: [`Holding`] keeps the limit, [`Demand`] what is wanted. Times are milliseconds of a clock that never goes back.

mod demand;

pub use demand::Demand;

/// How far back the most that was needed at once counts, milliseconds.
pub const MARK_MS: u64 = 30_000;

/// A product nobody asked for during this time, and of which none is in use, is wanted no more, milliseconds.
pub const FORGOTTEN_MS: u64 = 600_000;

/// The share of the most that was needed which is wanted beyond it, so that the next requests need not wait: one part in this
/// many (a tenth), and at least one license.
pub const SPARE_PART: u32 = 10;

/// A limit as heard from a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Heard {
    limit: u32,
    version: u64,
}

/// The limit of one product at one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// The limit kept to.
    applied: Heard,
    /// A lower limit that was heard and is kept to once no more than that are in use.
    pending: Option<Heard>,
    /// The limit is of an earlier epoch: its version means nothing any more.
    stale: bool,
}

impl Holding {
    /// The most that may be in use after one more was taken: a license may be taken only while fewer are held.
    #[must_use]
    pub fn cap(&self) -> u32 {
        if self.stale { 0 } else { self.pending.map_or(self.applied.limit, |lower| lower.limit) }
    }

    /// The version to echo: that of the limit kept to.
    #[must_use]
    pub fn echo(&self) -> u64 {
        if self.stale { 0 } else { self.applied.version }
    }

    /// The highest version heard.
    #[must_use]
    pub fn known(&self) -> u64 {
        if self.stale { 0 } else { self.pending.unwrap_or(self.applied).version }
    }

    /// How many of `held` licenses this server is told as in use: those it has given. More are held only by a client that has just
    /// come from another server; what this one has not given counts there until it has.
    #[must_use]
    pub fn carried(&self, held: u32) -> u32 {
        if self.stale { 0 } else { held.min(self.applied.limit) }
    }

    /// A server named a limit, while `held` are in use. Returns whether it was new; an older one changes nothing.
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

    /// `held` are in use now: a lower limit that waited for this is kept to from now on.
    pub fn settle(&mut self, held: u32) {
        let carried = self.carried(held);
        if let Some(lower) = self.pending.filter(|lower| carried <= lower.limit) {
            *self = Holding { applied: lower, ..Holding::default() };
        }
    }

    /// The server counts anew (another epoch): its next limit counts whatever its version, and none is taken before it.
    pub fn begin_again(&mut self) {
        *self = Holding { stale: true, ..Holding::default() };
    }
}

/// What always holds (RULES R3, I2): a license is taken only below every limit heard last, and what a server is told as in use is
/// within the limit whose version is echoed to it.
#[must_use]
pub fn keeps_to_limit(holding: &Holding, held: u32, has_taken: bool) -> bool {
    let within = !has_taken || held <= holding.cap();
    let told = holding.stale || holding.carried(held) <= holding.applied.limit;
    let waits_for_less = holding.pending.is_none_or(|lower| lower.version > holding.applied.version);
    within && told && waits_for_less
}

#[cfg(test)]
mod tests;
