use super::{GracePhase, GraceState, MINUTE_MS, warns_at};

/// A broken invariant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GraceViolation {
    /// Runs after the end.
    #[error("a client without a license runs after its grace period")]
    Overdue,
    /// The end is near, without a warning.
    #[error("the end of a grace period is near, without a warning")]
    Unannounced,
    /// Longer than any license may allow.
    #[error("a grace period is longer than a license can allow")]
    TooLong,
    /// Begins or ends in the future.
    #[error("a grace period began, or a client stopped, in the future")]
    Early,
}

/// Checks the invariants after [`super::step`] at `now_ms`.
///
/// # Errors
/// The first broken invariant.
pub fn invariants(state: &GraceState, now_ms: u64) -> Result<(), GraceViolation> {
    match state.phase {
        GracePhase::Running => Ok(()),
        GracePhase::Grace { since, .. } if since > now_ms => Err(GraceViolation::Early),
        GracePhase::Grace { until, .. } if until <= now_ms => Err(GraceViolation::Overdue),
        GracePhase::Grace { since, until, .. } if until.saturating_sub(since) > u64::from(u32::MAX) * MINUTE_MS => {
            Err(GraceViolation::TooLong)
        }
        GracePhase::Grace { since, until, is_warned: false } if warns_at(since, until) <= now_ms => {
            Err(GraceViolation::Unannounced)
        }
        GracePhase::Grace { .. } => Ok(()),
        GracePhase::Stopped { at } if at > now_ms => Err(GraceViolation::Early),
        GracePhase::Stopped { .. } => Ok(()),
    }
}
