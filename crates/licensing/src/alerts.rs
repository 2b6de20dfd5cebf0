//! Alerts: what a rule checks, when it notifies, and when it reports recovery.
//!
//! A pure state machine for each rule: [`step`] takes the [`RuleState`] and a snapshot of [`Signals`] and gives the next
//! state with its [`AlertNotice`]s. An unknown signal neither fires nor resolves anything. [`replay`] shows what a rule
//! would have done with past signals, [`message()`] puts notices into words, [`suggested`] names the rules a sensible
//! installation has. All times are integer Unix milliseconds.

mod condition;
mod finding;
mod message;
mod replay;
mod signals;
mod step;

pub use condition::{ConditionKind, Threshold};
pub use finding::{Checked, Condition, ConditionError, Evidence, SubjectFinding};
pub use message::{Message, digest, message};
pub use replay::{EVERY, Episode, HEARTBEAT, PresentState, replay, replay_to_now};
pub use signals::{Amount, BackupSignal, Levels, Signals, Subject};
pub use step::{Acknowledgement, AlertNotice, AlertStatus, NoticeKind, RuleState, SubjectState, step};

use serde::{Deserialize, Serialize};

use crate::contact::Millis;
use crate::words::{Zone, instant_near};

/// The maximum of "notify after", milliseconds.
pub const LONGEST_WAIT: Millis = 24 * HOUR;
/// The maximum pause between reminders, milliseconds.
pub const LONGEST_REMIND: Millis = 7 * 24 * HOUR;
/// The maximum time to silence a rule, milliseconds.
pub const LONGEST_SILENCE: Millis = 31 * 24 * HOUR;

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;

/// An instant in a message, in UTC because it may be read anywhere.
fn at(at: Millis, now: Millis) -> String {
    instant_near(at, now, &Zone::utc())
}

/// A condition, and when to notify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSettings {
    /// The condition.
    pub condition: Condition,
    /// Fires once it has lasted this long, milliseconds; 0: at once.
    pub wait_ms: Millis,
    /// Pause between reminders while it fires, milliseconds; 0: none.
    pub remind_ms: Millis,
}

impl RuleSettings {
    /// A rule that waits and reminds as is usual for its kind.
    #[must_use]
    pub fn new(condition: Condition) -> RuleSettings {
        let kind = condition.kind();
        RuleSettings { condition, wait_ms: kind.usual_wait(), remind_ms: kind.usual_remind() }
    }

    /// Headlines of what fires: what nobody has acknowledged, and what somebody has.
    #[must_use]
    pub fn headlines(&self, state: &RuleState) -> (Vec<String>, Vec<String>) {
        let (acknowledged, open): (Vec<_>, Vec<_>) =
            state.firing_subjects().partition(|(_, subject)| subject.acknowledged.is_some());
        let words = |of: Vec<(&String, &SubjectState)>| {
            of.into_iter().map(|(name, _)| self.condition.kind().headline(name)).collect()
        };
        (words(open), words(acknowledged))
    }
}

/// The rules of a sensible installation whose kind has no rule yet, each with its usual number and times.
#[must_use]
pub fn suggested(existing: &[ConditionKind], signals: &Signals) -> Vec<RuleSettings> {
    let missing = |kind: &&ConditionKind| !existing.contains(kind) && kind.concerns(signals);
    ConditionKind::ALL.iter().filter(missing).map(|kind| RuleSettings::new(Condition::usual(*kind))).collect()
}

#[cfg(test)]
mod tests;
