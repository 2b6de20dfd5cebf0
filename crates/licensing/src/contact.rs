//! The contact clock (RULES R1): how long ago the vendor's nodes last answered, and what follows from it.
//!
//! A pure state machine: [`step`] takes a [`ContactState`] and an [`ContactEvent`] and gives the next state with its effects. All times
//! are integer Unix milliseconds. Nothing else in the code knows the numbers of days.

mod invariant;
mod phase;
mod step;

pub use invariant::{ContactViolation, invariants};
pub use phase::{ContactPhase, PHASES, PhaseLog, PhaseLogLevel, PhaseRule};
pub use step::{ContactEffect, ContactEvent, step};

use serde::{Deserialize, Serialize};

/// A wall-clock instant or a monotonic reading, in milliseconds.
pub type Millis = i64;

/// 24 hours, in milliseconds.
pub const DAY: Millis = 24 * 60 * 60 * 1000;

/// How far the wall clock may depart from the high-water mark before it is flagged, in milliseconds (RULES R1).
pub const TOLERANCE: Millis = 5 * 60 * 1000;

/// Days without contact after which licenses leave service: never less than 60 (seed 001).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u32", into = "u32")]
pub struct Limit(u32);

impl Limit {
    /// The least there is (seed 001: never less than 60 days).
    pub const LEAST: Limit = Limit(60);

    /// The limit a license asks for; a smaller one counts as 60.
    #[must_use]
    pub fn new(days: u32) -> Limit {
        Limit(days).max(Limit::LEAST)
    }

    /// In days.
    #[must_use]
    pub fn days(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Limit {
        Limit::LEAST
    }
}

impl From<u32> for Limit {
    fn from(days: u32) -> Limit {
        Limit::new(days)
    }
}

impl From<Limit> for u32 {
    fn from(limit: Limit) -> u32 {
        limit.0
    }
}

/// What is known about contact. Everything but `anchor` is to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContactState {
    /// The time signed by the node in the last verified exchange, Unix milliseconds; `None` before the first.
    pub last_verified: Option<Millis>,
    /// The latest time known to have been reached, Unix milliseconds. Only a verified exchange moves it back.
    pub high_water: Millis,
    /// When licenses leave service.
    pub limit: Limit,
    /// By how many milliseconds the wall clock was last seen ahead (positive) or behind (negative) of `high_water`,
    /// beyond [`TOLERANCE`]. Stays until the next verified exchange.
    pub flagged: Option<Millis>,
    /// The phase and high-water time of the last report, so that none comes twice.
    pub reported: Option<(ContactPhase, Millis)>,
    /// The monotonic time at which `high_water` was current; `None` before the first tick of a run.
    #[serde(skip)]
    pub anchor: Option<Millis>,
}

impl ContactState {
    /// A server that has never been registered, at wall time `now`.
    #[must_use]
    pub fn unregistered(now: Millis) -> ContactState {
        ContactState { high_water: now, ..ContactState::default() }
    }

    /// Whole days since the last verified exchange; `None` before the first.
    #[must_use]
    pub fn days(&self) -> Option<u32> {
        let elapsed = self.high_water.saturating_sub(self.last_verified?).max(0);
        Some(u32::try_from(elapsed / DAY).unwrap_or(u32::MAX))
    }

    /// The phase these days are in.
    #[must_use]
    pub fn phase(&self) -> ContactPhase {
        self.days().map_or(ContactPhase::Unregistered, |days| ContactPhase::at(days, self.limit))
    }

    /// The row of the table for this phase.
    #[must_use]
    pub fn rule(&self) -> &'static PhaseRule {
        self.phase().rule()
    }

    /// Whether the contact rule lets licenses be in service.
    #[must_use]
    pub fn in_service(&self) -> bool {
        !matches!(self.phase(), ContactPhase::Lapsed | ContactPhase::Unregistered)
    }

    /// The instant the next phase begins without contact, Unix milliseconds, and that phase.
    #[must_use]
    pub fn next_change(&self) -> Option<(Millis, ContactPhase)> {
        let next = self.phase().next()?;
        Some((self.begin(next)?, next))
    }

    /// The instant licenses leave service without contact, Unix milliseconds.
    #[must_use]
    pub fn lapses_at(&self) -> Option<Millis> {
        self.begin(ContactPhase::Lapsed)
    }

    /// The same state with another limit, from a new bundle.
    #[must_use]
    pub fn with_limit(self, limit: Limit) -> ContactState {
        ContactState { limit, ..self }
    }

    fn begin(&self, phase: ContactPhase) -> Option<Millis> {
        let days = phase.first_day(self.limit)?;
        Some(self.last_verified?.saturating_add(Millis::from(days).saturating_mul(DAY)))
    }
}

#[cfg(test)]
mod tests;
