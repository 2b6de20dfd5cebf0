//! Signals: one snapshot of everything that rules check. Unknown values are `None`, never a good value.

use serde::{Deserialize, Serialize};

use crate::contact::Millis;

/// One snapshot. Numbers that change often have their own columns in the history; the rest is stored as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signals {
    /// Countdown left, milliseconds.
    #[serde(skip)]
    pub hours_left_ms: Option<Millis>,
    /// Whether the countdown is running.
    #[serde(skip)]
    pub countdown_running: Option<bool>,
    /// Whole days since the last verified exchange.
    #[serde(skip)]
    pub days_since_sync: Option<u32>,
    /// The machine's clock differs from the measured time.
    #[serde(skip)]
    pub clock_flagged: Option<bool>,
    /// The peers, and since when each has not responded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peers: Option<Vec<Subject>>,
    /// Clients in their grace period, and when it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace: Option<Vec<Subject>>,
    /// Products with a license that expires, or has, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiring: Option<Vec<Subject>>,
}

/// A named subject with its relevant instant. An instant rather than a span, so that a snapshot stays the same while
/// nothing changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, Option<Millis>)", into = "(String, Option<Millis>)")]
pub struct Subject {
    /// Its display name.
    pub name: String,
    /// Unix milliseconds; `None` if there is no such instant.
    pub at_ms: Option<Millis>,
}

impl From<(String, Option<Millis>)> for Subject {
    fn from((name, at_ms): (String, Option<Millis>)) -> Subject {
        Subject { name, at_ms }
    }
}

impl From<Subject> for (String, Option<Millis>) {
    fn from(subject: Subject) -> Self {
        (subject.name, subject.at_ms)
    }
}
