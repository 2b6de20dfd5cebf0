use super::edges::Edge;
use super::levels::Levels;

/// How many licenses were in use at once during a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concurrency {
    /// The most in use at any instant.
    pub peak: u32,
    /// For how long how many were in use.
    pub levels: Levels,
    /// In use just before the end.
    pub after: i64,
}

impl Concurrency {
    /// Of the time from `from` up to `until`, both in milliseconds since the day began; `before` were in use just
    /// before it, and `edges` are the changes within it, in order.
    #[must_use]
    pub fn of(before: i64, edges: &[Edge], from: u32, until: u32) -> Self {
        let mut found = Self { after: before, ..Self::default() };
        let mut since = from;
        for edge in edges {
            found.stay(edge.at.saturating_sub(since));
            found.after += i64::from(edge.change);
            since = edge.at;
        }
        found.stay(until.saturating_sub(since));
        found
    }

    /// A level of zero length doesn't count: ends come before starts in the same millisecond.
    fn stay(&mut self, ms: u32) {
        if ms > 0 {
            let level = u32::try_from(self.after.max(0)).unwrap_or(u32::MAX);
            self.peak = self.peak.max(level);
            self.levels.add(level, ms.into());
        }
    }
}
