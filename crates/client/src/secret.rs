//! Randomness: the one place of this crate that draws it.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

/// A new random id.
pub fn id() -> String {
    Uuid::new_v4().to_string()
}

/// Spreads the refreshes of many clients over time, so that they do not beat in step.
#[derive(Debug)]
pub struct Jitter(StdRng);

impl Jitter {
    /// Seeded by the operating system.
    pub fn new() -> Self {
        Self(StdRng::from_os_rng())
    }

    /// `ms`, up to a tenth shorter or longer.
    pub fn around(&mut self, ms: u64) -> u64 {
        let tenth = ms / 10;
        self.0.random_range(ms - tenth..=ms.saturating_add(tenth))
    }

    /// Anything from nothing to `ms`.
    pub fn within(&mut self, ms: u64) -> u64 {
        self.0.random_range(0..=ms)
    }
}
