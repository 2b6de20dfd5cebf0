//! Refused sign-ins in the audit log: the first of a kind from an address at once, the others of that minute in one entry. So a flood of
//! guesses neither fills the log nor keeps the disk busy. What was typed as a name that nobody has is not written: it may be a password.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use licensing::words::count;

use crate::Engine;
use crate::actor::{Actor, Origin};
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::tasks::ticks;

/// Time between two looks for sums to write.
pub const EVERY: Duration = Duration::from_secs(10);
/// Refusals of this time become one entry, milliseconds.
const MINUTE_MS: i64 = 60_000;
/// Entries a minute that are written at once, and as many sums.
const MOST_ENTRIES: usize = 20;
/// Sums kept at a time; what is more is summed without its address.
const MOST_SUMS: usize = 1_000;

/// Why a sign-in was refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The password of this user was wrong.
    Wrong(String),
    /// The password of this user was right, the code was not.
    Code(String),
    /// The password of this user was right, but the account is disabled.
    Disabled(String),
    /// Nobody has the name.
    Unknown,
    /// Too many wrong ones before.
    Wait,
    /// Too many at once.
    Busy,
}

impl Cause {
    fn sentence(&self) -> String {
        match self {
            Self::Wrong(name) => format!("Failed sign-in for “{name}”."),
            Self::Code(name) => format!("Failed sign-in for “{name}”: the password was right, the code was not."),
            Self::Disabled(name) => format!("Refused a sign-in for “{name}”, whose account is disabled."),
            _ => "Failed sign-in with an unknown user name.".to_owned(),
        }
    }

    fn sum(&self, number: usize) -> String {
        let failed = count(number, "more failed sign-in", "more failed sign-ins");
        let refused = count(number, "sign-in", "sign-ins");
        match self {
            Self::Wrong(name) => format!("{failed} for “{name}” within a minute."),
            Self::Code(name) => format!("{failed} for “{name}” with a wrong code within a minute."),
            Self::Disabled(name) => format!("Refused {refused} for “{name}” within a minute: the account is disabled."),
            Self::Unknown => format!("{failed} with an unknown user name within a minute."),
            Self::Wait => format!("Refused {refused} within a minute, after too many wrong passwords."),
            Self::Busy => format!("Refused {refused} within a minute: too many at once."),
        }
    }
}

/// Refusals of one kind from one guest.
#[derive(Debug, Clone, Copy)]
struct Sum {
    since_ms: i64,
    /// Those that have no entry yet.
    count: usize,
}

/// What is not written yet.
#[derive(Debug, Default)]
pub struct RefusedLogins {
    /// By guest (none: of several) and cause.
    sums: BTreeMap<(Option<String>, Cause), Sum>,
    /// When the minute began, and the entries written at once in it.
    minute: Option<(i64, usize)>,
}

impl RefusedLogins {
    /// Whether this one gets an entry at once; else it is summed.
    fn note(&mut self, guest: &str, cause: Cause, now_ms: i64) -> bool {
        let is_checked = !matches!(cause, Cause::Wait | Cause::Busy);
        let mut key = (Some(guest.to_owned()), cause);
        if !self.sums.contains_key(&key) && self.sums.len() >= MOST_SUMS {
            key = (None, Cause::Wait);
        }
        let is_first = !self.sums.contains_key(&key);
        let at_once = is_checked && is_first && key.0.is_some() && self.may_write(now_ms);
        let sum = self.sums.entry(key).or_insert(Sum { since_ms: now_ms, count: 0 });
        sum.count = sum.count.saturating_add(usize::from(!at_once));
        at_once
    }

    fn may_write(&mut self, now_ms: i64) -> bool {
        let (began, written) = self.minute.filter(|(began, _)| now_ms - began < MINUTE_MS).unwrap_or((now_ms, 0));
        self.minute = Some((began, (written + 1).min(MOST_ENTRIES)));
        written < MOST_ENTRIES
    }

    /// The sums of a minute that is over, or all: guest and sentence, the largest first.
    fn take(&mut self, now_ms: i64, all: bool) -> Vec<(Option<String>, Option<Cause>, usize)> {
        let mut due = Vec::new();
        self.sums.retain(|(guest, cause), sum| {
            let stays = !all && now_ms - sum.since_ms < MINUTE_MS;
            if !stays && sum.count > 0 {
                due.push((guest.clone(), Some(cause.clone()), sum.count));
            }
            stays
        });
        due.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
        if due.len() > MOST_ENTRIES {
            let rest = due.split_off(MOST_ENTRIES).iter().map(|(_, _, count)| count).sum();
            due.push((None, None, rest));
        }
        due
    }
}

impl Engine {
    /// Writes down a refused sign-in, at once or in a sum.
    pub(super) async fn note_refused(&self, actor: &Actor, guest: &str, cause: Cause) {
        let now = self.clock.mono_ms();
        if self.refused.lock().unwrap_or_else(PoisonError::into_inner).note(guest, cause.clone(), now) {
            self.write_refused(actor, cause.sentence(), Some(&cause)).await;
        }
    }

    async fn write_refused(&self, actor: &Actor, sentence: String, cause: Option<&Cause>) {
        let entry = NewAuditEntry { actor, action: "session.login", sentence, outcome: AuditOutcome::Refused };
        let written = match cause {
            Some(Cause::Wrong(name) | Cause::Code(name) | Cause::Disabled(name)) => {
                self.audit.record(entry.about(name)).await
            }
            _ => self.audit.record(entry).await,
        };
        if let Err(error) = written {
            tracing::error!(%error, "could not record refused sign-ins in the audit log");
        }
    }

    /// Writes the sums of refused sign-ins. One task of the list.
    pub async fn keep_refused_logins(self: Arc<Self>) {
        let mut ticks = ticks(EVERY);
        loop {
            ticks.tick().await;
            self.write_refused_logins(false).await;
        }
    }

    /// Writes the sums of a minute that is over, or all of them.
    pub(crate) async fn write_refused_logins(&self, all: bool) {
        let now = self.clock.mono_ms();
        let due = self.refused.lock().unwrap_or_else(PoisonError::into_inner).take(now, all);
        for (guest, cause, count) in due {
            let sentence = match (&guest, &cause) {
                (Some(_), Some(cause)) => cause.sum(count),
                _ => format!("{count} more refused sign-ins from other addresses within a minute."),
            };
            let actor = Actor { name: "nobody".to_owned(), origin: Origin::Console, address: guest };
            self.write_refused(&actor, sentence, cause.as_ref()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_minute_is_written_at_once_and_the_others_are_one_sum() {
        let mut refused = RefusedLogins::default();
        let wrong = || Cause::Wrong("ann".to_owned());
        assert!(refused.note("a", wrong(), 0));
        for at in 0..500 {
            assert!(!refused.note("a", wrong(), at));
        }
        assert!(refused.note("a", Cause::Unknown, 500), "another cause");
        assert!(refused.note("b", wrong(), 500), "another address");
        assert!(!refused.note("a", Cause::Wait, 500), "what was not checked is only summed");
        assert!(refused.take(59_999, false).is_empty());
        assert_eq!(refused.take(60_000, false), [(Some("a".to_owned()), Some(wrong()), 500)]);
        assert_eq!(refused.take(60_500, false), [(Some("a".to_owned()), Some(Cause::Wait), 1)]);
        assert!(refused.note("a", wrong(), 61_000));
    }

    #[test]
    fn a_flood_from_many_addresses_becomes_few_entries_and_loses_no_count() {
        let mut refused = RefusedLogins::default();
        let at_once = (0..50_000).filter(|n| refused.note(&format!("{n}"), Cause::Unknown, 0)).count();
        assert_eq!(at_once, MOST_ENTRIES);
        assert!(refused.sums.len() <= MOST_SUMS + 1);
        let due = refused.take(60_000, false);
        assert!(due.len() <= MOST_ENTRIES + 1, "{}", due.len());
        assert_eq!(at_once + due.iter().map(|(_, _, count)| *count).sum::<usize>(), 50_000);
    }

    #[test]
    fn sums_read_right() {
        assert_eq!(Cause::Wrong("ann".into()).sum(12), "12 more failed sign-ins for “ann” within a minute.");
        assert_eq!(Cause::Unknown.sum(1), "1 more failed sign-in with an unknown user name within a minute.");
        assert_eq!(Cause::Busy.sum(2), "Refused 2 sign-ins within a minute: too many at once.");
    }
}
