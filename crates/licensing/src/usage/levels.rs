use std::collections::BTreeMap;

use super::bytes::{read_varint, write_varint};

/// For how long how many licenses were in use: milliseconds by number in use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    /// By level, of those below [`FEW`].
    few: Vec<u64>,
    /// The higher ones. Check-outs of many licenses each leave most of these out.
    many: BTreeMap<u32, u64>,
}

/// Levels below this one are kept side by side.
const FEW: u32 = 1 << 12;
/// Maximum level.
const MOST: u64 = u32::MAX as u64;

impl Levels {
    /// Adds time at a level.
    pub fn add(&mut self, level: u32, ms: u64) {
        if ms == 0 {
            return;
        }
        if level >= FEW {
            let known = self.many.entry(level).or_default();
            *known = known.saturating_add(ms);
            return;
        }
        let level = level as usize;
        if self.few.len() <= level {
            self.few.resize(level + 1, 0);
        }
        self.few[level] = self.few[level].saturating_add(ms);
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        for (level, ms) in other.iter() {
            self.add(level, ms);
        }
    }

    /// Level and time, lowest first, without unused levels.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let few = self.few.iter().enumerate().filter(|(_, ms)| **ms > 0).map(|(level, ms)| (level as u32, *ms));
        few.chain(self.many.iter().map(|(level, ms)| (*level, *ms)))
    }

    /// All time together, milliseconds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.iter().fold(0, |sum, (_, ms)| sum.saturating_add(ms))
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
