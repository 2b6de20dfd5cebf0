use super::{Millis, TICK_MS};

/// Tolerated difference to a peer's memory, milliseconds: one tick, because of time charged ahead and delays.
pub const WITNESS_MARGIN_MS: Millis = TICK_MS;

/// Whether a peer remembers so much less of the same license than `left_ms` here that older data must have been
/// restored; then the lower balance applies.
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
