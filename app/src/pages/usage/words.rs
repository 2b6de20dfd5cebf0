//! Numbers of the usage in words.

use super::model::{ProductRow, Totals};
use crate::pages::exchange::grouped;
use crate::request::Tone;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Time in use, in the largest unit that leaves two digits: "12 s", "35 min", "4.5 h", "4,321 h".
pub(crate) fn time_words(ms: u64) -> String {
    match ms {
        0 => "0".to_owned(),
        1..SECOND => "<1 s".to_owned(),
        SECOND..MINUTE => format!("{} s", ms / SECOND),
        MINUTE..HOUR => format!("{} min", ms / MINUTE),
        _ if ms < 10 * HOUR => {
            let tenths = ms / (HOUR / 10);
            format!("{}.{} h", tenths / 10, tenths % 10)
        }
        _ => format!("{} h", grouped(ms / HOUR)),
    }
}

/// "+12 %", "−8 %", "no change", "new"; none when there is nothing to compare with.
pub(super) fn change(now: u64, before: Option<u64>) -> Option<String> {
    let before = before?;
    Some(match (now, before) {
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
    })
}

/// How near a product came to its limit.
pub(super) fn tone(totals: &Totals, licensed: Option<u64>) -> Tone {
    match licensed {
        _ if totals.denied > 0 => Tone::Warning,
        Some(licensed) if totals.peak >= licensed && totals.peak > 0 => Tone::Warning,
        _ => Tone::Success,
    }
}

/// How a bar of the peak looks.
pub(super) fn look(row: &ProductRow) -> &'static str {
    match row.licensed {
        Some(licensed) if row.totals.peak > licensed => "over",
        Some(licensed) if row.totals.peak == licensed && licensed > 0 => "full",
        _ => "",
    }
}

/// "1 request was refused", "12 requests were refused".
pub(super) fn refused_words(denied: u64) -> String {
    match denied {
        0 => "no request was refused".to_owned(),
        1 => "1 request was refused".to_owned(),
        more => format!("{} requests were refused", grouped(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_in_a_unit_people_grasp() {
        for (ms, words) in [
            (0, "0"),
            (1, "<1 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (3_600_000, "1.0 h"),
            (16_400_000, "4.5 h"),
            (36_000_000, "10 h"),
            (15_555_600_000, "4,321 h"),
        ] {
            assert_eq!(time_words(ms), words);
        }
    }

    #[test]
    fn a_change_is_told_against_what_was_before() {
        for (now, before, words) in [
            (112, Some(100), Some("+12 %")),
            (92, Some(100), Some("\u{2212}8 %")),
            (0, Some(4), Some("\u{2212}100 %")),
            (5, Some(0), Some("new")),
            (0, Some(0), Some("no change")),
            (1_000_001, Some(1_000_000), Some("about the same")),
            (7, None, None),
            (u64::MAX, Some(u64::MAX), Some("no change")),
        ] {
            assert_eq!(change(now, before).as_deref(), words, "{now} {before:?}");
        }
    }
}
