use super::bytes::{read_varint, write_varint};
use super::concurrency::Concurrency;
use super::edges::{Edge, Edges};
use super::levels::Levels;
use super::{DAY_MS, HOUR_MS};

/// Usage within an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HourUse {
    /// Check-outs.
    pub taken: u64,
    /// Time licenses were in use, milliseconds.
    pub use_ms: u64,
    /// Denials.
    pub denied: u64,
    /// The most in use at any instant. Licenses returned in the millisecond they were taken count as one, because it's
    /// unknown whether two of them overlapped.
    pub peak: u32,
}

/// A UTC day of one series of use: its hours, and every change of the number in use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    /// In use just before the day began.
    pub before: i64,
    hours: [HourUse; 24],
    edges: Edges,
    /// Not yet merged.
    fresh: Vec<Edge>,
    levels: Levels,
    /// Peaks and levels from when all changes were known; some are purged now.
    found: Option<Box<([u32; 24], Levels)>>,
}

impl Day {
    /// From storage: the level before it, the bytes of its hours and changes; `None` if damaged.
    #[must_use]
    pub fn stored(before: i64, hours: &[u8], chunks: &[&[u8]]) -> Option<Self> {
        let mut day = Self { before, hours: decode_hours(hours)?, ..Self::default() };
        let mut edges = Vec::new();
        for chunk in chunks {
            edges.append(&mut Edges::decode(chunk)?);
        }
        day.edges.merge(&edges);
        Some(day)
    }

    /// Adds changes from elsewhere that are already counted in the hours.
    pub fn restore(&mut self, edges: Edges) {
        self.edges = edges;
    }

    /// Marks the changes of this day as incomplete: peaks don't fall below the earlier ones, and times by level stay.
    pub fn keep_found(&mut self, levels: Levels) {
        self.found = Some(Box::new((self.hours.map(|hour| hour.peak), levels)));
    }

    /// A license was taken in this hour.
    pub fn take(&mut self, hour: usize) {
        self.hours[hour].taken += 1;
    }

    /// A request was denied in this hour.
    pub fn deny(&mut self, hour: usize) {
        self.hours[hour].denied += 1;
    }

    /// Time in use within an hour, milliseconds.
    pub fn add_use(&mut self, hour: usize, ms: i64) {
        let hour = &mut self.hours[hour];
        hour.use_ms = hour.use_ms.saturating_add_signed(ms);
    }

    /// The number in use changes, `at` milliseconds since the day began.
    pub fn change(&mut self, at: u32, change: i32) {
        self.fresh.push(Edge { at, change });
    }

    /// Recomputes peaks and levels, up to the end of this hour of the day or of the last one with a change, whichever
    /// is later. Returns the changes since the last time.
    pub fn settle(&mut self, last_hour: i64) -> Edges {
        let fresh: Edges = std::mem::take(&mut self.fresh).into_iter().collect();
        if !fresh.as_slice().is_empty() {
            self.edges.merge(fresh.as_slice());
        }
        let of_edge = |edge: &Edge| i64::from(edge.at) / HOUR_MS;
        let edges = self.edges.as_slice();
        let until = last_hour.max(edges.last().map_or(-1, of_edge));
        self.levels = Levels::default();
        let mut level = self.before;
        let mut next = 0;
        for (hour, figures) in self.hours.iter_mut().enumerate() {
            let from = next;
            while next < edges.len() && of_edge(&edges[next]) == hour as i64 {
                next += 1;
            }
            figures.peak = u32::from(figures.taken > 0);
            if hour as i64 <= until {
                let begins = (hour as i64 * HOUR_MS) as u32;
                let found = Concurrency::of(level, &edges[from..next], begins, begins + HOUR_MS as u32);
                figures.peak = figures.peak.max(found.peak);
                self.levels.merge(&found.levels);
                level = found.after;
            }
        }
        if let Some(found) = &self.found {
            for (figures, peak) in self.hours.iter_mut().zip(found.0) {
                figures.peak = figures.peak.max(peak);
            }
            self.levels = found.1.clone();
        }
        fresh
    }

    /// For how long how many were in use in some hours of the day.
    #[must_use]
    pub fn levels_of(&self, hours: std::ops::Range<usize>) -> Levels {
        let at = |hour: usize| (hour as i64 * HOUR_MS).min(DAY_MS) as u32;
        let edges = self.edges.as_slice();
        let from = edges.partition_point(|edge| edge.at < at(hours.start));
        let until = edges.partition_point(|edge| edge.at < at(hours.end));
        let level = edges[..from].iter().fold(self.before, |level, edge| level + i64::from(edge.change));
        Concurrency::of(level, &edges[from..until], at(hours.start), at(hours.end)).levels
    }

    /// Every change that is settled.
    #[must_use]
    pub fn edges(&self) -> &Edges {
        &self.edges
    }

    /// The hours.
    #[must_use]
    pub fn hours(&self) -> &[HourUse; 24] {
        &self.hours
    }

    /// All hours together; the peak is the highest of theirs.
    #[must_use]
    pub fn total(&self) -> HourUse {
        self.hours.iter().fold(HourUse::default(), |sum, hour| HourUse {
            taken: sum.taken + hour.taken,
            use_ms: sum.use_ms.saturating_add(hour.use_ms),
            denied: sum.denied + hour.denied,
            peak: sum.peak.max(hour.peak),
        })
    }

    /// The first hour of the day that reached the day's peak.
    #[must_use]
    pub fn peak_hour(&self) -> usize {
        let peak = self.total().peak;
        self.hours.iter().position(|hour| hour.peak == peak).unwrap_or(0)
    }

    /// For how long how many were in use, of the settled day.
    #[must_use]
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// The hours as bytes: for each hour with anything in it its steps from the one before, taken, time, refused, peak.
    #[must_use]
    pub fn encode_hours(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        let mut last = 0;
        for (number, hour) in self.hours.iter().enumerate().filter(|(_, hour)| **hour != HourUse::default()) {
            write_varint(&mut out, (number - last) as u64);
            write_varint(&mut out, hour.taken);
            write_varint(&mut out, hour.use_ms);
            write_varint(&mut out, hour.denied);
            write_varint(&mut out, hour.peak.into());
            last = number;
        }
        out
    }
}

/// Reads the bytes of a day's hours; `None` if damaged.
#[must_use]
pub fn decode_hours(mut bytes: &[u8]) -> Option<[HourUse; 24]> {
    let mut hours = [HourUse::default(); 24];
    let mut number = 0_usize;
    while !bytes.is_empty() {
        number = number.checked_add(usize::try_from(read_varint(&mut bytes)?).ok()?)?;
        let hour = hours.get_mut(number)?;
        hour.taken = read_varint(&mut bytes)?;
        hour.use_ms = read_varint(&mut bytes)?;
        hour.denied = read_varint(&mut bytes)?;
        hour.peak = u32::try_from(read_varint(&mut bytes)?).ok()?;
    }
    Some(hours)
}
