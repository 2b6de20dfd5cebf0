//! A client and its servers: which one it uses, and when its grants expire.
//!
//! A pure state machine: [`step`] takes a [`FailoverState`], an [`FailoverEvent`] and the time and gives the next state with its
//! effects. Times are milliseconds of a monotonic clock that includes time asleep. Servers are identified by their
//! index: 0 is the primary, the others are backups.

mod invariant;
mod step;

pub use invariant::{FailoverViolation, invariants};
pub use step::{FailoverEffect, FailoverEvent, step};

use std::collections::BTreeSet;

use crate::client_protocol::PATIENCE_MS;

/// A server, by its index; 0 is the primary.
pub type ServerIndex = usize;

/// The primary.
pub const PRIMARY: ServerIndex = 0;

/// A primary that fails within this time after failback is flapping, milliseconds.
pub const FLAPPING_MS: u64 = 30_000;

/// How long a flapping primary must give good answers before failback, the first time, milliseconds. It
/// doubles each time.
pub const FIRST_PROOF_MS: u64 = 30_000;

/// The maximum of that time, milliseconds (10 minutes).
pub const LONGEST_PROOF_MS: u64 = 600_000;

/// A client's phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailoverPhase {
    /// Using the primary.
    OnPrimary,
    /// Its server gives no usable answer; asking this one next.
    Trying(ServerIndex),
    /// Using this backup, and also asking the primary.
    OnBackup(ServerIndex),
    /// No server gave a usable answer; the last grants are still valid. Asking all.
    Disconnected,
    /// The grants have expired. Asking all.
    Flushed,
}

/// The state of a client and its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailoverState {
    /// Number of servers; at least one.
    pub servers: usize,
    /// Its phase.
    pub phase: FailoverPhase,
    /// The server in use, or last in use; `None` before the first usable answer.
    pub current: Option<ServerIndex>,
    /// When the oldest request without a usable answer since was sent to the current server.
    pub unanswered_since: Option<u64>,
    /// Until when the grants are valid; `None` before the first grant and after a flush.
    pub good_until: Option<u64>,
    /// The server that granted them.
    pub granted_by: Option<ServerIndex>,
    /// Since when no server has given a usable answer; `None` while one does.
    pub away_since: Option<u64>,
    /// Since when the primary has given only good answers; only while using a backup.
    pub primary_good_since: Option<u64>,
    /// How long it must give good answers before failback.
    pub proof_ms: u64,
    /// The last failback.
    pub returned_at: Option<u64>,
    /// Servers whose last answer was that they don't serve this client now.
    pub declining: BTreeSet<ServerIndex>,
}

impl FailoverState {
    /// A client of `servers` servers that has asked none yet. It asks the primary first; if a server refuses at once,
    /// it asks the next at once.
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

    /// The server in use now.
    #[must_use]
    pub fn serving(&self) -> Option<ServerIndex> {
        match self.phase {
            FailoverPhase::OnPrimary => Some(PRIMARY),
            FailoverPhase::OnBackup(server) => Some(server),
            FailoverPhase::Trying(_) | FailoverPhase::Disconnected | FailoverPhase::Flushed => None,
        }
    }

    /// Whether to ask `server` for the licenses in use: it is in use, or may become so.
    #[must_use]
    pub fn works_with(&self, server: ServerIndex) -> bool {
        match self.phase {
            FailoverPhase::OnPrimary => server == PRIMARY,
            FailoverPhase::OnBackup(backup) => server == backup,
            FailoverPhase::Trying(next) => server == next || self.current == Some(server),
            FailoverPhase::Disconnected | FailoverPhase::Flushed => server < self.servers,
        }
    }

    /// Whether to ask `server` at every interval: those of [`FailoverState::works_with`], and the primary.
    #[must_use]
    pub fn asks(&self, server: ServerIndex) -> bool {
        server == PRIMARY || self.works_with(server)
    }

    /// Deadline of the oldest unanswered request before the next server is tried.
    #[must_use]
    pub fn patient_until(&self) -> Option<u64> {
        self.serving()?;
        Some(self.unanswered_since?.saturating_add(PATIENCE_MS))
    }
}

#[cfg(test)]
mod tests;
