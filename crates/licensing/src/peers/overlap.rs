use super::POLL_MS;
use crate::contact::Millis;

/// A response is prompt up to this many whole seconds: one poll of [`POLL_MS`] may be missed, not two; the extra
/// second is for latency and rounding.
pub const PROMPT_S: i64 = 5;

const _: () = assert!(PROMPT_S == 2 * (POLL_MS as i64) / 1_000 + 1, "two polls and a second");

/// Maximum gap within one period of overlapping use, milliseconds: the time in which a silent server still counts as
/// up, for both servers, doubled for a slow machine. A longer gap is not measured as use.
pub const GAP_MS: Millis = 30_000;

/// Whole seconds since the last response, if that is too long to be prompt.
#[must_use]
pub fn late_by_s(seen_ms_ago: Millis) -> Option<i64> {
    Some(seen_ms_ago / 1_000).filter(|ago| *ago > PROMPT_S)
}

/// A check whether two servers have clients at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverlapLook {
    /// When, on the monotonic clock, milliseconds.
    pub mono_ms: Millis,
    /// Whether both had clients.
    pub both: bool,
}

/// Overlapping use between two checks, milliseconds: only between two checks that both saw it, at most [`GAP_MS`].
/// `None` if this check sees none, or is the first that does.
#[must_use]
pub fn overlap_ms(before: Option<OverlapLook>, now: OverlapLook) -> Option<Millis> {
    let before = before.filter(|before| before.both && now.both)?;
    Some(now.mono_ms.saturating_sub(before.mono_ms).clamp(0, GAP_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_missed_poll_is_prompt_and_two_are_late() {
        for (ago, expected) in
            [(-3_000, None), (0, None), (4_000, None), (5_999, None), (6_000, Some(6)), (61_500, Some(61))]
        {
            assert_eq!(late_by_s(ago), expected, "{ago}");
        }
    }

    #[test]
    fn only_what_lies_between_two_looks_that_saw_both_is_measured() {
        let look = |mono_ms, both| OverlapLook { mono_ms, both };
        for (before, now, expected) in [
            (None, look(5_000, true), None),
            (Some(look(4_000, false)), look(5_000, true), None),
            (Some(look(4_000, true)), look(5_000, false), None),
            (Some(look(4_000, true)), look(5_000, true), Some(1_000)),
            (Some(look(4_000, true)), look(400_000, true), Some(GAP_MS)),
            (Some(look(4_000, true)), look(3_000, true), Some(0)),
        ] {
            assert_eq!(overlap_ms(before, now), expected, "{before:?} {now:?}");
        }
    }
}
