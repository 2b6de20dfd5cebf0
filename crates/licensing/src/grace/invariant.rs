use super::{GracePhase, GraceState, MINUTE_MS, warns_at};

/// A rule of this module that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GraceViolation {
    /// Runs on after the end.
    #[error("a client without a license runs on after its grace")]
    Overdue,
    /// The end is near and nobody was told.
    #[error("the end of a grace is near and was not announced")]
    Unannounced,
    /// Longer than any license may allow.
    #[error("a grace is longer than a license can allow")]
    TooLong,
    /// Begins or ends in the future.
    #[error("a grace began, or a client was stopped, before its time")]
    Early,
}

/// What always holds after [`super::step`] at `now_ms`.
///
/// # Errors
/// The first rule that is broken.
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
