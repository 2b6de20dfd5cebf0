use std::sync::atomic::{AtomicI64, Ordering};

use crate::clock::Clock;

/// Readings of two clocks differ slightly each time; a larger difference means the wall clock was set, milliseconds.
const SET_MS: i64 = 5;

/// Arrival of a request, milliseconds on the server's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReceivedAt(pub(super) i64);

/// Wall time derived from the monotonic clock: the same for all clients, whose times are compared.
#[derive(Debug)]
pub(super) struct SteadyTime {
    /// Offset to the monotonic clock.
    ahead_ms: AtomicI64,
}

impl SteadyTime {
    pub fn new(clock: &dyn Clock) -> Self {
        Self { ahead_ms: (clock.now_ms() - clock.mono_ms()).into() }
    }

    /// Reads the monotonic clock. Follows the wall clock if that was set.
    pub fn read(&self, clock: &dyn Clock) -> ReceivedAt {
        let before = clock.mono_ms();
        let wall = clock.now_ms();
        let now = clock.mono_ms();
        let ahead = wall - now;
        // If time passed between the readings, they don't measure the wall clock.
        if now - before <= 1 && self.ahead_ms.load(Ordering::Relaxed).abs_diff(ahead) > SET_MS.unsigned_abs() {
            self.ahead_ms.store(ahead, Ordering::Relaxed);
        }
        ReceivedAt(now)
    }

    /// Unix milliseconds.
    pub fn wall_ms(&self, mono_ms: i64) -> i64 {
        mono_ms.saturating_add(self.ahead_ms.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn wall_time_stays_in_step_with_the_monotonic_clock_until_somebody_sets_the_clock() {
        let clock = ManualClock::at(1_800_000_000_000);
        let time = SteadyTime::new(&clock);
        let reads = || time.wall_ms(time.read(&clock).0);
        clock.advance(1_000);
        clock.set_off(-4);
        assert_eq!(reads(), 1_800_000_001_000, "a few milliseconds are how it was read");
        clock.set_off(-996);
        assert_eq!(reads(), 1_800_000_000_000);
        clock.advance(10);
        assert_eq!(reads(), 1_800_000_000_010);
    }
}
