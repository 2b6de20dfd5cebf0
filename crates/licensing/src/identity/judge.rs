use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Bound, Identity, Mark, Name, Reading, bound::Digest, digest};
use crate::contact::Millis;

/// How long the last verdict stays valid while a hard component is unreadable (R8): 24 h.
pub const UNREADABLE_MS: Millis = 24 * 60 * 60 * 1000;

/// A changed component, with its values for display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which.
    pub name: Name,
    /// Value in the license.
    pub was: String,
    /// Value now.
    pub is: String,
}

impl fmt::Display for Change {
    /// `CPU cores 4 → 8`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} → {}", self.name.label(), self.was, self.is)
    }
}

/// A component that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Which.
    pub name: Name,
    /// Why, as a clause.
    pub why: String,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name.label(), self.why)
    }
}

/// Whether a license is valid on a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// No hard component has changed.
    Fits {
        /// Soft components that changed.
        notes: Vec<Change>,
    },
    /// A hard component is unreadable; the license, valid before, stays valid until `until_ms`.
    Unknown {
        /// Which, and why.
        names: Vec<Unread>,
        /// Since when, Unix milliseconds.
        since_ms: Millis,
        /// Until when that is tolerated, Unix milliseconds.
        until_ms: Millis,
    },
    /// A hard component changed, or was unreadable for too long.
    Void {
        /// What.
        changes: Vec<Change>,
    },
}

/// Compares a machine with a license. `last` is the previous verdict, or [`Verdict::Fits`] for a license about to be
/// installed. `now_ms` must never go back: pass the high-water mark of the contact clock.
///
/// A component that appeared since the license was made is not a change: another machine would differ in the bound
/// ones. The exception is the hypervisor: bare metal doesn't become virtual without being copied. Components without a
/// mark don't bind.
#[must_use]
pub fn judge(bound: &Bound, identity: &Identity, last: &Verdict, now_ms: Millis) -> Verdict {
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    let mut names = Vec::new();
    for (name, mark) in bound.marks() {
        match (compare(name, mark, identity.reading(name)), name.is_hard()) {
            (Compared::Same, _) | (Compared::Unread(_), false) => {}
            (Compared::Changed(change), true) => changes.push(change),
            (Compared::Changed(change), false) => notes.push(change),
            (Compared::Unread(why), true) => names.push(Unread { name, why }),
        }
    }
    if !changes.is_empty() {
        return Verdict::Void { changes };
    }
    if names.is_empty() {
        return Verdict::Fits { notes };
    }
    match last {
        Verdict::Void { changes } => Verdict::Void { changes: changes.clone() },
        Verdict::Unknown { until_ms, .. } if now_ms >= *until_ms => {
            let unread = |Unread { name, why }: Unread| Change {
                name,
                was: bound.mark(name).map_or_else(String::new, Mark::shown),
                is: format!("unreadable for 24 hours ({why})"),
            };
            Verdict::Void { changes: names.into_iter().map(unread).collect() }
        }
        Verdict::Unknown { since_ms, until_ms, .. } => {
            Verdict::Unknown { names, since_ms: *since_ms, until_ms: *until_ms }
        }
        Verdict::Fits { .. } => {
            Verdict::Unknown { names, since_ms: now_ms, until_ms: now_ms.saturating_add(UNREADABLE_MS) }
        }
    }
}

enum Compared {
    Same,
    Changed(Change),
    Unread(String),
}

fn compare(name: Name, mark: &Mark, reading: &Reading) -> Compared {
    let changed = |is: String| Compared::Changed(Change { name, was: mark.shown(), is });
    match (mark, reading) {
        (Mark::Absent, Reading::Value(value)) if name == Name::Hypervisor => changed(value.clone()),
        (Mark::Absent, _) => Compared::Same,
        (Mark::Value { .. }, Reading::Unknown(why)) => Compared::Unread(why.clone()),
        (Mark::Value { .. }, Reading::Absent) => changed("none".to_owned()),
        (Mark::Value { digest: was, .. }, Reading::Value(value)) => {
            let is = Digest(digest(value.as_bytes()));
            if is == *was { Compared::Same } else { changed(if name.is_open() { value.clone() } else { is.short() }) }
        }
    }
}
