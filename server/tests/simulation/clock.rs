//! Simulated time, and the clocks of machines that follow it in their own ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// The wall time simulations begin at: 2026-11-22 00:00 UTC, Unix milliseconds.
const WALL_MS: i64 = 1_795_305_600_000;

/// Simulated time, inside of machines while they run and outside between two steps.
#[derive(Debug, Default)]
pub struct SimulatedTime {
    outside_ms: AtomicU64,
    is_inside: AtomicBool,
}

impl SimulatedTime {
    /// Milliseconds since the simulation began.
    pub fn ms(&self) -> u64 {
        let inside = if self.is_inside.load(Ordering::Relaxed) { turmoil::sim_elapsed() } else { None };
        match inside {
            Some(passed) => u64::try_from(passed.as_millis()).unwrap(),
            None => self.outside_ms.load(Ordering::Relaxed),
        }
    }

    /// Machines run from here on.
    pub fn enter(&self) {
        self.is_inside.store(true, Ordering::Relaxed);
    }

    /// No machine runs, and that much time has passed.
    pub fn leave(&self, ms: u64) {
        self.is_inside.store(false, Ordering::Relaxed);
        self.outside_ms.store(ms, Ordering::Relaxed);
    }
}

/// The clock of a machine.
#[derive(Debug)]
pub struct MachineClock {
    now: Arc<SimulatedTime>,
    /// How many milliseconds pass on it in ten seconds.
    pace: u64,
    /// What it showed when the simulation began, or would have: a machine that starts anew counts anew.
    began: AtomicU64,
    /// How far people have set its wall clock off, milliseconds.
    off: AtomicI64,
}

impl MachineClock {
    /// A clock on which `pace` milliseconds pass in ten seconds.
    pub fn new(now: Arc<SimulatedTime>, pace: u64, began: u64) -> Self {
        Self { now, pace, began: began.into(), off: AtomicI64::new(0) }
    }

    /// The machine starts: its monotonic clock begins at another time.
    pub fn restart(&self, began: u64) {
        self.began.store(began, Ordering::Relaxed);
    }

    /// Somebody sets the wall clock.
    pub fn jump(&self, ms: i64) {
        self.off.fetch_add(ms, Ordering::Relaxed);
    }

    fn elapsed(&self) -> u64 {
        self.began.load(Ordering::Relaxed) + self.now.ms() * self.pace / 10_000
    }

    fn wall(&self) -> i64 {
        WALL_MS + self.off.load(Ordering::Relaxed) + i64::try_from(self.now.ms()).unwrap()
    }
}

impl engine::clock::Clock for MachineClock {
    fn now_ms(&self) -> i64 {
        self.wall()
    }

    fn mono_ms(&self) -> i64 {
        i64::try_from(self.elapsed()).unwrap()
    }
}

impl client::Clock for MachineClock {
    fn elapsed_ms(&self) -> u64 {
        self.elapsed()
    }

    fn wall_ms(&self) -> i64 {
        self.wall()
    }
}
