use std::collections::BTreeSet;

use super::{ActiveDrain, DrainState, LONGEST_MIN, MINUTE_MS, MOST_REASON};
use crate::contact::Millis;
use crate::plain_text::one_line;

/// A request for a drain or drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainRequest {
    /// Duration, minutes.
    pub minutes: u32,
    /// Who requests it.
    pub by: String,
    /// Reason; may be empty.
    pub reason: String,
    /// The clients of a drill, and how much of the backup's hours it may use, milliseconds; `None` for all clients.
    pub drill: Option<(BTreeSet<String>, Millis)>,
}

/// Why it may not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DrainRefusal {
    /// Too short or too long.
    #[error("Enter a duration from 1 to {LONGEST_MIN} minutes.")]
    Minutes,
    /// No clients selected.
    #[error("No client is selected. Select the clients for the drill.")]
    NoClients,
    /// One is already in progress.
    #[error("A drain or drill is already in progress. Wait until it ends, or end it.")]
    Already,
    /// No backup.
    #[error("No backup is responding, so clients would have no server. Start a backup first.")]
    NoBackup,
}

/// The drain or drill that would begin at `now`; once stored, [`Event::Begun`](super::DrainEvent::Begun) starts it.
///
/// # Errors
/// Why it may not begin.
pub fn begin(
    state: &DrainState,
    asked: DrainRequest,
    is_backup_up: bool,
    now: Millis,
) -> Result<ActiveDrain, DrainRefusal> {
    let DrainRequest { minutes, by, reason, drill } = asked;
    let (clients, budget_ms) = drill.unzip();
    if !(1..=LONGEST_MIN).contains(&minutes) {
        return Err(DrainRefusal::Minutes);
    }
    if clients.as_ref().is_some_and(BTreeSet::is_empty) {
        return Err(DrainRefusal::NoClients);
    }
    if state.now.is_some() {
        return Err(DrainRefusal::Already);
    }
    if !is_backup_up {
        return Err(DrainRefusal::NoBackup);
    }
    let reason = match (one_line(&reason, MOST_REASON), &clients) {
        (none, Some(_)) if none.is_empty() => "a failover drill".to_owned(),
        (none, None) if none.is_empty() => "planned maintenance".to_owned(),
        (reason, _) => reason,
    };
    let until = now.saturating_add(Millis::from(minutes) * MINUTE_MS);
    Ok(ActiveDrain { began: now, until, by, reason, clients, budget_ms })
}
