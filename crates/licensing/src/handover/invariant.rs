use super::State;
use crate::contact::Millis;

/// A broken invariant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It continues after its end, or exceeds the maximum.
    #[error("a drain lasts too long")]
    Overdue,
    /// A drill continues after it has used its hours.
    #[error("a drill continues although it has used its hours")]
    OverBudget,
    /// A drill is not measured.
    #[error("a drill is in progress but not measured")]
    Unwatched,
    /// A client returned that had not left.
    #[error("a client returned that had not left")]
    NeverLeft,
}

/// Checks the invariants after [`super::step`] at `now`.
///
/// # Errors
/// The first broken invariant.
pub fn invariants(state: &State, now: Millis) -> Result<(), Broken> {
    if let Some(handed) = &state.now {
        if handed.is_over(now) {
            return Err(Broken::Overdue);
        }
        let watched = state.rehearsal.as_ref().filter(|rehearsal| rehearsal.handed == *handed);
        if watched.is_some_and(super::Rehearsal::is_used_up) {
            return Err(Broken::OverBudget);
        }
        if handed.clients.is_some() && watched.is_none() {
            return Err(Broken::Unwatched);
        }
    }
    let never_left = |rehearsal: &super::Rehearsal| rehearsal.back.keys().any(|id| !rehearsal.moved.contains_key(id));
    if state.rehearsal.as_ref().is_some_and(never_left) {
        return Err(Broken::NeverLeft);
    }
    Ok(())
}
