//! The contact clock: the time since the last verified exchange, and its effects.
//!
//! A pure state machine: [`step`] takes a [`ContactState`] and an [`ContactEvent`] and gives the next state with its effects. All
//! times are integer Unix milliseconds. The numbers of days are only here.

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

/// Tolerated difference between wall clock and high-water mark, milliseconds.
pub const TOLERANCE: Millis = 5 * 60 * 1000;

/// A server may have been switched off this long: at a start, a wall clock further ahead is not believed at once.
pub const LONGEST_OFF: Millis = 90 * DAY;

/// Running time for which the wall clock must keep its distance to measured time before it is believed.
pub const CONFIRMED_AFTER: Millis = 7 * DAY;

/// A wall clock further ahead is wrong however long it says so; only a signed time moves measured time that far.
pub const LONGEST_JUMP: Millis = 3_653 * DAY;

/// A running wall clock this far ahead is followed by [`ContactState::known`]: a paused virtual machine has missed that
/// much.
pub const LONGEST_PAUSE: Millis = 7 * DAY;

/// 2023-01-01, before this program existed. Measured time before it was taken from a clock that had not been set yet.
pub const EARLIEST: Millis = 1_672_531_200_000;

/// Days without a sync after which licenses leave service: at least 60.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u32", into = "u32")]
pub struct Limit(u32);

impl Limit {
    /// The minimum (never less than 60 days).
    pub const LEAST: Limit = Limit(60);

    /// The limit of a license; a smaller one counts as 60.
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

/// A wall clock that keeps its distance to measured time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClockStanding {
    /// The distance: ahead (positive) or behind (negative), milliseconds.
    pub by: Millis,
    /// Running time for which it was the same, within [`TOLERANCE`], milliseconds.
    pub lasted: Millis,
}

/// The state of contact. Everything but `anchor` is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContactState {
    /// The time signed by the node in the last verified exchange, Unix milliseconds; `None` before the first.
    pub last_verified: Option<Millis>,
    /// Measured time, Unix milliseconds. Only a signed time moves it back.
    pub high_water: Millis,
    /// When licenses leave service.
    pub limit: Limit,
    /// Milliseconds by which the wall clock was last ahead (positive) or behind (negative) of `high_water`, beyond
    /// [`TOLERANCE`]. Stays until the next verified exchange, or until running time has confirmed the wall clock.
    pub flagged: Option<Millis>,
    /// While flagged: where the wall clock stands, and for how long.
    pub standing: Option<ClockStanding>,
    /// The phase and high-water time of the last log line, so that none repeats.
    pub reported: Option<(ContactPhase, Millis)>,
    /// The monotonic time of `high_water`; `None` before the first tick of a run.
    #[serde(skip)]
    pub anchor: Option<Millis>,
}

impl ContactState {
    /// A never registered server, at wall time `now`.
    #[must_use]
    pub fn unregistered(now: Millis) -> ContactState {
        ContactState { high_water: now, ..ContactState::default() }
    }

    /// The time that everything but license terms goes by: sessions, waits, schedules, records. It is the wall clock where that is
    /// credible, else measured time, so a clock that is set to another year moves nothing. A clock that is behind is credible once it
    /// has kept its place for a day of running: then measured time was taken from one that was ahead.
    #[must_use]
    pub fn known(&self, wall: Millis, mono: Millis) -> Millis {
        let passed = self.anchor.map_or(0, |anchor| mono.saturating_sub(anchor).max(0));
        let measured = self.high_water.saturating_add(passed);
        let ahead = wall.saturating_sub(measured);
        let was_never_set = step::was_never_set(measured, wall);
        let has_kept_its_place = self.standing.is_some_and(|standing| {
            let kept = ahead.saturating_sub(standing.by).saturating_abs() <= TOLERANCE;
            kept && standing.by < 0 && standing.lasted >= DAY
        });
        let is_credible = was_never_set || has_kept_its_place || (-TOLERANCE..=LONGEST_PAUSE).contains(&ahead);
        if is_credible { wall } else { measured }
    }

    /// Whole days since the last verified exchange; `None` before the first.
    #[must_use]
    pub fn days(&self) -> Option<u32> {
        let elapsed = self.high_water.saturating_sub(self.last_verified?).max(0);
        Some(u32::try_from(elapsed / DAY).unwrap_or(u32::MAX))
    }

    /// The current phase.
    #[must_use]
    pub fn phase(&self) -> ContactPhase {
        self.days().map_or(ContactPhase::Unregistered, |days| ContactPhase::at(days, self.limit))
    }

    /// The current phase's row in the table.
    #[must_use]
    pub fn rule(&self) -> &'static PhaseRule {
        self.phase().rule()
    }

    /// Whether the contact rule allows licenses in service.
    #[must_use]
    pub fn in_service(&self) -> bool {
        !matches!(self.phase(), ContactPhase::Lapsed | ContactPhase::Unregistered)
    }

    /// When the next phase begins without a sync, Unix milliseconds, and that phase.
    #[must_use]
    pub fn next_change(&self) -> Option<(Millis, ContactPhase)> {
        let next = self.phase().next()?;
        Some((self.begin(next)?, next))
    }

    /// When licenses leave service without a sync, Unix milliseconds.
    #[must_use]
    pub fn lapses_at(&self) -> Option<Millis> {
        self.begin(ContactPhase::Lapsed)
    }

    /// The same state with a new bundle's limit.
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
