//! What a rule would have done with past signals.

use super::{
    AlertStatus, Checked, Evidence, HOUR, MINUTE, NoticeKind, RuleSettings, RuleState, Signals, SubjectFinding, step,
};
use crate::contact::Millis;

/// Minimum time between snapshots when only measurements moved, milliseconds; also the step of a replay.
pub const EVERY: Millis = MINUTE;
/// The step of a replay while something is about to fire, milliseconds: a running server checks as often.
const CHECKED_EVERY: Millis = 10_000;
/// Maximum time between snapshots, milliseconds: in a longer gap the server was off and the signals are unknown.
pub const HEARTBEAT: Millis = HOUR;
/// Tolerated delay of a snapshot, milliseconds.
const LATE: Millis = 5 * MINUTE;

/// One time that a rule would have fired for one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// A peer, a client, a product; empty for the server itself.
    pub subject: String,
    /// When it would have notified, Unix milliseconds.
    pub fired: Millis,
    /// When it would have resolved; `None` if it did not.
    pub resolved: Option<Millis>,
    /// Number of reminders.
    pub reminders: u32,
}

/// The state of a rule at the end of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresentState {
    /// Its signal is unknown now.
    Unknown,
    /// Subjects with a problem, by name; may be empty.
    Known {
        /// It would be firing for these.
        firing: Vec<(String, Evidence)>,
        /// It would be pending for these.
        pending: Vec<(String, Evidence)>,
    },
}

/// Replays snapshots, oldest first, and ends with the current `signals`.
#[must_use]
pub fn replay_to_now(
    rule: &RuleSettings,
    history: impl Iterator<Item = (Millis, Signals)>,
    now: Millis,
    signals: &Signals,
) -> (Vec<Episode>, PresentState) {
    let run = run(rule, history.chain(std::iter::once((now, signals.clone()))));
    let present = match rule.condition.check(signals, now) {
        Checked::Unknown => PresentState::Unknown,
        Checked::Known(found) => {
            let bad = found.into_iter().filter_map(|(name, finding)| match finding {
                SubjectFinding::Bad(evidence) => Some((name, evidence)),
                SubjectFinding::Good | SubjectFinding::Between => None,
            });
            let fires = |name: &String| {
                let subject = run.state.subjects.get(name);
                subject.is_some_and(|subject| matches!(subject.standing, AlertStatus::Firing { .. }))
            };
            let (firing, pending) = bad.partition(|(name, _)| fires(name));
            PresentState::Known { firing, pending }
        }
    };
    (run.episodes, present)
}

/// Replays snapshots, oldest first; in the order in which the rule would have fired.
#[must_use]
pub fn replay(rule: &RuleSettings, history: impl Iterator<Item = (Millis, Signals)>) -> Vec<Episode> {
    run(rule, history).episodes
}

fn run(rule: &RuleSettings, history: impl Iterator<Item = (Millis, Signals)>) -> Run<'_> {
    let mut run = Run { rule, state: RuleState::default(), episodes: Vec::new() };
    let mut before: Option<(Millis, Signals)> = None;
    for (at, signals) in history {
        if let Some((last, held)) = &before {
            run.between(*last, held, at);
        }
        run.look(at, &signals);
        before = Some((at, signals));
    }
    run
}

struct Run<'a> {
    rule: &'a RuleSettings,
    state: RuleState,
    episodes: Vec<Episode>,
}

impl Run<'_> {
    fn look(&mut self, at: Millis, signals: &Signals) {
        let (next, notices) = step(self.rule, &self.state, signals, at);
        self.state = next;
        for notice in notices {
            let open = self.episodes.iter_mut().rev().find(|e| e.subject == notice.subject && e.resolved.is_none());
            match (notice.kind, open) {
                (NoticeKind::Fired, _) => {
                    self.episodes.push(Episode { subject: notice.subject, fired: at, resolved: None, reminders: 0 });
                }
                (NoticeKind::Reminder, Some(open)) => open.reminders += 1,
                (NoticeKind::Resolved, Some(open)) => open.resolved = Some(at),
                (NoticeKind::Reminder | NoticeKind::Resolved, None) => {}
            }
        }
    }

    /// A silence grows, and what is pending fires, between two snapshots.
    fn pace(&self, held: &Signals, at: Millis) -> Millis {
        let is_pending = |state: &RuleState| {
            state.subjects.values().any(|subject| matches!(subject.standing, AlertStatus::Pending { .. }))
        };
        let is_between = || match self.rule.condition.check(held, at) {
            Checked::Unknown => false,
            Checked::Known(found) => found.values().any(|finding| *finding == SubjectFinding::Between),
        };
        if is_pending(&self.state) || is_between() { CHECKED_EVERY } else { EVERY }
    }

    /// Nothing changes between two snapshots; if they are too far apart, the signals are unknown.
    fn between(&mut self, last: Millis, held: &Signals, next: Millis) {
        let known_until = last.saturating_add(HEARTBEAT + LATE);
        let mut at = last.saturating_add(self.pace(held, last));
        while at < next && at <= known_until {
            self.look(at, held);
            at = at.saturating_add(self.pace(held, at));
        }
        let nothing = Signals::default();
        while at < next {
            self.look(at, &nothing);
            // Only reminders can come; they need no smaller steps.
            at = at.saturating_add(if self.state.firing() > 0 { EVERY } else { next - at });
        }
    }
}
