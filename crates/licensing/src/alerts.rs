//! Alerts: what a rule checks, when it notifies, and when it reports recovery.
//!
//! A pure state machine for each rule: [`step`] takes the [`RuleState`] and a snapshot of [`Signals`] and gives the next
//! state with its [`AlertNotice`]s. An unknown signal neither fires nor resolves anything. [`replay`] shows what a rule
//! would have done with past signals, [`message()`] puts notices into words. All times are integer Unix milliseconds.

mod condition;
mod message;
mod replay;
mod signals;
mod step;

pub use condition::{Checked, Condition, ConditionError, ConditionKind, Evidence, SubjectFinding, Threshold};
pub use message::{Message, message};
pub use replay::{EVERY, Episode, HEARTBEAT, PresentState, replay, replay_to_now};
pub use signals::{Signals, Subject};
pub use step::{AlertNotice, AlertStatus, NoticeKind, RuleState, SubjectState, step};

use serde::{Deserialize, Serialize};

use crate::contact::Millis;
use crate::words::{Zone, instant_near};

/// The default pause between reminders, milliseconds.
pub const REMIND: Millis = 4 * HOUR;
/// The maximum of "notify after", milliseconds.
pub const LONGEST_WAIT: Millis = 24 * HOUR;
/// The maximum pause between reminders, milliseconds.
pub const LONGEST_REMIND: Millis = 7 * 24 * HOUR;

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
    /// A rule that fires at once and reminds as usual.
    #[must_use]
    pub fn new(condition: Condition) -> RuleSettings {
        RuleSettings { condition, wait_ms: 0, remind_ms: REMIND }
    }

    /// Headlines of what fires.
    #[must_use]
    pub fn firing(&self, state: &RuleState) -> Vec<String> {
        let firing =
            state.subjects.iter().filter(|(_, subject)| matches!(subject.standing, AlertStatus::Firing { .. }));
        firing.map(|(name, _)| self.condition.kind().headline(name)).collect()
    }
}

#[cfg(test)]
mod tests;
