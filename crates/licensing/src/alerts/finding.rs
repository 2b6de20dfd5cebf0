//! A condition with its number, and what a check of it finds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::condition::{ConditionKind, Threshold};
use super::signals::Signals;
use crate::contact::Millis;

/// A kind with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    kind: ConditionKind,
    /// In the unit of the kind; 0 if it has no number. Rules of earlier versions name it by its unit.
    #[serde(default, alias = "hours", alias = "seconds", alias = "days")]
    number: u32,
}

/// A number out of a condition's range.
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
    /// A condition of this kind; ignores a number the kind doesn't use.
    ///
    /// # Errors
    /// [`ConditionError`] when the number is missing or out of its limits.
    pub fn new(kind: ConditionKind, number: Option<u32>) -> Result<Condition, ConditionError> {
        let number = match kind.threshold() {
            None => 0,
            Some(Threshold { unit, least, most, .. }) => {
                number.filter(|number| (least..=most).contains(number)).ok_or(ConditionError { unit, least, most })?
            }
        };
        Ok(Condition { kind, number })
    }

    /// The kind with its default number.
    #[must_use]
    pub fn usual(kind: ConditionKind) -> Condition {
        Condition { kind, number: kind.threshold().map_or(0, |threshold| threshold.usual) }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(self) -> ConditionKind {
        self.kind
    }

    /// Its number, if the kind has one.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        self.kind.threshold().map(|_| self.number)
    }

    /// The condition with its number, as a sentence.
    #[must_use]
    pub fn sentence(self) -> String {
        self.kind.sentence(self.number)
    }

    /// Checks the condition against a snapshot taken at `now`.
    #[must_use]
    pub fn check(self, signals: &Signals, now: Millis) -> Checked {
        self.kind.check(signals, self.number, now).map_or(Checked::Unknown, Checked::Known)
    }
}

/// What was measured, for the sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// Depends on the kind: milliseconds left, or of silence; days; an instant; a number; percent; megabytes. Earlier
    /// versions name it by that.
    #[serde(alias = "ms", alias = "until_ms", alias = "days", alias = "at_ms")]
    pub value: Millis,
    /// Whether hours are running, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
    /// A sentence that came with it, such as a node's answer; empty without one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub said: String,
}

impl Evidence {
    /// A value alone.
    #[must_use]
    pub fn of(value: Millis) -> Evidence {
        Evidence { value, ..Evidence::default() }
    }

    /// A sentence alone.
    #[must_use]
    pub fn words(said: &str) -> Evidence {
        Evidence { said: said.to_owned(), ..Evidence::default() }
    }
}

/// One subject of a check: a peer, a client, a product; or the server itself, whose name is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectFinding {
    /// The condition holds.
    Bad(Evidence),
    /// It certainly does not.
    Good,
    /// It does not hold, but recovery isn't certain: a firing alert keeps firing.
    Between,
}

/// A whole check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// The signal is unknown, so nothing changes.
    Unknown,
    /// The findings. A subject that is missing has resolved.
    Known(BTreeMap<String, SubjectFinding>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_states_of_earlier_versions_are_read() {
        for (text, condition) in [
            (r#"{"kind":"hours_left","hours":24}"#, Condition { kind: ConditionKind::HoursLeft, number: 24 }),
            (r#"{"kind":"peer_down","seconds":60}"#, Condition { kind: ConditionKind::PeerDown, number: 60 }),
            (r#"{"kind":"days_since_sync","days":2}"#, Condition { kind: ConditionKind::DaysSinceSync, number: 2 }),
            (r#"{"kind":"clock_moved"}"#, Condition { kind: ConditionKind::ClockMoved, number: 0 }),
        ] {
            assert_eq!(serde_json::from_str::<Condition>(text).unwrap(), condition);
        }
        for (text, evidence) in [
            (r#"{"what":"hours_left","ms":5,"running":true}"#, Evidence { running: Some(true), ..Evidence::of(5) }),
            (r#"{"what":"silent","ms":5}"#, Evidence::of(5)),
            (r#"{"what":"grace","until_ms":5}"#, Evidence::of(5)),
            (r#"{"what":"days","days":5}"#, Evidence::of(5)),
            (r#"{"what":"ends","at_ms":5}"#, Evidence::of(5)),
            (r#"{"what":"clock"}"#, Evidence::default()),
        ] {
            assert_eq!(serde_json::from_str::<Evidence>(text).unwrap(), evidence);
        }
    }
}
