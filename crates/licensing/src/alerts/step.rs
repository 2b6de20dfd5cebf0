//! The state machine of a rule: Ok → Pending → Firing → Resolved, per subject.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::finding::{Checked, Evidence, SubjectFinding};
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

/// Somebody takes care of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// When, Unix milliseconds.
    pub at: Millis,
}

/// One subject with a problem, or a recent one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectState {
    /// Its state.
    pub standing: AlertStatus,
    /// The last finding.
    pub evidence: Evidence,
    /// Who takes care of it: no reminders until it resolves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
    /// It fired or recovered while the rule was silenced: the last notification says otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untold: bool,
}

impl SubjectState {
    fn new(standing: AlertStatus, evidence: Evidence) -> SubjectState {
        SubjectState { standing, evidence, acknowledged: None, untold: false }
    }

    fn is_firing(&self) -> bool {
        matches!(self.standing, AlertStatus::Firing { .. })
    }

    /// Whether the last notification said that it fires.
    fn is_known_to_fire(&self) -> bool {
        self.is_firing() != self.untold
    }
}

/// The state of a rule. A missing subject is OK.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleState {
    /// By name; the server itself is the empty one.
    pub subjects: BTreeMap<String, SubjectState>,
    /// Since when its signal is unknown.
    pub unknown_since: Option<Millis>,
    /// No notifications before this; its state goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silenced_until: Option<Millis>,
}

impl RuleState {
    /// Number of firing subjects.
    #[must_use]
    pub fn firing(&self) -> usize {
        self.firing_subjects().count()
    }

    /// The firing subjects with their names.
    pub fn firing_subjects(&self) -> impl Iterator<Item = (&String, &SubjectState)> {
        self.subjects.iter().filter(|(_, subject)| subject.is_firing())
    }

    /// Whether it sends nothing at this time.
    #[must_use]
    pub fn is_silenced(&self, now: Millis) -> bool {
        self.silenced_until.is_some_and(|until| now < until)
    }

    /// Acknowledges what fires: one subject, or all. Returns the names of those that nobody had acknowledged.
    pub fn acknowledge(&mut self, subject: Option<&str>, by: &str, now: Millis) -> Vec<String> {
        let meant = |name: &str| subject.is_none_or(|subject| subject == name);
        let open = self
            .subjects
            .iter_mut()
            .filter(|(name, state)| meant(name) && state.is_firing() && state.acknowledged.is_none());
        open.map(|(name, state)| {
            state.acknowledged = Some(Acknowledgement { by: by.to_owned(), at: now });
            name.clone()
        })
        .collect()
    }

    /// Whether all subjects have the same state; measurements may differ.
    #[must_use]
    pub fn stands_as(&self, other: &RuleState) -> bool {
        let same = |(name, own): (&String, &SubjectState)| {
            other.subjects.get(name).is_some_and(|other| {
                (own.standing, &own.acknowledged, own.untold) == (other.standing, &other.acknowledged, other.untold)
            })
        };
        self.unknown_since == other.unknown_since
            && self.silenced_until == other.silenced_until
            && self.subjects.len() == other.subjects.len()
            && self.subjects.iter().all(same)
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
    /// When the notice is sent, or when it recovered, Unix milliseconds.
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
    next.silenced_until = next.silenced_until.filter(|until| now < *until);
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
                let finding = found.get(&name).cloned().unwrap_or(SubjectFinding::Good);
                let before = next.subjects.get(&name).cloned();
                let was_known = before.as_ref().is_some_and(SubjectState::is_known_to_fire);
                let (mut after, kind) = one(rule, before, finding, now);
                // Nobody has to hear that what was never told has recovered.
                let kind = kind.filter(|(kind, ..)| *kind != NoticeKind::Resolved || was_known);
                let is_told = kind.is_some() && next.silenced_until.is_none();
                if let Some(after) = &mut after {
                    after.untold = !is_told && after.is_firing() != was_known;
                }
                if let Some((kind, since, evidence)) = kind.filter(|_| is_told) {
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
    if next.silenced_until.is_none() {
        tell_untold(&mut next, now, &mut notices);
        remind(rule, &mut next, now, &mut notices);
    }
    (next, notices)
}

/// What fired while the rule was silenced and still fires, and what recovered meanwhile, is news once the silence is over.
fn tell_untold(state: &mut RuleState, now: Millis, notices: &mut Vec<AlertNotice>) {
    let unknown_since = state.unknown_since;
    for (name, subject) in state.subjects.iter_mut().filter(|(_, subject)| subject.untold) {
        let (kind, since, at) = match &mut subject.standing {
            // Whether it has recovered is not certain yet.
            AlertStatus::Pending { .. } => continue,
            AlertStatus::Firing { since, notified } => {
                *notified = now;
                (NoticeKind::Fired, *since, now)
            }
            AlertStatus::Resolved { since, at } => (NoticeKind::Resolved, *since, *at),
        };
        subject.untold = false;
        if subject.acknowledged.is_none() {
            let evidence = subject.evidence.clone();
            notices.push(AlertNotice { kind, subject: name.clone(), since, at, evidence, unknown_since });
        }
    }
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
    let Some(before) = before else {
        let SubjectFinding::Bad(evidence) = finding else { return (None, None) };
        return bad_since(rule, now, evidence, now);
    };
    match (finding, before.standing) {
        (SubjectFinding::Bad(evidence), AlertStatus::Firing { .. }) => {
            (Some(SubjectState { evidence, ..before }), None)
        }
        (SubjectFinding::Bad(evidence), AlertStatus::Pending { since }) => bad_since(rule, since, evidence, now),
        (SubjectFinding::Bad(evidence), AlertStatus::Resolved { .. }) => bad_since(rule, now, evidence, now),
        (SubjectFinding::Good, AlertStatus::Firing { since, .. }) => {
            let told = (NoticeKind::Resolved, since, before.evidence.clone());
            (Some(SubjectState::new(AlertStatus::Resolved { since, at: now }, before.evidence)), Some(told))
        }
        (SubjectFinding::Between, AlertStatus::Firing { .. }) => (Some(before), None),
        (_, AlertStatus::Resolved { at, .. }) if before.untold || now - at < FORGET => (Some(before), None),
        // It recovered while the rule was silenced, and began again only for a moment.
        (_, AlertStatus::Pending { since }) if before.untold => {
            let told = (NoticeKind::Resolved, since, before.evidence.clone());
            (Some(SubjectState::new(AlertStatus::Resolved { since, at: now }, before.evidence)), Some(told))
        }
        (_, AlertStatus::Pending { .. } | AlertStatus::Resolved { .. }) => (None, None),
    }
}

/// A condition that has held since then: pending, or firing once it has lasted long enough.
fn bad_since(rule: &RuleSettings, since: Millis, evidence: Evidence, now: Millis) -> (Option<SubjectState>, Told) {
    if now - since < rule.wait_ms {
        return (Some(SubjectState::new(AlertStatus::Pending { since }, evidence)), None);
    }
    let firing = SubjectState::new(AlertStatus::Firing { since, notified: now }, evidence.clone());
    (Some(firing), Some((NoticeKind::Fired, since, evidence)))
}

/// Reminds of what is still firing and not acknowledged, even if its signal is unknown; the notice then says so.
fn remind(rule: &RuleSettings, state: &mut RuleState, now: Millis, notices: &mut Vec<AlertNotice>) {
    if rule.remind_ms <= 0 {
        return;
    }
    let unknown_since = state.unknown_since;
    for (name, subject) in state.subjects.iter_mut().filter(|(_, subject)| subject.acknowledged.is_none()) {
        if let AlertStatus::Firing { since, notified } = &mut subject.standing
            && now - *notified >= rule.remind_ms
        {
            *notified = now;
            let (kind, evidence) = (NoticeKind::Reminder, subject.evidence.clone());
            notices.push(AlertNotice { kind, subject: name.clone(), since: *since, at: now, evidence, unknown_since });
        }
    }
}
