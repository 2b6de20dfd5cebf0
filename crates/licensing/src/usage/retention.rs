/// How far the removal of old usage has come: it goes on by one day a day, so no clock removes years at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgeProgress {
    /// The UTC day from which retention was last counted back.
    pub counted: i64,
    /// The UTC day on which that was.
    pub done: i64,
}

impl PurgeProgress {
    /// The progress on `today`, a day of measured time; `newest` is the newest day with data. On the same day, or on an earlier one,
    /// nothing more is removed than before.
    #[must_use]
    pub fn on(before: Option<PurgeProgress>, today: i64, newest: Option<i64>) -> PurgeProgress {
        let counted = match before {
            // Data is never much older than the time it was made, whatever the clock says now.
            None => newest.map_or(today, |newest| newest.saturating_add(1).min(today)),
            Some(before) if before.done < today => before.counted.saturating_add(1).min(today).max(before.counted),
            Some(before) => before.counted,
        };
        PurgeProgress { counted, done: today }
    }

    /// The day from which retention counts back now.
    #[must_use]
    pub fn day(self) -> i64 {
        self.counted.min(self.done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_goes_on_by_one_day_a_day_whatever_the_clock_says() {
        let mut progress = PurgeProgress::on(None, 20_000, Some(19_999));
        assert_eq!(progress, PurgeProgress { counted: 20_000, done: 20_000 });
        for (today, counted) in [
            (20_000, 20_000), // again on the same day
            (20_001, 20_001),
            (20_732, 20_002), // two years ahead
            (20_732, 20_002),
            (20_003, 20_002), // and back
            (20_004, 20_003),
            (16_000, 16_000), // a clock far behind
            (20_005, 20_004),
        ] {
            progress = PurgeProgress::on(Some(progress), today, Some(20_000));
            assert_eq!(progress.day(), counted, "{today}");
        }
    }

    #[test]
    fn the_first_removal_counts_from_the_newest_data_not_from_a_clock_that_is_ahead() {
        assert_eq!(PurgeProgress::on(None, 21_000, Some(20_000)).counted, 20_001);
        assert_eq!(PurgeProgress::on(None, 20_000, Some(25_000)).counted, 20_000, "data of the future is not believed");
        assert_eq!(PurgeProgress::on(None, 20_000, None).counted, 20_000);
    }
}
