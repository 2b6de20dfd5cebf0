/// What a period may be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// The period before it, which was recorded whole.
    Whole,
    /// Nothing: recording began within that period, or after it, at this instant (Unix milliseconds).
    RecordedSince(i64),
}

/// Whether the period before, which begins at `before_from_ms`, was recorded whole; `recorded_from_ms`: since when use is recorded. Against
/// half a period everything grows.
#[must_use]
pub fn baseline(before_from_ms: i64, recorded_from_ms: i64) -> Baseline {
    if recorded_from_ms <= before_from_ms { Baseline::Whole } else { Baseline::RecordedSince(recorded_from_ms) }
}

/// How a number changed since the period before: "+12 %", "−8 %", "no change", "about the same" (less than half a percent), "new".
#[must_use]
pub fn growth(now: u64, before: u64) -> String {
    match (now, before) {
        (0, 0) => "no change".to_owned(),
        (_, 0) => "new".to_owned(),
        (now, before) => {
            let (now, before) = (i128::from(now), i128::from(before));
            let percent = ((now - before) * 200 + before * (now - before).signum()) / (before * 2);
            match percent {
                0 if now == before => "no change".to_owned(),
                0 => "about the same".to_owned(),
                1.. => format!("+{percent} %"),
                _ => format!("\u{2212}{} %", -percent),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_compared_only_with_one_that_was_recorded_whole() {
        for (recorded, expected) in [
            (0, Baseline::Whole),
            (1_000, Baseline::Whole),
            (1_001, Baseline::RecordedSince(1_001)),
            (9_000, Baseline::RecordedSince(9_000)),
        ] {
            assert_eq!(baseline(1_000, recorded), expected, "{recorded}");
        }
    }

    #[test]
    fn a_change_is_told_against_what_was_before() {
        for (now, before, words) in [
            (112, 100, "+12 %"),
            (92, 100, "\u{2212}8 %"),
            (0, 4, "\u{2212}100 %"),
            (5, 0, "new"),
            (0, 0, "no change"),
            (1_000_001, 1_000_000, "about the same"),
            (u64::MAX, u64::MAX, "no change"),
        ] {
            assert_eq!(growth(now, before), words, "{now} {before}");
        }
    }
}
