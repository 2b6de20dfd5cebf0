use super::{EARLIEST_MS, HOUR_MS, LATEST_MS, LONGEST_MS, hour_of};

/// Tolerated difference between two reports of one start, besides clock drift, milliseconds; a larger one means a
/// clock was set.
const CLOCK_SET_MS: i64 = 2_000;
/// Maximum clock drift: one part in this number.
const DRIFT: i64 = 100;

/// The counted time of a check-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Unix milliseconds.
    pub from: i64,
    /// Unix milliseconds, not before `from`.
    pub to: i64,
}

impl Span {
    /// From reported times; `None` if invalid. An end before the start counts as the start.
    #[must_use]
    pub fn new(from: i64, to: i64) -> Option<Self> {
        let known = EARLIEST_MS..LATEST_MS;
        let to = to.max(from);
        let from = from.max(to.saturating_sub(LONGEST_MS));
        (known.contains(&from) && known.contains(&to)).then_some(Self { from, to })
    }

    /// Of a check-out reported as open at `taken` before, now with its start and end: the first reported start counts,
    /// and the end. If the start differs because a clock was set, the duration counts.
    #[must_use]
    pub fn begun(taken: i64, from: i64, to: i64) -> Self {
        let lasted = to.saturating_sub(from).clamp(0, LONGEST_MS);
        let apart = i64::try_from(from.abs_diff(taken)).unwrap_or(i64::MAX);
        let was_set = apart > CLOCK_SET_MS + lasted / DRIFT;
        let to = if was_set { taken.saturating_add(lasted) } else { to };
        Self { from: taken, to: to.min(LATEST_MS - 1).max(taken) }
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
