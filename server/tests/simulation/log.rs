//! What happened in a simulation: for people who look for the reason of a failure, and for counting that enough happened.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::clock::SimulatedTime;

/// Shared by all machines of a simulation.
#[derive(Debug, Clone)]
pub struct Log {
    now: Arc<SimulatedTime>,
    lines: Arc<Mutex<Vec<(u64, String)>>>,
    counts: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Log {
    pub fn new(now: Arc<SimulatedTime>) -> Self {
        Self { now, lines: Arc::default(), counts: Arc::default() }
    }

    pub fn tell(&self, text: impl Into<String>) {
        self.lines.lock().unwrap().push((self.now.ms(), text.into()));
    }

    /// One more of that kind.
    pub fn count(&self, what: &'static str) {
        *self.counts.lock().unwrap().entry(what).or_default() += 1;
    }

    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().unwrap().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        let line = |(at, text): &(u64, String)| format!("{:>7}.{:03} {text}", at / 1_000, at % 1_000);
        self.lines.lock().unwrap().iter().map(line).collect()
    }
}
