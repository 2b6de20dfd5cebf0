use crate::client_protocol::CACHE_MS;

use super::{FailoverPhase, FailoverState, LONGEST_PROOF_MS, PRIMARY};

/// A broken invariant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FailoverViolation {
    /// Uses a server that does not exist.
    #[error("the client uses a server that does not exist")]
    NoSuchServer,
    /// `current` and `phase` disagree.
    #[error("the current server differs from the one in use")]
    TwoCurrents,
    /// Valid for longer than the cache's lifetime.
    #[error("the grants are valid for too long")]
    TooLong,
    /// Valid although flushed.
    #[error("the grants are valid although they were flushed")]
    GoodAfterFlush,
    /// Waits for the primary longer than the maximum.
    #[error("the client waits too long for the primary")]
    Proof,
    /// Disconnected while served, or the other way round.
    #[error("the client is served and disconnected at once")]
    ServedAndAway,
    /// Uses a server that refused.
    #[error("the client uses a server that does not serve it now")]
    Declined,
}

/// Checks the invariants after [`super::step`] at `now_ms`.
///
/// # Errors
/// The first broken invariant.
pub fn invariants(state: &FailoverState, now_ms: u64) -> Result<(), FailoverViolation> {
    let named = match state.phase {
        FailoverPhase::OnBackup(server) | FailoverPhase::Trying(server) => Some(server),
        _ => None,
    };
    let is_missing = |server: usize| server >= state.servers;
    let is_any_missing = state.declining.iter().copied().any(is_missing);
    if is_any_missing || named.is_some_and(is_missing) || state.current.is_some_and(is_missing) {
        return Err(FailoverViolation::NoSuchServer);
    }
    let backup_is_primary = state.phase == FailoverPhase::OnBackup(PRIMARY);
    if backup_is_primary || state.serving().is_some_and(|serving| state.current != Some(serving)) {
        return Err(FailoverViolation::TwoCurrents);
    }
    if state.good_until.is_some_and(|until| until > now_ms.saturating_add(CACHE_MS) || until <= now_ms) {
        return Err(FailoverViolation::TooLong);
    }
    if state.phase == FailoverPhase::Flushed && state.good_until.is_some() {
        return Err(FailoverViolation::GoodAfterFlush);
    }
    if state.proof_ms > LONGEST_PROOF_MS {
        return Err(FailoverViolation::Proof);
    }
    if state.serving().is_some() == state.away_since.is_some() {
        return Err(FailoverViolation::ServedAndAway);
    }
    if state.serving().is_some_and(|serving| state.declining.contains(&serving)) {
        return Err(FailoverViolation::Declined);
    }
    Ok(())
}
