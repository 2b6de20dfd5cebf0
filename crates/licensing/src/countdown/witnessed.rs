use super::{Millis, TICK_MS};

/// How much less another server may remember than there is here before it counts, milliseconds: one tick. What is charged ahead is
/// in the balance of the one and not of the other, and what was on its way when it was told is older.
pub const WITNESS_MARGIN_MS: Millis = TICK_MS;

/// Whether another server remembers so much less of the same license than `left_ms`, what is left here, that older data must have been
/// put back here: the lower counts then (RULES R5).
#[must_use]
pub fn remembers_less(remembered_ms: Millis, left_ms: Millis) -> bool {
    left_ms > remembered_ms.saturating_add(WITNESS_MARGIN_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_charged_ahead_or_on_its_way_is_no_difference() {
        for (remembered, left, expected) in [
            (0, 0, false),
            (1_000_000, 1_000_000, false),
            (1_000_000, 1_000_000 + TICK_MS, false),
            (1_000_000, 1_000_001 + TICK_MS, true),
            (2_000_000, 1_000_000, false),
            (Millis::MAX, Millis::MAX, false),
        ] {
            assert_eq!(remembers_less(remembered, left), expected, "{remembered} there, {left} here");
        }
    }
}
