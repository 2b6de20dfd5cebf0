//! The one place of this crate that reads the clock; everywhere else time is an argument.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

/// Where "now" comes from.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// Milliseconds since some fixed instant, monotonic and including time asleep: grants from before a long sleep
    /// must have expired.
    fn elapsed_ms(&self) -> u64;

    /// The same to within 60 milliseconds either way: cheaper to read, for when a license is taken or returned. Where
    /// something ends within that time, the exact clock decides whether it is still good.
    fn about_ms(&self) -> u64 {
        self.elapsed_ms()
    }

    /// Called about every second: a clock that derives one time from another compares them here.
    fn align(&self) {}

    /// Wall time, Unix milliseconds. For records it is read once, at the start, and they are stamped by
    /// [`Clock::elapsed_ms`] from then on; log lines are stamped by it.
    fn wall_ms(&self) -> i64;
}

/// [`Clock::about_ms`] is off by no more, milliseconds.
pub const ABOUT_MS: u64 = 60;

/// The machine's own clock: `CLOCK_BOOTTIME`, about 23 ns a reading. Licenses are taken and returned by
/// `CLOCK_MONOTONIC_COARSE` (5 ns), which moves in ticks of 1 to 10 ms: half a tick is added, so that on average times
/// are neither too early nor too late. That clock stands still while the machine sleeps; wall time does not. As long as
/// the two are as far apart as they were when they were last compared, the machine has not slept and its clock was not
/// set.
#[derive(Debug)]
pub struct SystemClock {
    /// What to add to the coarse clock, nanoseconds.
    ahead_ns: AtomicU64,
    /// Wall time less the coarse clock, nanoseconds.
    apart_ns: AtomicU64,
}

impl Default for SystemClock {
    fn default() -> Self {
        let clock = Self { ahead_ns: AtomicU64::new(0), apart_ns: AtomicU64::new(0) };
        clock.align();
        clock
    }
}

const NS_PER_MS: u64 = 1_000_000;
/// Clocks that are read one after the other may lie a tick apart, 10 ms at most, both times they are compared.
const MOST_TICKS_NS: u64 = 20 * NS_PER_MS;

fn read_ns(clock: ClockId) -> u64 {
    nanoseconds(clock_gettime(clock))
}

fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

/// Whether wall time is as far from the coarse clock as it was, but for ticks between readings.
fn is_apart_by(apart_ns: u64, coarse_ns: u64, wall_ns: u64) -> bool {
    wall_ns.wrapping_sub(coarse_ns).abs_diff(apart_ns) <= MOST_TICKS_NS
}

impl Clock for SystemClock {
    fn elapsed_ms(&self) -> u64 {
        read_ns(ClockId::Boottime) / NS_PER_MS
    }

    fn about_ms(&self) -> u64 {
        // In this order: whoever sees how far they were apart also sees what was added then.
        let apart_ns = self.apart_ns.load(Ordering::Acquire);
        let ahead_ns = self.ahead_ns.load(Ordering::Relaxed);
        let coarse_ns = read_ns(ClockId::MonotonicCoarse);
        if is_apart_by(apart_ns, coarse_ns, read_ns(ClockId::RealtimeCoarse)) {
            coarse_ns.saturating_add(ahead_ns) / NS_PER_MS
        } else {
            self.elapsed_ms()
        }
    }

    fn align(&self) {
        // First of all: a machine that falls asleep during this is found to be as far apart as before.
        let coarse_ns = read_ns(ClockId::MonotonicCoarse);
        let apart_ns = read_ns(ClockId::RealtimeCoarse).wrapping_sub(coarse_ns);
        let half_a_tick = nanoseconds(clock_getres(ClockId::MonotonicCoarse)) / 2;
        // Time asleep counts in the one and not in the other.
        let asleep = read_ns(ClockId::Boottime).saturating_sub(read_ns(ClockId::Monotonic));
        self.ahead_ns.store(asleep.saturating_add(half_a_tick), Ordering::Relaxed);
        self.apart_ns.store(apart_ns, Ordering::Release);
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
        // A tick beside either of the two comparisons, and what passes for ticks.
        assert!(2 * tick_ms + 1 + MOST_TICKS_NS / NS_PER_MS < ABOUT_MS);
    }

    #[test]
    fn a_machine_that_slept_or_whose_clock_was_set_is_noticed_and_ticks_are_not_taken_for_it() {
        const HOUR_NS: u64 = 3_600_000 * NS_PER_MS;
        let (apart, coarse) = (500_000 * HOUR_NS, 7 * HOUR_NS);
        let wall = apart + coarse;
        assert!([0, 4, 10].iter().all(|ms| is_apart_by(apart, coarse, wall + ms * NS_PER_MS)));
        assert!(is_apart_by(apart, coarse + 10 * NS_PER_MS, wall));
        assert!([30, 1_000, 3_600_000].iter().all(|ms| !is_apart_by(apart, coarse, wall + ms * NS_PER_MS)));
        assert!(!is_apart_by(apart, coarse, wall - HOUR_NS));
        assert!(!is_apart_by(apart, coarse, 0), "set to 1970");
    }
}
