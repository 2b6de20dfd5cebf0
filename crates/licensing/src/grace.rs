//! A virtual environment that has lost its license goes on for a while (RULES R6, seed 003), so that its guest can be shut down cleanly.
//!
//! A pure state machine: [`step`] takes a [`GraceState`], an [`GraceEvent`] and the time and gives the next state with its effects. Time is in
//! milliseconds of a clock that never stands still or goes back, time asleep included.

mod invariant;
mod step;

pub use invariant::{GraceViolation, invariants};
pub use step::{GraceEffect, GraceEvent, step};

use crate::client_protocol::PATIENCE_MS;

/// Grace before any license has named its own, minutes (FORMATS §4).
pub const DEFAULT_MIN: u32 = 120;

/// How long before the end it is announced, milliseconds (RULES R6).
pub const WARNING_MS: u64 = 60_000;

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// What a virtual environment may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GracePhase {
    /// It runs.
    Running,
    /// Its license is lost; it runs on for a while.
    Grace {
        /// When the loss was noticed.
        since: u64,
        /// When it must have ended.
        until: u64,
        /// Whether the end was announced.
        is_warned: bool,
    },
    /// It has to end. There is no way back.
    Stopped {
        /// Since when.
        at: u64,
    },
}

/// How a virtual environment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GraceState {
    /// What it may do.
    pub phase: GracePhase,
    /// The grace its license allows, minutes. One that runs keeps the length it began with.
    pub grace_min: u32,
}

impl Default for GraceState {
    fn default() -> GraceState {
        GraceState { phase: GracePhase::Running, grace_min: DEFAULT_MIN }
    }
}

impl GraceState {
    /// When something happens next if nothing else does.
    #[must_use]
    pub fn due_at(&self) -> Option<u64> {
        match self.phase {
            GracePhase::Grace { until, is_warned: true, .. } => Some(until),
            GracePhase::Grace { since, until, is_warned: false } => Some(warns_at(since, until)),
            GracePhase::Running | GracePhase::Stopped { .. } => None,
        }
    }
}

/// Until when a client goes on that lost its license at `lost_ms`, with a grace of so many minutes.
#[must_use]
pub fn ends_at(lost_ms: u64, grace_min: u32) -> u64 {
    lost_ms.saturating_add(u64::from(grace_min) * MINUTE_MS)
}

/// Until when a client goes on, as a server that last heard of it at `seen_ms` can tell: it must have noticed by the time after which a
/// client takes its server for gone ([`PATIENCE_MS`]), and its grace runs from then. Whether it noticed earlier nobody there knows.
#[must_use]
pub fn ends_at_the_latest(seen_ms: u64, grace_min: u32) -> u64 {
    ends_at(seen_ms.saturating_add(PATIENCE_MS), grace_min)
}

/// When an end is announced: as early as may be when there is less time than that.
fn warns_at(since: u64, until: u64) -> u64 {
    until.saturating_sub(WARNING_MS).max(since)
}

#[cfg(test)]
mod tests;
