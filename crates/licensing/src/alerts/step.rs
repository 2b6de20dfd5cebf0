//! The state machine of a rule: Ok → Pending → Firing → Resolved, per subject.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::condition::{Checked, Evidence, SubjectFinding};
use super::{RuleSettings, Signals};
use crate::contact::{DAY, Millis};

/// A resolved subject is forgotten after this time, milliseconds.
const FORGET: Millis = 7 * DAY;

/// The state of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum AlertStatus {
    /// The condition holds, but not long enough yet.
    Pending {
        /// When it began; time with an unknown signal doesn't count.
        since: Millis,
    },
    /// It has notified.
    Firing {
        /// When the condition began.
        since: Millis,
        /// The last notification.
        notified: Millis,
    },
    /// It fired and has recovered.
    Resolved {
        /// When it fired.
        since: Millis,
        /// When it recovered.
        at: Millis,
    },
}

/// One subject with a problem, or a recent one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectState {
    /// Its state.
    pub standing: AlertStatus,
    /// The last finding.
    pub evidence: Evidence,
}

/// The state of a rule. A missing subject is OK.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleState {
    /// By name; the server itself is the empty one.
    pub subjects: BTreeMap<String, SubjectState>,
    /// Since when its signal is unknown.
    pub unknown_since: Option<Millis>,
}

impl RuleState {
    /// Number of firing subjects.
    #[must_use]
    pub fn firing(&self) -> usize {
        self.subjects.values().filter(|subject| matches!(subject.standing, AlertStatus::Firing { .. })).count()
    }

    /// Whether all subjects have the same state; measurements may differ.
    #[must_use]
    pub fn stands_as(&self, other: &RuleState) -> bool {
        let standings = |state: &RuleState| -> Vec<(String, AlertStatus)> {
            state.subjects.iter().map(|(name, subject)| (name.clone(), subject.standing)).collect()
        };
        self.unknown_since == other.unknown_since && standings(self) == standings(other)
    }
}

/// The kind of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NoticeKind {
    /// It fired.
    Fired,
    /// It is still firing.
    Reminder,
    /// It resolved.
    Resolved,
}

impl NoticeKind {
    /// The word in the API and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A notice to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertNotice {
    /// Its kind.
    pub kind: NoticeKind,
    /// A peer, a client, a product; empty for the server itself.
    pub subject: String,
    /// When the condition began, Unix milliseconds.
    pub since: Millis,
    /// When the notice is sent, Unix milliseconds.
    pub at: Millis,
    /// The last finding.
    pub evidence: Evidence,
    /// Since when the signal is unknown.
    pub unknown_since: Option<Millis>,
}

/// The next state, and notices to send.
#[must_use]
pub fn step(rule: &RuleSettings, state: &RuleState, signals: &Signals, now: Millis) -> (RuleState, Vec<AlertNotice>) {
    let mut next = state.clone();
    let mut notices = Vec::new();
    settle_times(&mut next, now);
    match rule.condition.check(signals, now) {
        Checked::Unknown => {
            next.unknown_since = Some(next.unknown_since.unwrap_or(now));
        }
        Checked::Known(found) => {
            if let Some(since) = next.unknown_since.take() {
                count_without(&mut next, now - since);
            }
            let names: BTreeSet<String> = next.subjects.keys().chain(found.keys()).cloned().collect();
            for name in names {
                let finding = found.get(&name).copied().unwrap_or(SubjectFinding::Good);
                let (after, kind) = one(rule, next.subjects.get(&name).copied(), finding, now);
                if let Some((kind, since, evidence)) = kind {
                    notices.push(AlertNotice {
                        kind,
                        subject: name.clone(),
                        since,
                        at: now,
                        evidence,
                        unknown_since: None,
                    });
                }
                match after {
                    Some(after) => next.subjects.insert(name, after),
                    None => next.subjects.remove(&name),
                };
            }
        }
    }
    remind(rule, &mut next, now, &mut notices);
    (next, notices)
}

/// A clock that was set back must not delay reminders until it has caught up.
fn settle_times(state: &mut RuleState, now: Millis) {
    for subject in state.subjects.values_mut() {
        match &mut subject.standing {
            AlertStatus::Pending { since } => *since = now.min(*since),
            AlertStatus::Firing { since, notified } => {
                *since = now.min(*since);
                *notified = now.min(*notified);
            }
            AlertStatus::Resolved { since, at } => {
                *since = now.min(*since);
                *at = now.min(*at);
            }
        }
    }
    state.unknown_since = state.unknown_since.map(|since| now.min(since));
}

/// Time with an unknown signal doesn't count towards how long the condition has lasted.
fn count_without(state: &mut RuleState, unknown: Millis) {
    for subject in state.subjects.values_mut() {
        if let AlertStatus::Pending { since } = &mut subject.standing {
            *since = since.saturating_add(unknown);
        }
    }
}

type Told = Option<(NoticeKind, Millis, Evidence)>;

/// One subject after a successful check.
fn one(
    rule: &RuleSettings,
    before: Option<SubjectState>,
    finding: SubjectFinding,
    now: Millis,
) -> (Option<SubjectState>, Told) {
    let standing = before.map(|before| before.standing);
    match (finding, standing) {
        (SubjectFinding::Bad(evidence), Some(AlertStatus::Firing { .. })) => {
            (before.map(|before| SubjectState { evidence, ..before }), None)
        }
        (SubjectFinding::Bad(evidence), standing) => {
            let since = if let Some(AlertStatus::Pending { since }) = standing { since } else { now };
            if now - since >= rule.wait_ms {
                let standing = AlertStatus::Firing { since, notified: now };
                (Some(SubjectState { standing, evidence }), Some((NoticeKind::Fired, since, evidence)))
            } else {
                (Some(SubjectState { standing: AlertStatus::Pending { since }, evidence }), None)
            }
        }
        (SubjectFinding::Good, Some(AlertStatus::Firing { since, .. })) => {
            let resolved =
                before.map(|before| SubjectState { standing: AlertStatus::Resolved { since, at: now }, ..before });
            let told = before.map(|before| (NoticeKind::Resolved, since, before.evidence));
            (resolved, told)
        }
        (SubjectFinding::Between, Some(AlertStatus::Firing { .. })) => (before, None),
        (_, Some(AlertStatus::Resolved { at, .. })) if now - at < FORGET => (before, None),
        (_, Some(AlertStatus::Pending { .. } | AlertStatus::Resolved { .. }) | None) => (None, None),
    }
}

/// Reminds of what is still firing, even if its signal is unknown; the notice then says so.
fn remind(rule: &RuleSettings, state: &mut RuleState, now: Millis, notices: &mut Vec<AlertNotice>) {
    if rule.remind_ms <= 0 {
        return;
    }
    let unknown_since = state.unknown_since;
    for (name, subject) in &mut state.subjects {
        if let AlertStatus::Firing { since, notified } = &mut subject.standing
            && now - *notified >= rule.remind_ms
        {
            *notified = now;
            let (kind, evidence) = (NoticeKind::Reminder, subject.evidence);
            notices.push(AlertNotice { kind, subject: name.clone(), since: *since, at: now, evidence, unknown_since });
        }
    }
}
