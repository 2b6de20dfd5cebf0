//! Chance from a fixed seed.

use std::ops::RangeInclusive;

use demo::SeededRandom;

/// What the simulation leaves to chance.
#[derive(Debug, Clone)]
pub struct SimulationRandom(SeededRandom);

impl SimulationRandom {
    pub fn new(seed: u64) -> Self {
        Self(SeededRandom::from_state(seed))
    }

    pub fn number(&mut self) -> u64 {
        self.0.next_number()
    }

    /// Chance of its own for one part of the simulation: what others draw does not change it.
    pub fn fork(&mut self) -> Self {
        Self::new(self.number())
    }

    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        range.start() + self.number() % (range.end() - range.start() + 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end.max(1) as u64).unwrap()
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.number() % 100 < percent
    }
}
