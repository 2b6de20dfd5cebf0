//! The one place that reads the clock; everywhere else time is an argument.

/// Where "now" comes from. Wall time is Unix milliseconds, UTC.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Wall time in Unix milliseconds.
    fn now_ms(&self) -> i64;

    /// Milliseconds that passed since some fixed instant, time asleep included; setting the wall clock does not move it.
    fn mono_ms(&self) -> i64;
}

/// The machine's own clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the place that injects the clock")]
    fn now_ms(&self) -> i64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map(|d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
            .unwrap_or(0)
    }

    fn mono_ms(&self) -> i64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        now.tv_sec.saturating_mul(1000).saturating_add(now.tv_nsec / 1_000_000)
    }
}

/// A clock that tests move by hand.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall: std::sync::atomic::AtomicI64,
    mono: std::sync::atomic::AtomicI64,
}

impl ManualClock {
    /// A clock standing at `ms`.
    pub fn at(ms: i64) -> Self {
        Self { wall: ms.into(), mono: 0.into() }
    }

    /// Lets `ms` pass: wall and monotonic time go on together.
    pub fn advance(&self, ms: i64) {
        self.wall.fetch_add(ms, std::sync::atomic::Ordering::SeqCst);
        self.mono.fetch_add(ms.max(0), std::sync::atomic::Ordering::SeqCst);
    }

    /// Sets the wall clock off by `ms`, backwards when negative, as a person would.
    pub fn set_off(&self, ms: i64) {
        self.wall.fetch_add(ms, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.wall.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn mono_ms(&self) -> i64 {
        self.mono.load(std::sync::atomic::Ordering::SeqCst)
    }
}
