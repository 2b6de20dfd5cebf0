use super::POLL_MS;
use crate::contact::Millis;

/// A sign of life is prompt while it is no older than this many whole seconds: one poll of [`POLL_MS`] may be missed, two may not; the
/// second beyond is for the way and the rounding.
pub const PROMPT_S: i64 = 5;

const _: () = assert!(PROMPT_S == 2 * (POLL_MS as i64) / 1_000 + 1, "two polls and a second");

/// A gap in simultaneous use that still belongs to the same time, milliseconds: what two watches may miss, each the time in which a silent
/// server still counts as up, and as much again for a machine that was slow. A longer one is not measured as use.
pub const GAP_MS: Millis = 30_000;

/// How many whole seconds ago the last sign of life was, when that is too long to be prompt.
#[must_use]
pub fn late_by_s(seen_ms_ago: Millis) -> Option<i64> {
    Some(seen_ms_ago / 1_000).filter(|ago| *ago > PROMPT_S)
}

/// A look at whether two servers have clients at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverlapLook {
    /// When, on the monotonic clock, milliseconds.
    pub mono_ms: Millis,
    /// Whether both had clients.
    pub both: bool,
}

/// How much simultaneous use passed from one look to the next, milliseconds: only what lies between two looks that both saw it, and of a
/// long gap no more than [`GAP_MS`]. None when this look sees none, or is the first that does.
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
