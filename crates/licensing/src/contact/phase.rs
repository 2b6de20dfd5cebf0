use std::fmt;

use serde::{Deserialize, Serialize};

use super::{DAY, Limit, Millis};

/// The urgency of missing contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactPhase {
    /// Never registered: nothing to count from.
    Unregistered,
    /// Days 0 and 1.
    InTouch,
    /// From day 2.
    Late,
    /// From 30 days before the limit.
    Reminder,
    /// From 15 days before the limit.
    Urgent,
    /// From 5 days before the limit.
    Final,
    /// From the limit on.
    Lapsed,
}

/// The level of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhaseLogLevel {
    /// For the record.
    Info,
    /// Needs attention.
    Warn,
    /// Needs action.
    Error,
}

/// How a phase is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseLog {
    /// The level of the log line.
    pub level: PhaseLogLevel,
    /// Time between log lines in this phase, milliseconds; `None`: once, at its start.
    pub every: Option<Millis>,
}

/// One row of the table of phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseRule {
    /// The phase.
    pub phase: ContactPhase,
    /// Its name for people.
    pub label: &'static str,
    /// How it is logged.
    pub report: PhaseLog,
    /// What it means and what to do, in one or two sentences. Which licenses are in service is another question:
    /// [`crate::bundle::effect`].
    pub effect: &'static str,
}

const HOUR: Millis = DAY / 24;

/// The table of phases, in order.
pub static PHASES: &[PhaseRule] = &[
    PhaseRule {
        phase: ContactPhase::Unregistered,
        label: "Not registered",
        report: PhaseLog { level: PhaseLogLevel::Info, every: None },
        effect: "This server has no licenses yet. Register it.",
    },
    PhaseRule {
        phase: ContactPhase::InTouch,
        label: "Connected",
        report: PhaseLog { level: PhaseLogLevel::Info, every: None },
        effect: "Licenses stay in service.",
    },
    PhaseRule {
        phase: ContactPhase::Late,
        label: "Overdue",
        report: PhaseLog { level: PhaseLogLevel::Info, every: Some(DAY) },
        effect: "Licenses stay in service. The sync is overdue; Leasehold keeps trying.",
    },
    PhaseRule {
        phase: ContactPhase::Reminder,
        label: "Reminder",
        report: PhaseLog { level: PhaseLogLevel::Warn, every: Some(DAY) },
        effect: "Licenses stay in service. Sync within the next weeks, online or offline.",
    },
    PhaseRule {
        phase: ContactPhase::Urgent,
        label: "Urgent",
        report: PhaseLog { level: PhaseLogLevel::Error, every: Some(DAY) },
        effect: "Licenses still stay in service. Sync within the next days, online or offline.",
    },
    PhaseRule {
        phase: ContactPhase::Final,
        label: "Final days",
        report: PhaseLog { level: PhaseLogLevel::Error, every: Some(HOUR) },
        effect: "All licenses leave service in 5 days or less. Sync now, online or offline.",
    },
    PhaseRule {
        phase: ContactPhase::Lapsed,
        label: "Lapsed",
        report: PhaseLog { level: PhaseLogLevel::Error, every: Some(HOUR) },
        effect: "No license is in service. The next verified exchange brings them back. Sync now, online or offline.",
    },
];

impl ContactPhase {
    /// The phase after this many whole days without contact.
    #[must_use]
    pub fn at(days: u32, limit: Limit) -> ContactPhase {
        let reached = |rule: &&PhaseRule| rule.phase.first_day(limit).is_some_and(|first| days >= first);
        PHASES.iter().rev().find(reached).map_or(ContactPhase::InTouch, |rule| rule.phase)
    }

    /// The first whole day of the phase; [`ContactPhase::Unregistered`] has none. With a limit above 60, the later phases
    /// keep their distance to it.
    #[must_use]
    pub fn first_day(self, limit: Limit) -> Option<u32> {
        match self {
            ContactPhase::Unregistered => None,
            ContactPhase::InTouch => Some(0),
            ContactPhase::Late => Some(2),
            ContactPhase::Reminder => Some(limit.days() - 30),
            ContactPhase::Urgent => Some(limit.days() - 15),
            ContactPhase::Final => Some(limit.days() - 5),
            ContactPhase::Lapsed => Some(limit.days()),
        }
    }

    /// The next phase without a sync.
    #[must_use]
    pub fn next(self) -> Option<ContactPhase> {
        match self {
            ContactPhase::Unregistered | ContactPhase::Lapsed => None,
            ContactPhase::InTouch => Some(ContactPhase::Late),
            ContactPhase::Late => Some(ContactPhase::Reminder),
            ContactPhase::Reminder => Some(ContactPhase::Urgent),
            ContactPhase::Urgent => Some(ContactPhase::Final),
            ContactPhase::Final => Some(ContactPhase::Lapsed),
        }
    }

    /// Its row of [`PHASES`].
    #[must_use]
    pub fn rule(self) -> &'static PhaseRule {
        &PHASES[self as usize]
    }

    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ContactPhase::Unregistered => "unregistered",
            ContactPhase::InTouch => "in_touch",
            ContactPhase::Late => "late",
            ContactPhase::Reminder => "reminder",
            ContactPhase::Urgent => "urgent",
            ContactPhase::Final => "final",
            ContactPhase::Lapsed => "lapsed",
        }
    }
}

impl fmt::Display for ContactPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
