//! A client and its servers (RULES R6): which of them it works with, and when it stops trusting what it was given.
//!
//! A pure state machine: [`step`] takes a [`FailoverState`], an [`FailoverEvent`] and the time and gives the next state with its effects. Time is in
//! milliseconds of a clock that never stands still or goes back, time asleep included. Servers are named by their place
//! in the order: 0 is the primary, the others are backups.

mod invariant;
mod step;

pub use invariant::{FailoverViolation, invariants};
pub use step::{FailoverEffect, FailoverEvent, step};

use std::collections::BTreeSet;

use crate::client_protocol::PATIENCE_MS;

/// A server, by its place in the order; 0 is the primary.
pub type ServerIndex = usize;

/// The primary.
pub const PRIMARY: ServerIndex = 0;

/// A primary that failed within this time after the client had come back to it is flapping, milliseconds (RULES R6).
pub const FLAPPING_MS: u64 = 30_000;

/// How long a flapping primary must have given good answers before the client comes back, the first time, milliseconds (RULES
/// R6). It doubles each time.
pub const FIRST_PROOF_MS: u64 = 30_000;

/// The longest a flapping primary has to prove itself, milliseconds (RULES R6: 10 minutes).
pub const LONGEST_PROOF_MS: u64 = 600_000;

/// What a client is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailoverPhase {
    /// It works with the primary.
    OnPrimary,
    /// The server it worked with gives no usable answer; this one is asked next.
    Trying(ServerIndex),
    /// It works with this backup. The primary is asked beside the work.
    OnBackup(ServerIndex),
    /// No server gave a usable answer; what was granted last is still good. All are asked.
    Disconnected,
    /// What was granted is no longer good. All are asked.
    Flushed,
}

/// How a client stands with its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailoverState {
    /// How many servers there are; at least one.
    pub servers: usize,
    /// What it is doing.
    pub phase: FailoverPhase,
    /// The server it works with, or worked with last; `None` before the first usable answer.
    pub current: Option<ServerIndex>,
    /// When the oldest request to the current server was sent that has no usable answer, nor any later one.
    pub unanswered_since: Option<u64>,
    /// Until when what was granted is good; `None` before the first grant and after a flush.
    pub good_until: Option<u64>,
    /// Who granted it.
    pub granted_by: Option<ServerIndex>,
    /// Since when no server gives a usable answer; `None` while one does.
    pub away_since: Option<u64>,
    /// Since when the primary has given nothing but good answers; only kept while the client works with a backup.
    pub primary_good_since: Option<u64>,
    /// How long it must give good answers before the client comes back.
    pub proof_ms: u64,
    /// When the client last came back to the primary.
    pub returned_at: Option<u64>,
    /// The servers whose last word was that they do not serve this client now.
    pub declining: BTreeSet<ServerIndex>,
}

impl FailoverState {
    /// A client of `servers` servers that has asked none yet. It asks the primary first; there is nothing to wait for, so a server
    /// that refuses at once is followed by the next at once.
    #[must_use]
    pub fn new(servers: usize, now_ms: u64) -> FailoverState {
        FailoverState {
            servers: servers.max(1),
            phase: FailoverPhase::Trying(PRIMARY),
            current: None,
            unanswered_since: None,
            good_until: None,
            granted_by: None,
            away_since: Some(now_ms),
            primary_good_since: None,
            proof_ms: 0,
            returned_at: None,
            declining: BTreeSet::new(),
        }
    }

    /// The server the client works with now.
    #[must_use]
    pub fn serving(&self) -> Option<ServerIndex> {
        match self.phase {
            FailoverPhase::OnPrimary => Some(PRIMARY),
            FailoverPhase::OnBackup(server) => Some(server),
            FailoverPhase::Trying(_) | FailoverPhase::Disconnected | FailoverPhase::Flushed => None,
        }
    }

    /// Whether to ask `server` to carry what is in use: it is the one worked with, or may become it.
    #[must_use]
    pub fn works_with(&self, server: ServerIndex) -> bool {
        match self.phase {
            FailoverPhase::OnPrimary => server == PRIMARY,
            FailoverPhase::OnBackup(backup) => server == backup,
            FailoverPhase::Trying(next) => server == next || self.current == Some(server),
            FailoverPhase::Disconnected | FailoverPhase::Flushed => server < self.servers,
        }
    }

    /// Whether to ask `server` at every interval: those of [`FailoverState::works_with`], and the primary beside the work.
    #[must_use]
    pub fn asks(&self, server: ServerIndex) -> bool {
        server == PRIMARY || self.works_with(server)
    }

    /// Until when the request that has waited longest may still be answered before the next server is tried.
    #[must_use]
    pub fn patient_until(&self) -> Option<u64> {
        self.serving()?;
        Some(self.unanswered_since?.saturating_add(PATIENCE_MS))
    }
}

#[cfg(test)]
mod tests;
