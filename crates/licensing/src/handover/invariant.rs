use super::State;
use crate::contact::Millis;

/// A rule of this module that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It goes on after its end, or would for longer than there may be.
    #[error("a server is handed over for longer than it may be")]
    Overdue,
    /// A rehearsal goes on with nothing left for it.
    #[error("a rehearsal goes on although it has taken what it may take")]
    OverBudget,
    /// A rehearsal goes on that nobody watches.
    #[error("a rehearsal goes on and is not looked at")]
    Unwatched,
    /// Somebody came back who was not away.
    #[error("a client came back that had not gone")]
    NeverLeft,
}

/// What always holds after [`super::step`] at `now`.
///
/// # Errors
/// The first rule that is broken.
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
