use std::collections::BTreeSet;

use super::{ActiveDrain, DrainState, LONGEST_MIN, MINUTE_MS, MOST_REASON};
use crate::contact::Millis;
use crate::plain_text::one_line;

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainRequest {
    /// For how long, minutes.
    pub minutes: u32,
    /// Who asks.
    pub by: String,
    /// What for; may be empty.
    pub reason: String,
    /// The clients of a drill, and how much of the backup's hours it may take, milliseconds; none for all clients.
    pub drill: Option<(BTreeSet<String>, Millis)>,
}

/// Why it may not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DrainRefusal {
    /// Too short or too long.
    #[error("A server is handed over for 1 to {LONGEST_MIN} minutes. Choose a time in between.")]
    Minutes,
    /// Nobody chosen.
    #[error("No client was chosen. Choose those that shall try the backup.")]
    NoClients,
    /// It goes on already.
    #[error("This server is handed over already, until that ends or is ended.")]
    Already,
    /// Nowhere to go.
    #[error("There is no backup that is up. Clients would have no server; bring a backup up first.")]
    NoBackup,
}

/// What would begin at `now`; it does with [`Event::Begun`](super::DrainEvent::Begun), once it is stored.
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
        (none, Some(_)) if none.is_empty() => "a drill".to_owned(),
        (none, None) if none.is_empty() => "planned work".to_owned(),
        (reason, _) => reason,
    };
    let until = now.saturating_add(Millis::from(minutes) * MINUTE_MS);
    Ok(ActiveDrain { began: now, until, by, reason, clients, budget_ms })
}
