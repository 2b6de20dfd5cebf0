//! Sending clients to the backup for a while: for planned work on a server, or to drill a failure with some of them (RULES R6).
//!
//! A pure state machine: [`begin`] says whether it may begin, [`step`] takes a [`DrainState`], an [`DrainEvent`] and the time and gives the next
//! state with its effects. It ends by itself, and a drill also when it has taken as much of the backup's hours as it may.
//! Times are Unix milliseconds: it outlives a restart, so no other clock can say when it is over.

mod begin;
mod invariant;
mod step;

pub use begin::{DrainRefusal, DrainRequest, begin};
pub use invariant::{DrainViolation, invariants};
pub use step::{DrainEffect, DrainEvent, DrillSight, step};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::client_protocol::{Fault, FaultKind};
use crate::contact::Millis;

/// The longest a server may be handed over, minutes: a day.
pub const LONGEST_MIN: u32 = 24 * 60;

/// The most characters of a reason.
pub const MOST_REASON: usize = 200;

/// Milliseconds of a minute.
const MINUTE_MS: Millis = 60_000;

/// The longest a server may be handed over, milliseconds.
const LONGEST_MS: Millis = LONGEST_MIN as Millis * MINUTE_MS;

/// Clients that are sent to the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveDrain {
    /// Since when, Unix milliseconds.
    pub began: Millis,
    /// Until when, Unix milliseconds.
    pub until: Millis,
    /// Who said so.
    pub by: String,
    /// What for.
    pub reason: String,
    /// The ids of the clients of a drill; none: all clients.
    pub clients: Option<BTreeSet<String>>,
    /// How much of the backup's hours a drill may take, milliseconds.
    pub budget_ms: Option<Millis>,
}

impl ActiveDrain {
    /// Whether this client is sent to the backup.
    #[must_use]
    pub fn concerns(&self, client: &str) -> bool {
        self.clients.as_ref().is_none_or(|clients| clients.contains(client))
    }

    /// Whether it is over at `now`. A clock that was set back does not lengthen it beyond the longest there may be.
    #[must_use]
    pub fn is_over(&self, now: Millis) -> bool {
        now >= self.until || self.until.saturating_sub(now) > LONGEST_MS
    }
}

/// What came of a drill, so far or in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    /// What was asked for.
    pub drain: ActiveDrain,
    /// When each client was seen on a backup, Unix milliseconds.
    pub moved: BTreeMap<String, Millis>,
    /// When each was back here, Unix milliseconds.
    pub back: BTreeMap<String, Millis>,
    /// What it took of the backup's hours, milliseconds; none without such hours.
    pub spent_ms: Option<Millis>,
    /// When it ended, Unix milliseconds; none while it goes on.
    pub ended: Option<Millis>,
    /// Serial and balance of the backup's hours when it began.
    hours: Option<(u64, Millis)>,
}

impl Drill {
    fn of(drain: ActiveDrain) -> Self {
        Self { drain, moved: BTreeMap::new(), back: BTreeMap::new(), spent_ms: None, ended: None, hours: None }
    }

    /// It took as much of the hours as it may.
    fn is_used_up(&self) -> bool {
        self.drain.budget_ms.zip(self.spent_ms).is_some_and(|(budget, spent)| spent >= budget)
    }
}

/// Whether a server is handed over. Only `now` outlives a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrainState {
    /// What goes on.
    pub now: Option<ActiveDrain>,
    /// The drill that goes on, or the last one since the start.
    pub drill: Option<Drill>,
}

impl DrainState {
    /// After a start, with what was stored.
    #[must_use]
    pub fn opened(stored: Option<ActiveDrain>) -> DrainState {
        let drill = stored.clone().filter(|drain| drain.clients.is_some()).map(Drill::of);
        DrainState { now: stored, drill }
    }

    /// Whether this client is served here.
    ///
    /// # Errors
    /// A fault that sends it to the backup.
    pub fn check(&self, client: &str) -> Result<(), Fault> {
        match &self.now {
            Some(drain) if drain.concerns(client) => Err(Fault::new(
                FaultKind::Drained,
                format!(
                    "This server is handed over to its backup for a while: {}. It takes its clients back by itself.",
                    drain.reason
                ),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
