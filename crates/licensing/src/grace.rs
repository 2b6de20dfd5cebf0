//! The grace period: a VE that has lost its license keeps running for a while, so that its guest
//! can be shut down cleanly.
//!
//! A pure state machine: [`step`] takes a [`GraceState`], an [`GraceEvent`] and the time and gives the next state with its
//! effects. Times are milliseconds of a monotonic clock that includes time asleep.

mod invariant;
mod step;

pub use invariant::{GraceViolation, invariants};
pub use step::{GraceEffect, GraceEvent, step};

use crate::client_protocol::PATIENCE_MS;

/// Default grace period, minutes.
pub const DEFAULT_MIN: u32 = 120;

/// Time of the warning before the end, milliseconds.
pub const WARNING_MS: u64 = 60_000;

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// The phase of a VE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GracePhase {
    /// Running.
    Running,
    /// Its license is lost; it runs for a while.
    Grace {
        /// When the loss was noticed.
        since: u64,
        /// When it must have ended.
        until: u64,
        /// Whether the warning was given.
        is_warned: bool,
    },
    /// It must stop, for good.
    Stopped {
        /// Since when.
        at: u64,
    },
}

/// The state of a VE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GraceState {
    /// Its phase.
    pub phase: GracePhase,
    /// The grace period of its license, minutes. A running one keeps its length.
    pub grace_min: u32,
}

impl Default for GraceState {
    fn default() -> GraceState {
        GraceState { phase: GracePhase::Running, grace_min: DEFAULT_MIN }
    }
}

impl GraceState {
    /// The next deadline.
    #[must_use]
    pub fn due_at(&self) -> Option<u64> {
        match self.phase {
            GracePhase::Grace { until, is_warned: true, .. } => Some(until),
            GracePhase::Grace { since, until, is_warned: false } => Some(warns_at(since, until)),
            GracePhase::Running | GracePhase::Stopped { .. } => None,
        }
    }
}

/// Until when a client runs that lost its license at `lost_ms`.
#[must_use]
pub fn ends_at(lost_ms: u64, grace_min: u32) -> u64 {
    lost_ms.saturating_add(u64::from(grace_min) * MINUTE_MS)
}

/// Until when a client runs at most, for a server with last contact at `seen_ms`: it noticed after [`PATIENCE_MS`] at
/// the latest, and its grace period runs from then.
#[must_use]
pub fn ends_at_the_latest(seen_ms: u64, grace_min: u32) -> u64 {
    ends_at(seen_ms.saturating_add(PATIENCE_MS), grace_min)
}

/// When the warning is due: at once if there is less time.
fn warns_at(since: u64, until: u64) -> u64 {
    until.saturating_sub(WARNING_MS).max(since)
}

#[cfg(test)]
mod tests;
