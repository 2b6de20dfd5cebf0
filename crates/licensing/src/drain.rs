//! Sends clients to the backup for a while: a drain for planned maintenance, or a failover drill with some of them.
//!
//! A pure state machine: [`begin`] checks whether it may begin, [`step`] takes a [`DrainState`], an [`DrainEvent`] and the time
//! and gives the next state with its effects. It always ends, a drill also when it has used its maximum of the backup's
//! hours. Times are Unix milliseconds, because it survives a restart.

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
use crate::words;

/// Maximum duration, minutes: a day.
pub const LONGEST_MIN: u32 = 24 * 60;

/// Maximum length of a reason, characters.
pub const MOST_REASON: usize = 200;

/// Milliseconds of a minute.
const MINUTE_MS: Millis = 60_000;

/// Maximum duration, milliseconds.
const LONGEST_MS: Millis = LONGEST_MIN as Millis * MINUTE_MS;

/// A drain or drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveDrain {
    /// Since when, Unix milliseconds.
    pub began: Millis,
    /// Until when, Unix milliseconds.
    pub until: Millis,
    /// Who started it.
    pub by: String,
    /// What for.
    pub reason: String,
    /// The client ids of a drill; `None` for all clients.
    pub clients: Option<BTreeSet<String>>,
    /// How much of the backup's hours a drill may use, milliseconds.
    pub budget_ms: Option<Millis>,
}

impl ActiveDrain {
    /// Whether this client is sent to the backup.
    #[must_use]
    pub fn concerns(&self, client: &str) -> bool {
        self.clients.as_ref().is_none_or(|clients| clients.contains(client))
    }

    /// Whether it is over at `now`. A clock that was set back can't extend it beyond the maximum.
    #[must_use]
    pub fn is_over(&self, now: Millis) -> bool {
        now >= self.until || self.until.saturating_sub(now) > LONGEST_MS
    }
}

/// The results of a drill, so far or final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    /// The request.
    pub drain: ActiveDrain,
    /// When each client reached a backup, Unix milliseconds.
    pub moved: BTreeMap<String, Millis>,
    /// When each had returned, Unix milliseconds.
    pub back: BTreeMap<String, Millis>,
    /// Backup hours used, milliseconds; `None` without such hours.
    pub spent_ms: Option<Millis>,
    /// When it ended, Unix milliseconds; `None` while it lasts.
    pub ended: Option<Millis>,
    /// Serial and balance of the backup's hours when it began.
    hours: Option<(u64, Millis)>,
}

impl Drill {
    fn of(drain: ActiveDrain) -> Self {
        Self { drain, moved: BTreeMap::new(), back: BTreeMap::new(), spent_ms: None, ended: None, hours: None }
    }

    /// It has used its maximum of hours.
    fn is_used_up(&self) -> bool {
        self.drain.budget_ms.zip(self.spent_ms).is_some_and(|(budget, spent)| spent >= budget)
    }
}

/// A server's drain or drill. Only `now` survives a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrainState {
    /// The one in progress.
    pub now: Option<ActiveDrain>,
    /// The drill in progress, or the last one since startup.
    pub drill: Option<Drill>,
}

impl DrainState {
    /// After startup, from the stored state.
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
                    "This server is draining to its backup for a while: {}. Clients return automatically.",
                    drain.reason
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// What a drain or drill would do, for whoever is asked before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainOutlook {
    /// Clients that move.
    pub clients: usize,
    /// Those of them that use the backup's hours there.
    pub on_hours: usize,
    /// This server.
    pub from: String,
    /// The backup.
    pub to: String,
    /// The backup's hours left, milliseconds; `None` without such hours.
    pub hours_left: Option<Millis>,
    /// How much of them a drill may use, milliseconds.
    pub budget: Option<Millis>,
    /// Until when, as people read it.
    pub until: String,
}

impl DrainOutlook {
    /// In sentences.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let DrainOutlook { clients, on_hours, from, to, until, .. } = self;
        let clients = match clients {
            0 => format!("No client is connected to {from} now. One that connects meanwhile is sent to {to}."),
            1 => format!("1 client moves from {from} to {to} within seconds. It keeps its licenses."),
            many => format!("{many} clients move from {from} to {to} within seconds. They keep their licenses."),
        };
        let hours = self.hours_left.map(|left| match (left, on_hours) {
            (..=0, _) => format!("{to} has no backup hours left: clients that need them are denied there."),
            (_, 0) => format!("None of them uses the backup hours of {to}: {} left.", words::hours(left)),
            (_, 1) => format!("1 of them uses the backup hours of {to}: {} left.", words::hours(left)),
            (_, many) => format!("{many} of them use the backup hours of {to}: {} left.", words::hours(left)),
        });
        let budget = self.budget.map(|most| format!("It ends early when {} of them are used.", words::hours(most)));
        let back = format!("Clients return to {from} at {until}, or earlier on request.");
        [Some(clients), hours, budget, Some(back)].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests;
