//! Randomness: the one place of this crate that draws it.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Where a client's ids and the times of its refreshes come from.
#[derive(Debug)]
pub struct ClientRandom(StdRng);

impl ClientRandom {
    /// From the operating system; from a number, for tests, when there is one.
    pub fn new(seed: Option<u64>) -> Self {
        Self(seed.map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64))
    }

    /// A new random id.
    pub fn id(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.0.random()).into_uuid().to_string()
    }

    /// `ms`, up to a tenth shorter or longer, so that many clients do not beat in step.
    pub fn around(&mut self, ms: u64) -> u64 {
        let tenth = ms / 10;
        self.0.random_range(ms - tenth..=ms.saturating_add(tenth))
    }

    /// Anything from nothing to `ms`.
    pub fn within(&mut self, ms: u64) -> u64 {
        self.0.random_range(0..=ms)
    }
}
