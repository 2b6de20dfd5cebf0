use super::DrainState;
use crate::contact::Millis;

/// A rule of this module that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DrainViolation {
    /// It goes on after its end, or would for longer than there may be.
    #[error("a server is handed over for longer than it may be")]
    Overdue,
    /// A drill goes on with nothing left for it.
    #[error("a drill goes on although it has taken what it may take")]
    OverBudget,
    /// A drill goes on that nobody watches.
    #[error("a drill goes on and is not looked at")]
    Unwatched,
    /// Somebody came back who was not away.
    #[error("a client came back that had not gone")]
    NeverLeft,
}

/// What always holds after [`super::step`] at `now`.
///
/// # Errors
/// The first rule that is broken.
pub fn invariants(state: &DrainState, now: Millis) -> Result<(), DrainViolation> {
    if let Some(drain) = &state.now {
        if drain.is_over(now) {
            return Err(DrainViolation::Overdue);
        }
        let watched = state.drill.as_ref().filter(|drill| drill.drain == *drain);
        if watched.is_some_and(super::Drill::is_used_up) {
            return Err(DrainViolation::OverBudget);
        }
        if drain.clients.is_some() && watched.is_none() {
            return Err(DrainViolation::Unwatched);
        }
    }
    let never_left = |drill: &super::Drill| drill.back.keys().any(|id| !drill.moved.contains_key(id));
    if state.drill.as_ref().is_some_and(never_left) {
        return Err(DrainViolation::NeverLeft);
    }
    Ok(())
}
