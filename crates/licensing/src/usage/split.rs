use super::{EARLIEST_MS, HOUR_MS, LATEST_MS, LONGEST_MS, hour_of};

/// The time of a check-out that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Unix milliseconds.
    pub from: i64,
    /// Unix milliseconds, not before `from`.
    pub to: i64,
}

impl Span {
    /// From the times as told; none when they cannot be. An end before the start is taken as the start.
    #[must_use]
    pub fn new(from: i64, to: i64) -> Option<Self> {
        let known = EARLIEST_MS..LATEST_MS;
        let to = to.max(from);
        let from = from.max(to.saturating_sub(LONGEST_MS));
        (known.contains(&from) && known.contains(&to)).then_some(Self { from, to })
    }

    /// Milliseconds.
    #[must_use]
    pub fn ms(self) -> u64 {
        (self.to - self.from).unsigned_abs()
    }
}

/// The hours a time touches, and the milliseconds of it in each.
pub fn by_hour(from: i64, to: i64) -> impl Iterator<Item = (i64, u64)> {
    let last = if to > from { hour_of(to - 1) } else { hour_of(from) - 1 };
    (hour_of(from)..=last).map(move |hour| {
        let begins = (hour * HOUR_MS).max(from);
        let ends = ((hour + 1) * HOUR_MS).min(to);
        (hour, (ends - begins).unsigned_abs())
    })
}
