//! The days being written to, as of the last commit.

use std::collections::HashMap;

use licensing::usage::{Day, HourUse, Users};

/// A series and a UTC day.
pub(super) type DayKey = (i64, i64);

/// Chunks of changes are merged at this number.
const MOST_CHUNKS: u32 = 16;
/// Up to this many bytes, a day's changes are one rewritten chunk, which is cheaper than many rows.
const ONE_CHUNK: usize = 1024;
/// Days kept in memory, about.
const MOST_DAYS: usize = 20_000;
/// Changes kept in memory, about; 8 bytes each.
const MOST_EDGES: usize = 8_000_000;
/// Groups for which a day that is not touched stays in memory once there are too many.
const GROUPS_KEPT: u64 = 4;

/// One day of one series.
#[derive(Debug, Default)]
pub(super) struct OpenDay {
    pub day: Day,
    /// Of the totals of a deployment only.
    pub users: Users,
    /// Figures of the time when the hours were still kept; they are added to those of the day.
    pub coarse: Option<HourUse>,
    /// When the peak of these was, Unix milliseconds.
    pub coarse_peak_at: i64,
    /// Chunks stored.
    pub chunks: u32,
    /// Bytes in them.
    pub bytes: usize,
    pub touched: u64,
}

/// How to store a day's changes.
#[derive(Debug)]
pub(super) enum LevelChunk {
    /// One more chunk, with this number.
    Next(u32, Vec<u8>),
    /// All of them, replacing the existing chunks.
    Whole(Vec<u8>),
}

impl OpenDay {
    /// Recomputes the day and returns which changes to store.
    pub fn settle(&mut self, last_hour: i64) -> Option<LevelChunk> {
        let fresh = self.day.settle(last_hour);
        if fresh.as_slice().is_empty() {
            return None;
        }
        let fresh = fresh.encode();
        self.bytes += fresh.len();
        if self.bytes <= ONE_CHUNK || self.chunks >= MOST_CHUNKS {
            let whole = self.day.edges().encode();
            self.bytes = whole.len();
            self.chunks = 1;
            return Some(LevelChunk::Whole(whole));
        }
        self.chunks += 1;
        Some(LevelChunk::Next(self.chunks - 1, fresh))
    }

    /// The figures of the whole day and when its peak was.
    pub fn total(&self, day: i64) -> (HourUse, i64) {
        let sum = self.day.total();
        let hour = self.day.peak_hour() as i64;
        let at = (day * 24 + hour) * licensing::usage::HOUR_MS;
        match self.coarse {
            None => (sum, at),
            Some(coarse) => {
                let total = HourUse {
                    taken: sum.taken + coarse.taken,
                    use_ms: sum.use_ms.saturating_add(coarse.use_ms),
                    denied: sum.denied + coarse.denied,
                    peak: sum.peak.max(coarse.peak),
                };
                (total, if sum.peak > coarse.peak { at } else { self.coarse_peak_at })
            }
        }
    }
}

/// All days in memory.
#[derive(Debug, Default)]
pub(super) struct OpenDays {
    days: HashMap<DayKey, OpenDay>,
    changed: Vec<DayKey>,
    group: u64,
}

impl OpenDays {
    pub fn has(&self, key: DayKey) -> bool {
        self.days.contains_key(&key)
    }

    pub fn put(&mut self, key: DayKey, hot: OpenDay) {
        self.days.insert(key, hot);
    }

    /// A day to change.
    pub fn touch(&mut self, key: DayKey) -> &mut OpenDay {
        let hot = self.days.entry(key).or_default();
        if hot.touched <= self.group {
            hot.touched = self.group + 1;
            self.changed.push(key);
        }
        hot
    }

    /// The days changed since the last commit.
    pub fn changed(&mut self) -> impl Iterator<Item = (DayKey, &mut OpenDay)> {
        let keys = std::mem::take(&mut self.changed);
        let mut found = Vec::with_capacity(keys.len());
        let keys: std::collections::HashSet<DayKey> = keys.into_iter().collect();
        found.extend(self.days.iter_mut().filter(|(key, _)| keys.contains(key)).map(|(key, hot)| (*key, hot)));
        // In the order of the table, which is how rows are written fastest.
        found.sort_unstable_by_key(|(key, _)| *key);
        found.into_iter()
    }

    /// After a commit: drops days not used recently, if there are many.
    pub fn settle(&mut self) {
        self.group += 1;
        let edges: usize = self.days.values().map(|hot| hot.day.edges().as_slice().len()).sum();
        if self.days.len() > MOST_DAYS || edges > MOST_EDGES {
            let oldest = self.group.saturating_sub(GROUPS_KEPT);
            self.days.retain(|_, hot| hot.touched > oldest);
        }
    }

    /// Forgets the days before this one.
    pub fn forget_before(&mut self, day: i64) {
        self.days.retain(|key, _| key.1 >= day);
    }
}
