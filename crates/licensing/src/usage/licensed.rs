use std::cmp::Ordering;

use super::HOUR_MS;

/// How many licenses of one product there were, and since when. A peak is compared with what was licensed when it was reached, never with
/// what is licensed today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LicensedHistory(Vec<Vec<(i64, u64)>>);

impl LicensedHistory {
    /// Adds what was recorded in one context: instants (Unix milliseconds) and counts, oldest first.
    pub fn add(&mut self, steps: Vec<(i64, u64)>) {
        self.0.push(steps);
    }

    /// The most that was licensed from `from_ms` up to, not including, `to_ms`; `None` before the first record.
    #[must_use]
    pub fn most(&self, from_ms: i64, to_ms: i64) -> Option<u64> {
        self.0.iter().filter_map(|steps| within(steps, from_ms, to_ms).iter().map(|(_, count)| *count).max()).max()
    }

    /// What was licensed in the hour that begins then.
    #[must_use]
    pub fn in_hour(&self, at_ms: i64) -> Option<u64> {
        self.most(at_ms, at_ms.saturating_add(HOUR_MS))
    }

    /// What is licensed since the last record.
    #[must_use]
    pub fn latest(&self) -> Option<u64> {
        self.0.iter().filter_map(|steps| steps.last()).map(|(_, count)| *count).max()
    }

    /// Whether a time has hours with different numbers, or some with a known one and some without.
    #[must_use]
    pub fn changes(&self, from_ms: i64, to_ms: i64) -> bool {
        self.0.iter().any(|steps| {
            let within = within(steps, from_ms, to_ms);
            within.len() > 1 || within.first().is_some_and(|(at, _)| *at > from_ms)
        })
    }
}

/// The records that hold within a time.
fn within(steps: &[(i64, u64)], from_ms: i64, to_ms: i64) -> &[(i64, u64)] {
    let first = steps.partition_point(|(at, _)| *at <= from_ms).saturating_sub(1);
    let last = steps.partition_point(|(at, _)| *at < to_ms.max(from_ms.saturating_add(1)));
    steps.get(first..last).unwrap_or_default()
}

/// The most in use at once within an hour, and what was licensed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeakHour {
    /// When the hour begins, Unix milliseconds.
    pub at_ms: i64,
    pub peak: u64,
    /// `None` where it isn't known.
    pub licensed: Option<u64>,
}

impl PeakHour {
    /// Whether everything that was licensed was in use.
    #[must_use]
    pub fn at_limit(&self) -> bool {
        self.peak > 0 && self.licensed.is_some_and(|licensed| self.peak >= licensed)
    }

    /// By the share of what was licensed that was in use. Where nothing was licensed, any use is more than everywhere else; an unknown
    /// number comes last.
    #[must_use]
    pub fn fuller(&self, other: &Self) -> Ordering {
        match (self.licensed, other.licensed) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(0), Some(0)) => Ordering::Equal,
            (Some(0), Some(_)) => Ordering::Greater,
            (Some(_), Some(0)) => Ordering::Less,
            (Some(mine), Some(others)) => {
                (u128::from(self.peak) * u128::from(others)).cmp(&(u128::from(other.peak) * u128::from(mine)))
            }
        }
    }
}

/// The hour that came closest to what was licensed in it: of equal ones that with the higher peak, then the earliest. `None` without use.
#[must_use]
pub fn closest_to_limit(hours: impl IntoIterator<Item = PeakHour>) -> Option<PeakHour> {
    hours
        .into_iter()
        .filter(|hour| hour.peak > 0)
        .max_by(|a, b| a.fuller(b).then_with(|| a.peak.cmp(&b.peak)).then_with(|| b.at_ms.cmp(&a.at_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(steps: &[(i64, u64)]) -> LicensedHistory {
        let mut history = LicensedHistory::default();
        history.add(steps.to_vec());
        history
    }

    #[test]
    fn a_peak_is_compared_with_what_was_licensed_in_its_hour_and_not_with_what_is_licensed_today() {
        let history = history(&[(10 * HOUR_MS, 29), (500 * HOUR_MS, 50)]);
        for (hour, licensed) in
            [(9, None), (10, Some(29)), (300, Some(29)), (499, Some(29)), (500, Some(50)), (900, Some(50))]
        {
            assert_eq!(history.in_hour(hour * HOUR_MS), licensed, "{hour}");
        }
        assert_eq!(history.latest(), Some(50));
        assert_eq!(LicensedHistory::default().latest(), None);
    }

    #[test]
    fn a_time_in_which_the_number_changes_has_the_most_of_it() {
        let history = history(&[(100, 4), (200, 9), (300, 2)]);
        for (from, to, most, changes) in [
            (0, 100, None, false),
            (0, 101, Some(4), true),
            (100, 200, Some(4), false),
            (150, 250, Some(9), true),
            (250, 350, Some(9), true),
            (300, 900, Some(2), false),
            (900, 900, Some(2), false),
        ] {
            assert_eq!((history.most(from, to), history.changes(from, to)), (most, changes), "{from} to {to}");
        }
    }

    #[test]
    fn of_several_contexts_the_one_in_service_counts() {
        let mut history = history(&[(100, 9), (200, 0)]);
        history.add(vec![(200, 3)]);
        assert_eq!((history.most(150, 180), history.most(200, 300), history.latest()), (Some(9), Some(3), Some(3)));
    }

    #[test]
    fn the_hour_closest_to_its_limit_need_not_be_the_one_of_the_highest_peak() {
        let hour = |at_ms, peak, licensed| PeakHour { at_ms, peak, licensed };
        let full = hour(1, 29, Some(29));
        assert_eq!(closest_to_limit([full, hour(2, 35, Some(50)), hour(3, 60, None), hour(4, 0, Some(0))]), Some(full));
        assert_eq!(
            closest_to_limit([hour(3, 29, Some(29)), hour(2, 50, Some(50)), hour(1, 29, Some(29))]),
            Some(hour(2, 50, Some(50)))
        );
        assert_eq!(closest_to_limit([hour(3, 29, Some(29)), full]), Some(full), "the earlier");
        assert_eq!(closest_to_limit([full, hour(2, 1, Some(0))]), Some(hour(2, 1, Some(0))));
        assert_eq!(closest_to_limit([hour(1, 7, None)]), Some(hour(1, 7, None)));
        assert_eq!(closest_to_limit([hour(1, 0, Some(9))]), None);
        assert!(full.at_limit() && !hour(1, 28, Some(29)).at_limit() && !hour(1, 28, None).at_limit());
    }
}
