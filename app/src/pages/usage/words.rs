//! Numbers of the usage in words.

use super::model::{ProductRow, Totals};
use crate::request::Tone;
use licensing::words::count;

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

/// "1 request was denied", "12 requests were denied".
pub(super) fn refused_words(denied: u64) -> String {
    match denied {
        0 => "no request was denied".to_owned(),
        some => format!("{} denied", count(some, "request was", "requests were")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
