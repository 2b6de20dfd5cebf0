use std::ops::Range;

use licensing::usage::HOUR_MS;

use super::Filter;

/// Full UTC hours, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HourRange {
    pub from: i64,
    pub to: i64,
}

impl HourRange {
    /// Of a filter: the hours that it touches.
    pub fn of(filter: &Filter) -> Self {
        let from = filter.from_ms.div_euclid(HOUR_MS);
        let to = filter.to_ms.saturating_add(HOUR_MS - 1).div_euclid(HOUR_MS);
        Self { from, to: to.max(from) }
    }

    /// As long, right before it.
    pub fn before(self) -> Self {
        Self { from: self.from - (self.to - self.from), to: self.from }
    }

    /// The UTC days that lie in it whole.
    pub fn full_days(self) -> Range<i64> {
        let first = (self.from + 23).div_euclid(24);
        first..self.to.div_euclid(24).max(first)
    }

    /// The days at its ends that do not, each with its hours.
    pub fn ends(self) -> Vec<(i64, Range<usize>)> {
        let full = self.full_days();
        let part = |day: i64| {
            let from = (self.from - day * 24).clamp(0, 24) as usize;
            let to = (self.to - day * 24).clamp(0, 24) as usize;
            (day, from..to)
        };
        let mut ends: Vec<(i64, Range<usize>)> = [full.start - 1, full.end].into_iter().map(part).collect();
        ends.dedup_by_key(|(day, _)| *day);
        ends.retain(|(day, hours)| !hours.is_empty() && !full.contains(day));
        ends
    }

    /// All days it touches.
    pub fn days(self) -> Range<i64> {
        self.from.div_euclid(24)..(self.to + 23).div_euclid(24)
    }

    /// Cut to another.
    pub fn within(self, other: Self) -> Self {
        let from = self.from.max(other.from);
        Self { from, to: self.to.min(other.to).max(from) }
    }

    pub fn ms(self) -> u64 {
        ((self.to - self.from) * HOUR_MS).unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_days_and_ends_are_the_period_and_nothing_twice() {
        for from in 0..60 {
            for to in from..120 {
                let period = HourRange { from, to };
                let mut hours: Vec<i64> = period.full_days().flat_map(|day| day * 24..day * 24 + 24).collect();
                for (day, part) in period.ends() {
                    hours.extend(part.map(|hour| day * 24 + hour as i64));
                }
                hours.sort_unstable();
                assert_eq!(hours, (from..to).collect::<Vec<_>>(), "{period:?}");
            }
        }
    }
}
