//! The wait before the next round over the nodes, after rounds without an answer.

use crate::contact::Millis;

/// The wait after the first failed round, before jitter, in milliseconds.
pub const FIRST: Millis = 60_000;

/// The longest wait, before jitter, in milliseconds.
pub const LONGEST: Millis = 3_600_000;

/// The wait after `failed_rounds` rounds without an answer (1, 2, …; 0 counts as 1), in milliseconds.
///
/// It doubles with every round from [`FIRST`] up to [`LONGEST`]. `jitter` (0 to 1, uniformly random) decides the upper
/// half, so that servers that lost a node together don't return together: the result is between half and all of the
/// wait. A jitter out of range is clamped, NaN counts as 0.
#[must_use]
pub fn delay_ms(failed_rounds: u32, jitter: f64) -> Millis {
    let doublings = failed_rounds.saturating_sub(1);
    let base = 1_i64.checked_shl(doublings.min(32)).map_or(LONGEST, |factor| FIRST.saturating_mul(factor)).min(LONGEST);
    let jitter = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
    let half = base / 2;
    // At most 3 600 000: exact in a float, and back.
    half + (half as f64 * jitter) as Millis
}

#[cfg(test)]
mod tests;
