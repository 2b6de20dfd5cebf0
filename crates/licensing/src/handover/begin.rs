use std::collections::BTreeSet;

use super::{Handed, LONGEST_MIN, MINUTE_MS, MOST_REASON, State};
use crate::contact::Millis;
use crate::plain_text::one_line;

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// For how long, minutes.
    pub minutes: u32,
    /// Who asks.
    pub by: String,
    /// What for; may be empty.
    pub reason: String,
    /// The clients of a rehearsal, and how much of the backup's hours it may take, milliseconds; none for all clients.
    pub rehearsal: Option<(BTreeSet<String>, Millis)>,
}

/// Why it may not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
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

/// What would begin at `now`; it does with [`Event::Begun`](super::Event::Begun), once it is stored.
///
/// # Errors
/// Why it may not begin.
pub fn begin(state: &State, asked: Asked, is_backup_up: bool, now: Millis) -> Result<Handed, Refusal> {
    let Asked { minutes, by, reason, rehearsal } = asked;
    let (clients, budget_ms) = rehearsal.unzip();
    if !(1..=LONGEST_MIN).contains(&minutes) {
        return Err(Refusal::Minutes);
    }
    if clients.as_ref().is_some_and(BTreeSet::is_empty) {
        return Err(Refusal::NoClients);
    }
    if state.now.is_some() {
        return Err(Refusal::Already);
    }
    if !is_backup_up {
        return Err(Refusal::NoBackup);
    }
    let reason = match (one_line(&reason, MOST_REASON), &clients) {
        (none, Some(_)) if none.is_empty() => "a rehearsal".to_owned(),
        (none, None) if none.is_empty() => "planned work".to_owned(),
        (reason, _) => reason,
    };
    let until = now.saturating_add(Millis::from(minutes) * MINUTE_MS);
    Ok(Handed { began: now, until, by, reason, clients, budget_ms })
}
