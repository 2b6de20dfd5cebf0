//! The one place of this crate that reads the clock; everywhere else time is an argument.

use std::fmt;

/// Where "now" comes from.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// Milliseconds since some fixed instant. Never stands still or goes back, time asleep included: what a machine was given
    /// before it slept is not good any more when it wakes up late.
    fn elapsed_ms(&self) -> u64;

    /// Wall time, Unix milliseconds. Read once, at the start; from then on records are stamped by [`Clock::elapsed_ms`].
    fn wall_ms(&self) -> i64;
}

/// The machine's own clock: `CLOCK_BOOTTIME`, which costs about 23 ns a reading where the kernel offers it without a system call.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn elapsed_ms(&self) -> u64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        seconds.saturating_mul(1_000).saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000)
    }

    #[expect(clippy::disallowed_methods, reason = "the place that injects the clock")]
    fn wall_ms(&self) -> i64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map(|d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
            .unwrap_or(0)
    }
}
