//! What rules look at: one snapshot of everything that is known. What is not known is none, never a good value.

use serde::{Deserialize, Serialize};

use crate::contact::Millis;

/// One snapshot. Numbers have columns of their own in the history, where they change often; the rest is stored as it is written here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signals {
    /// Countdown left, milliseconds.
    #[serde(skip)]
    pub hours_left_ms: Option<Millis>,
    /// Whether the countdown runs now.
    #[serde(skip)]
    pub countdown_running: Option<bool>,
    /// Whole days since the last verified exchange.
    #[serde(skip)]
    pub days_since_sync: Option<u32>,
    /// The clock of the machine departs from the time known to have passed.
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

/// Something with a name, and the instant that matters about it. Instants, not spans: while nothing changes, a snapshot stays the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, Option<Millis>)", into = "(String, Option<Millis>)")]
pub struct Subject {
    /// As people call it.
    pub name: String,
    /// Unix milliseconds; none where there is no such instant.
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
