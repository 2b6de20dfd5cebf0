//! Alerts: what a rule watches for, when it tells somebody, and when it says that all is well again.
//!
//! A pure state machine for each rule: [`step`] takes the [`RuleState`] and a snapshot of [`Signals`] and gives the next state
//! with its [`AlertNotice`]s. A signal that is not known neither fires nor resolves anything. [`replay`] tells what a rule would
//! have done with signals of the past, [`message()`] puts notices into words. All times are integer Unix milliseconds.

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

/// The pause between reminders when a rule names no other, in milliseconds.
pub const REMIND: Millis = 4 * HOUR;
/// The longest time a condition may have to last before it is told, in milliseconds.
pub const LONGEST_WAIT: Millis = 24 * HOUR;
/// The longest pause between reminders, in milliseconds.
pub const LONGEST_REMIND: Millis = 7 * 24 * HOUR;

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;

/// An instant in a message, which may be read anywhere.
fn at(at: Millis, now: Millis) -> String {
    instant_near(at, now, &Zone::utc())
}

/// What is watched, and how it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSettings {
    /// What must be so for it to fire.
    pub condition: Condition,
    /// It fires once that has lasted this long, milliseconds; 0 at once.
    pub wait_ms: Millis,
    /// While it fires, it is told again after this pause, milliseconds; 0 never.
    pub remind_ms: Millis,
}

impl RuleSettings {
    /// A rule that fires at once and reminds as usual.
    #[must_use]
    pub fn new(condition: Condition) -> RuleSettings {
        RuleSettings { condition, wait_ms: 0, remind_ms: REMIND }
    }
}

#[cfg(test)]
mod tests;
