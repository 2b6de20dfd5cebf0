//! The one place of this crate that reads the clock; everywhere else time is an argument.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

/// Where "now" comes from.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// Milliseconds since some fixed instant. Never stands still or goes back, time asleep included: what a machine was given
    /// before it slept is not good any more when it wakes up late.
    fn elapsed_ms(&self) -> u64;

    /// The same to within a few milliseconds either way, for when a license is returned: cheaper to read, and never decides
    /// whether something is still good.
    fn about_ms(&self) -> u64 {
        self.elapsed_ms()
    }

    /// Called about every second: a clock that derives one time from another compares them here.
    fn align(&self) {}

    /// Wall time, Unix milliseconds. For records it is read once, at the start, and they are stamped by [`Clock::elapsed_ms`] from then
    /// on; log lines are stamped by it.
    fn wall_ms(&self) -> i64;
}

/// The machine's own clock: `CLOCK_BOOTTIME`, about 23 ns a reading. A return is stamped by `CLOCK_MONOTONIC_COARSE` (5 ns), which
/// moves in ticks of 1 to 10 ms: half a tick is added, so that on average times in use are neither too long nor too short.
#[derive(Debug)]
pub struct SystemClock {
    /// What to add to the coarse clock, nanoseconds.
    ahead_ns: AtomicU64,
}

impl Default for SystemClock {
    fn default() -> Self {
        let clock = Self { ahead_ns: AtomicU64::new(0) };
        clock.align();
        clock
    }
}

const NS_PER_MS: u64 = 1_000_000;

fn read_ns(clock: ClockId) -> u64 {
    nanoseconds(clock_gettime(clock))
}

fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

impl Clock for SystemClock {
    fn elapsed_ms(&self) -> u64 {
        read_ns(ClockId::Boottime) / NS_PER_MS
    }

    fn about_ms(&self) -> u64 {
        read_ns(ClockId::MonotonicCoarse).saturating_add(self.ahead_ns.load(Ordering::Relaxed)) / NS_PER_MS
    }

    fn align(&self) {
        let half_a_tick = nanoseconds(clock_getres(ClockId::MonotonicCoarse)) / 2;
        // Time asleep counts in the one and not in the other.
        let asleep = read_ns(ClockId::Boottime).saturating_sub(read_ns(ClockId::Monotonic));
        self.ahead_ns.store(asleep.saturating_add(half_a_tick), Ordering::Relaxed);
    }

    #[expect(clippy::disallowed_methods, reason = "the place that injects the clock")]
    fn wall_ms(&self) -> i64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map(|d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheap_clock_departs_from_the_exact_one_by_no_more_than_a_tick() {
        let clock = SystemClock::default();
        let tick_ms = nanoseconds(clock_getres(ClockId::MonotonicCoarse)) / NS_PER_MS;
        let before = clock.elapsed_ms();
        let about = clock.about_ms();
        let after = clock.elapsed_ms();
        assert!(about + tick_ms + 1 >= before && about <= after + tick_ms + 1, "{before} {about} {after}");
    }
}
