use crate::client_protocol::CACHE_MS;

use super::{FailoverPhase, FailoverState, LONGEST_PROOF_MS, PRIMARY};

/// A rule of this module that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FailoverViolation {
    /// Works with a server that is not there.
    #[error("the client works with a server it was not given")]
    NoSuchServer,
    /// `current` and `phase` disagree.
    #[error("the client names another server than the one it works with")]
    TwoCurrents,
    /// Good for longer than the cache may be.
    #[error("what was granted counts for longer than it may")]
    TooLong,
    /// Good although flushed.
    #[error("what was granted counts although it was flushed")]
    GoodAfterFlush,
    /// Waits for the primary for longer than the longest proof.
    #[error("the client waits for the primary for longer than it may")]
    Proof,
    /// Away while working, or the other way round.
    #[error("the client is served and away at once")]
    ServedAndAway,
    /// Works with a server that said no.
    #[error("the client works with a server that does not serve it now")]
    Declined,
}

/// What always holds after [`super::step`] at `now_ms`.
///
/// # Errors
/// The first rule that is broken.
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
