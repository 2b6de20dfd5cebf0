use super::bytes::{read_varint, write_varint};

/// For how long how many licenses were in use: milliseconds by number in use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels(Vec<u64>);

/// Maximum level; higher ones are capped, so that a damaged database can't fill the memory.
const MOST: u64 = 1 << 24;

impl Levels {
    /// Adds time at a level.
    pub fn add(&mut self, level: u32, ms: u64) {
        if ms == 0 {
            return;
        }
        let level = u64::from(level).min(MOST) as usize;
        if self.0.len() <= level {
            self.0.resize(level + 1, 0);
        }
        self.0[level] = self.0[level].saturating_add(ms);
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        for (level, ms) in other.iter() {
            self.add(level, ms);
        }
    }

    /// Level and time, lowest first, without unused levels.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.0.iter().enumerate().filter(|(_, ms)| **ms > 0).map(|(level, ms)| (level as u32, *ms))
    }

    /// All time together, milliseconds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, ms| sum.saturating_add(*ms))
    }

    /// As bytes: steps between levels, each followed by its time.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut last = 0;
        for (level, ms) in self.iter() {
            write_varint(&mut out, u64::from(level - last));
            write_varint(&mut out, ms);
            last = level;
        }
        out
    }

    /// Reads and adds the output of [`Levels::encode`]; `None` if damaged.
    #[must_use]
    pub fn merge_encoded(&mut self, mut bytes: &[u8]) -> Option<()> {
        let mut level = 0_u64;
        while !bytes.is_empty() {
            level = (level + read_varint(&mut bytes)?.min(MOST)).min(MOST);
            self.add(u32::try_from(level).ok()?, read_varint(&mut bytes)?);
        }
        Some(())
    }
}
