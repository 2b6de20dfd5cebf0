//! Who serves clients, until when, and what to do now: one judgement for the console, the command line, the API,
//! alerts and metrics.
//!
//! A pure function: [`Facts::judge`] takes what a server knows of itself and its peers, and states it as an on-call
//! engineer would.

use serde::{Deserialize, Serialize};

use crate::contact::Millis;

#[cfg(feature = "exchange")]
mod judge;

#[cfg(feature = "exchange")]
pub use judge::{Drain, Facts, ServerFacts};

/// Severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// Clients are served, and would be if a server failed.
    #[default]
    Ok,
    /// Nothing to do, but worth knowing.
    Info,
    /// Something to do before clients notice.
    Warning,
    /// Clients are without a server, or soon will be.
    Critical,
}

/// What the servers make together.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Situation {
    /// The server has no peers.
    #[default]
    Alone,
    /// Backups only: the server they would stand in for is unknown.
    NoPrimary,
    /// The primary serves, a backup is on standby.
    Normal,
    /// The primary serves, and no backup responds.
    NoBackup,
    /// The primary is draining to the backup.
    Drain,
    /// A failover drill is in progress.
    Drill,
    /// Primary and backup serve at the same time, unintentionally.
    Overlap,
    /// A backup serves because the primary does not respond.
    Failover,
    /// The primary responds, but its clients cannot reach it.
    Unreachable,
    /// The primary responds again, and clients return to it.
    Failback,
    /// No server serves.
    Unserved,
}

impl Situation {
    /// All of them.
    pub const ALL: &[Situation] = <Situation as strum::VariantArray>::VARIANTS;

    /// The word in the API and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether a backup serves clients that nobody sent to it.
    #[must_use]
    pub fn is_failover(self) -> bool {
        match self {
            Situation::Overlap | Situation::Failover | Situation::Unreachable | Situation::Failback => true,
            Situation::Alone
            | Situation::NoPrimary
            | Situation::Normal
            | Situation::NoBackup
            | Situation::Drain
            | Situation::Drill
            | Situation::Unserved => false,
        }
    }
}

/// Who serves, until when, and what to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// What the servers make together.
    pub situation: Situation,
    /// Severity.
    pub level: Urgency,
    /// A summary in a sentence or two.
    pub sentence: String,
    /// What happens next, most important first.
    pub next: Vec<String>,
    /// What to do now; empty when there is nothing to do.
    pub steps: Vec<AdvisedStep>,
    /// Names of the servers that serve clients.
    pub active: Vec<String>,
    /// Until when clients can be served like this, Unix milliseconds; `None` if there is no end.
    pub until: Option<Millis>,
    /// Hours of the server that is serving, or would be.
    pub hours: Option<Hours>,
}

/// One thing to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisedStep {
    /// What to do.
    pub text: String,
    /// A command that does it.
    pub command: Option<String>,
    /// Page of the console for it.
    pub area: Option<Area>,
}

/// A part of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Adding a server.
    Join,
    /// Ending a drain.
    Drain,
    /// The clients of this server.
    Clients,
    /// The license of this machine.
    License,
}

/// The hours of a countdown license, at one instant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Their server.
    pub server: String,
    /// Time left, milliseconds.
    pub left_ms: Millis,
    /// The license's hours, milliseconds.
    pub granted_ms: Millis,
    /// Since when they have been running; `None` while they are not.
    pub running_since_ms: Option<Millis>,
    /// Their estimated end; `None` while they are not running.
    pub empty_at_ms: Option<Millis>,
    /// Clients that use them, if known.
    pub clients: Option<u32>,
    /// Age of a peer's report, milliseconds.
    pub reported_ms_ago: Option<Millis>,
}

/// What a server does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Serving clients, or ready to.
    Active,
    /// Waiting for clients to fail over.
    Standby,
    /// Sending its clients to the backup.
    Draining,
    /// Not responding.
    NotResponding,
    /// Never responded.
    NeverResponded,
}

impl Duty {
    /// The words on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Duty::Active => "Active",
            Duty::Standby => "Standby",
            Duty::Draining => "Draining",
            Duty::NotResponding => "Not responding",
            Duty::NeverResponded => "Never responded",
        }
    }
}

#[cfg(all(test, feature = "exchange"))]
mod tests;
