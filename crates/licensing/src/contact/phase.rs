use std::fmt;

use serde::{Deserialize, Serialize};

use super::{DAY, Limit, Millis};

/// The urgency of missing contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
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
pub enum Level {
    /// For the record.
    Info,
    /// Needs attention.
    Warn,
    /// Needs action.
    Error,
}

/// How a phase is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The level of the log line.
    pub level: Level,
    /// Time between log lines in this phase, milliseconds; `None`: once, at its start.
    pub every: Option<Millis>,
}

/// One row of the table of phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The phase.
    pub phase: Phase,
    /// Its name for people.
    pub label: &'static str,
    /// How it is logged.
    pub report: Report,
    /// What it means and what to do, in one or two sentences.
    pub effect: &'static str,
}

const HOUR: Millis = DAY / 24;

/// The table of phases (RULES R1, DESIGN part 3), in order.
pub static PHASES: &[Rule] = &[
    Rule {
        phase: Phase::Unregistered,
        label: "Not registered",
        report: Report { level: Level::Info, every: None },
        effect: "This server has no licenses yet. Register it.",
    },
    Rule {
        phase: Phase::InTouch,
        label: "Connected",
        report: Report { level: Level::Info, every: None },
        effect: "All licenses are in service.",
    },
    Rule {
        phase: Phase::Late,
        label: "Overdue",
        report: Report { level: Level::Info, every: Some(DAY) },
        effect: "All licenses are in service. The sync is overdue; Leasehold keeps trying.",
    },
    Rule {
        phase: Phase::Reminder,
        label: "Reminder",
        report: Report { level: Level::Warn, every: Some(DAY) },
        effect: "All licenses are in service. Sync within the next weeks, online or offline.",
    },
    Rule {
        phase: Phase::Urgent,
        label: "Urgent",
        report: Report { level: Level::Error, every: Some(DAY) },
        effect: "All licenses are still in service. Sync within the next days, online or offline.",
    },
    Rule {
        phase: Phase::Final,
        label: "Final days",
        report: Report { level: Level::Error, every: Some(HOUR) },
        effect: "All licenses leave service in 5 days or less. Sync now, online or offline.",
    },
    Rule {
        phase: Phase::Lapsed,
        label: "Lapsed",
        report: Report { level: Level::Error, every: Some(HOUR) },
        effect: "No license is in service. The next verified exchange brings them back. Sync now, online or offline.",
    },
];

impl Phase {
    /// The phase after this many whole days without contact.
    #[must_use]
    pub fn at(days: u32, limit: Limit) -> Phase {
        let reached = |rule: &&Rule| rule.phase.first_day(limit).is_some_and(|first| days >= first);
        PHASES.iter().rev().find(reached).map_or(Phase::InTouch, |rule| rule.phase)
    }

    /// The first whole day of the phase; [`Phase::Unregistered`] has none. With a limit above 60, the later phases
    /// keep their distance to it.
    #[must_use]
    pub fn first_day(self, limit: Limit) -> Option<u32> {
        match self {
            Phase::Unregistered => None,
            Phase::InTouch => Some(0),
            Phase::Late => Some(2),
            Phase::Reminder => Some(limit.days() - 30),
            Phase::Urgent => Some(limit.days() - 15),
            Phase::Final => Some(limit.days() - 5),
            Phase::Lapsed => Some(limit.days()),
        }
    }

    /// The next phase without a sync.
    #[must_use]
    pub fn next(self) -> Option<Phase> {
        match self {
            Phase::Unregistered | Phase::Lapsed => None,
            Phase::InTouch => Some(Phase::Late),
            Phase::Late => Some(Phase::Reminder),
            Phase::Reminder => Some(Phase::Urgent),
            Phase::Urgent => Some(Phase::Final),
            Phase::Final => Some(Phase::Lapsed),
        }
    }

    /// Its row of [`PHASES`].
    #[must_use]
    pub fn rule(self) -> &'static Rule {
        &PHASES[self as usize]
    }

    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Unregistered => "unregistered",
            Phase::InTouch => "in_touch",
            Phase::Late => "late",
            Phase::Reminder => "reminder",
            Phase::Urgent => "urgent",
            Phase::Final => "final",
            Phase::Lapsed => "lapsed",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
