use super::{MINUTE_MS, Phase, State, warns_at};

/// A broken invariant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
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
pub fn invariants(state: &State, now_ms: u64) -> Result<(), Broken> {
    match state.phase {
        Phase::Running => Ok(()),
        Phase::Grace { since, .. } if since > now_ms => Err(Broken::Early),
        Phase::Grace { until, .. } if until <= now_ms => Err(Broken::Overdue),
        Phase::Grace { since, until, .. } if until.saturating_sub(since) > u64::from(u32::MAX) * MINUTE_MS => {
            Err(Broken::TooLong)
        }
        Phase::Grace { since, until, is_warned: false } if warns_at(since, until) <= now_ms => Err(Broken::Unannounced),
        Phase::Grace { .. } => Ok(()),
        Phase::Stopped { at } if at > now_ms => Err(Broken::Early),
        Phase::Stopped { .. } => Ok(()),
    }
}
