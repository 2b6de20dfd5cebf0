//! One look at both clocks of a machine.

use crate::contact::Millis;

/// One instant, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockReading {
    /// Wall time, Unix milliseconds: for what is shown, never for what is charged or measured.
    pub wall_ms: Millis,
    /// Time since the machine started, time asleep included, milliseconds.
    pub mono_ms: Millis,
}
