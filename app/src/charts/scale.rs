//! The axis of a chart: from zero, in steps people count in.

/// The most steps an axis has.
const MOST_STEPS: u64 = 4;

/// An axis from 0 to `top`, labelled every `step`. Whole numbers only: there is no half license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub top: u64,
    pub step: u64,
}

impl Scale {
    /// The axis for numbers up to this one.
    pub fn of(most: u64) -> Scale {
        let most = most.max(1);
        let mut unit: u64 = 1;
        loop {
            for factor in [1, 2, 5] {
                let step = unit.saturating_mul(factor);
                if most.div_ceil(step) <= MOST_STEPS {
                    return Scale { top: most.div_ceil(step).saturating_mul(step), step };
                }
            }
            unit = unit.saturating_mul(10);
        }
    }

    /// The labelled numbers, from 0 up.
    pub fn marks(self) -> Vec<u64> {
        (0..=self.top / self.step).map(|mark| mark * self.step).collect()
    }

    /// Where a number stands, from 0 to 1; what is above the axis is at its end.
    #[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
    pub fn share(self, number: u64) -> f64 {
        (number as f64 / self.top as f64).min(1.0)
    }
}

/// A round number in as many characters as an axis has room for: "500", "10k", "1.5M".
pub(super) fn compact(number: u64) -> String {
    for (unit, letter) in [(1_000_000_000, 'G'), (1_000_000, 'M'), (10_000, 'k')] {
        if number >= unit {
            let unit = unit.min(if letter == 'k' { 1_000 } else { unit });
            let tenths = number / (unit / 10);
            return match tenths % 10 {
                0 => format!("{}{letter}", tenths / 10),
                tenth => format!("{}.{tenth}{letter}", tenths / 10),
            };
        }
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_few_round_steps_and_holds_its_largest_number() {
        for (most, expected) in [
            (0, &[0, 1][..]),
            (1, &[0, 1]),
            (3, &[0, 1, 2, 3]),
            (5, &[0, 2, 4, 6]),
            (38, &[0, 10, 20, 30, 40]),
            (41, &[0, 20, 40, 60]),
            (100, &[0, 50, 100]),
            (1_240, &[0, 500, 1_000, 1_500]),
        ] {
            assert_eq!(Scale::of(most).marks(), expected, "{most}");
        }
    }

    #[test]
    fn every_number_finds_its_place_on_its_axis() {
        for most in (1..2_000).chain([99_999, 1_000_000, u64::from(u32::MAX), u64::MAX / 2, u64::MAX]) {
            let scale = Scale::of(most);
            assert!(scale.top >= most || most > u64::MAX / 2, "{most}");
            assert!(scale.marks().len() <= 5, "{most}");
            assert!((0.0..=1.0).contains(&scale.share(most)), "{most}");
        }
    }

    #[test]
    fn numbers_on_an_axis_are_short() {
        for (number, text) in [
            (0, "0"),
            (1_500, "1500"),
            (10_000, "10k"),
            (12_500, "12.5k"),
            (500_000, "500k"),
            (1_000_000, "1M"),
            (1_500_000, "1.5M"),
            (2_000_000_000, "2G"),
        ] {
            assert_eq!(compact(number), text);
        }
    }
}
