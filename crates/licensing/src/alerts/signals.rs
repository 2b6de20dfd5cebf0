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
    /// Backups that serve clients, unplanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failover: Option<Vec<Subject>>,
    /// Products with licenses that are not loaded, and how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_loaded: Option<Vec<Amount>>,
    /// Files changed outside that nobody has looked at, and when that was noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside: Option<Vec<Subject>>,
    /// What a node answered when it refused the last sync; empty when none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Where the audit chain is broken, in a sentence; empty when it is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_broken: Option<String>,
    /// Background tasks restarted within the last hour, and how often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarted: Option<Vec<Amount>>,
    /// Violations of the monitor license, and from when each locks records; `None` where no such license was ever
    /// installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitor: Option<Vec<Subject>>,
    /// Backups by schedule; `None` without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupSignal>,
    /// Measurements that move all the time.
    #[serde(skip)]
    pub levels: Levels,
}

impl Signals {
    /// Whether something happened since `before`: measurements that move all the time are none.
    #[must_use]
    pub fn is_event_since(&self, before: &Signals) -> bool {
        let still = |of: &Signals| Signals {
            hours_left_ms: None,
            days_since_sync: None,
            levels: Levels::default(),
            ..of.clone()
        };
        let denied = |of: &Signals| -> Option<Vec<String>> {
            Some(of.levels.denials.as_ref()?.iter().map(|product| product.name.clone()).collect())
        };
        let has_locked = |of: &Signals| of.levels.locked.is_some_and(|records| records > 0);
        denied(self) != denied(before) || has_locked(self) != has_locked(before) || still(self) != still(before)
    }
}

/// Measurements that move all the time. They have a column of their own in the history, so that the lists can stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Levels {
    /// Free space where the data is, megabytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_free_mb: Option<u64>,
    /// Products of which much is in use, and how much of what is licensed, percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_use: Option<Vec<Amount>>,
    /// Products with denials within the last hour, and how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denials: Option<Vec<Amount>>,
    /// Records that are locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<u64>,
}

/// Backups by schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupSignal {
    /// When the newest good one was made, or the installation began; Unix milliseconds.
    pub none_since: Millis,
    /// Why the last attempt failed, in a sentence; empty when it didn't.
    pub problem: String,
}

/// A name with a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, u64)", into = "(String, u64)")]
pub struct Amount {
    /// Its display name.
    pub name: String,
    /// In the unit of the field.
    pub number: u64,
}

impl From<(String, u64)> for Amount {
    fn from((name, number): (String, u64)) -> Amount {
        Amount { name, number }
    }
}

impl From<Amount> for (String, u64) {
    fn from(amount: Amount) -> Self {
        (amount.name, amount.number)
    }
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
