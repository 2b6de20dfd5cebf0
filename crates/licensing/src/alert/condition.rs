//! What a rule can watch for, described once: words, number and its limits.

use serde::{Deserialize, Serialize};

/// The kinds of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Countdown hours run low.
    HoursLeft,
    /// Another server of the installation does not answer.
    PeerDown,
    /// An application runs without a server, in its grace period.
    GraceRunning,
    /// The nodes have not been heard of.
    DaysSinceSync,
    /// A license ends soon.
    LicenseExpires,
    /// The clock of the machine was moved.
    ClockMoved,
}

/// The number a condition takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// The label of its field.
    pub label: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Offered at first.
    pub usual: u32,
    /// The least.
    pub least: u32,
    /// The most.
    pub most: u32,
}

impl Kind {
    /// All kinds, in the order they are offered.
    pub const ALL: [Kind; 6] = [
        Kind::HoursLeft,
        Kind::PeerDown,
        Kind::GraceRunning,
        Kind::DaysSinceSync,
        Kind::LicenseExpires,
        Kind::ClockMoved,
    ];

    /// The word in addresses, the API and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::HoursLeft => "hours_left",
            Kind::PeerDown => "peer_down",
            Kind::GraceRunning => "grace_running",
            Kind::DaysSinceSync => "days_since_sync",
            Kind::LicenseExpires => "license_expires",
            Kind::ClockMoved => "clock_moved",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Kind::HoursLeft => "Countdown hours run low",
            Kind::PeerDown => "A peer does not answer",
            Kind::GraceRunning => "Grace is running",
            Kind::DaysSinceSync => "No exchange with the vendor",
            Kind::LicenseExpires => "A license ends soon",
            Kind::ClockMoved => "The clock was moved",
        }
    }

    /// What it watches, in a sentence.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Kind::HoursLeft => "The hours a backup server may still run fall below a number.",
            Kind::PeerDown => "Another server of this installation has not answered for some time.",
            Kind::GraceRunning => "An application has lost its server and runs on for its grace period only.",
            Kind::DaysSinceSync => "The last verified exchange with the licensing nodes is some days ago.",
            Kind::LicenseExpires => "A license of this server ends within some days.",
            Kind::ClockMoved => "The clock of this machine departs from the time known to have passed.",
        }
    }

    /// The number it takes; none when it takes none.
    #[must_use]
    pub fn threshold(self) -> Option<Threshold> {
        let (label, unit, usual, least, most) = match self {
            Kind::HoursLeft => ("Hours left below", "hours", 24, 1, 100_000),
            Kind::PeerDown => ("Seconds without an answer", "seconds", 60, 10, 86_400),
            Kind::DaysSinceSync => ("Days since the last exchange", "days", 2, 1, 365),
            Kind::LicenseExpires => ("Days before the end", "days", 30, 1, 365),
            Kind::GraceRunning | Kind::ClockMoved => return None,
        };
        Some(Threshold { label, unit, usual, least, most })
    }
}

/// A kind with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Condition {
    /// Fewer countdown hours are left.
    HoursLeft {
        /// Hours.
        hours: u32,
    },
    /// A peer has not answered for this long.
    PeerDown {
        /// Seconds.
        seconds: u32,
    },
    /// A client runs in its grace period.
    GraceRunning,
    /// The last verified exchange is this long ago, or longer.
    DaysSinceSync {
        /// Whole days.
        days: u32,
    },
    /// A license ends within this time.
    LicenseExpires {
        /// Days of 24 hours.
        days: u32,
    },
    /// The clock of the machine is flagged.
    ClockMoved,
}

/// A number that a condition does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a whole number of {unit} from {least} to {most}.")]
pub struct ConditionError {
    /// Its unit.
    pub unit: &'static str,
    /// The least.
    pub least: u32,
    /// The most.
    pub most: u32,
}

impl Condition {
    /// A condition of this kind; a number that the kind has no use for is left aside.
    ///
    /// # Errors
    /// [`ConditionError`] when the number is missing or out of its limits.
    pub fn new(kind: Kind, number: Option<u32>) -> Result<Condition, ConditionError> {
        let checked = match kind.threshold() {
            None => 0,
            Some(Threshold { unit, least, most, .. }) => {
                number.filter(|number| (least..=most).contains(number)).ok_or(ConditionError { unit, least, most })?
            }
        };
        Ok(match kind {
            Kind::HoursLeft => Condition::HoursLeft { hours: checked },
            Kind::PeerDown => Condition::PeerDown { seconds: checked },
            Kind::GraceRunning => Condition::GraceRunning,
            Kind::DaysSinceSync => Condition::DaysSinceSync { days: checked },
            Kind::LicenseExpires => Condition::LicenseExpires { days: checked },
            Kind::ClockMoved => Condition::ClockMoved,
        })
    }

    /// Its kind.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Condition::HoursLeft { .. } => Kind::HoursLeft,
            Condition::PeerDown { .. } => Kind::PeerDown,
            Condition::GraceRunning => Kind::GraceRunning,
            Condition::DaysSinceSync { .. } => Kind::DaysSinceSync,
            Condition::LicenseExpires { .. } => Kind::LicenseExpires,
            Condition::ClockMoved => Kind::ClockMoved,
        }
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        match self {
            Condition::HoursLeft { hours: number }
            | Condition::PeerDown { seconds: number }
            | Condition::DaysSinceSync { days: number }
            | Condition::LicenseExpires { days: number } => Some(number),
            Condition::GraceRunning | Condition::ClockMoved => None,
        }
    }

    /// The condition with its number, as a sentence.
    #[must_use]
    pub fn sentence(self) -> String {
        let days = |days: u32| if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
        match self {
            Condition::HoursLeft { hours } => format!("Fewer than {hours} h of countdown are left."),
            Condition::PeerDown { seconds } => format!("A peer has not answered for {seconds} s."),
            Condition::GraceRunning => "An application runs in its grace period.".to_owned(),
            Condition::DaysSinceSync { days: number } => {
                format!("The last verified exchange is {} ago, or more.", days(number))
            }
            Condition::LicenseExpires { days: number } => format!("A license ends within {}.", days(number)),
            Condition::ClockMoved => "The clock of this machine was moved.".to_owned(),
        }
    }
}
