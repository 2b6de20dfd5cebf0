use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BoundMachine, ComponentMark, ComponentName, ComponentReading, MachineIdentity, bound::Digest, digest};
use crate::contact::Millis;

/// How long the last verdict stands while a hard component cannot be read (R8): 24 h.
pub const UNREADABLE_MS: Millis = 24 * 60 * 60 * 1000;

/// A component that is not what it was. The values are as they may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentChange {
    /// Which.
    pub name: ComponentName,
    /// As the license has it.
    pub was: String,
    /// As the machine has it now.
    pub is: String,
}

impl fmt::Display for ComponentChange {
    /// `CPU cores 4 → 8`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} → {}", self.name.label(), self.was, self.is)
    }
}

/// A component that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadComponent {
    /// Which.
    pub name: ComponentName,
    /// Why, as a clause.
    pub why: String,
}

impl fmt::Display for UnreadComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name.label(), self.why)
    }
}

/// Whether a license stands on a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum MachineVerdict {
    /// Every hard component is as it was.
    Fits {
        /// Soft components that changed.
        notes: Vec<ComponentChange>,
    },
    /// A hard component cannot be read; the license, which did fit, stands until `until_ms`.
    Unknown {
        /// Which, and why.
        names: Vec<UnreadComponent>,
        /// Since when, Unix milliseconds.
        since_ms: Millis,
        /// Until when that is borne, Unix milliseconds.
        until_ms: Millis,
    },
    /// A hard component changed, or was unreadable for too long.
    Void {
        /// What.
        changes: Vec<ComponentChange>,
    },
}

/// Judges a machine by what a license says about it. `last` is the verdict before this one; for a license that is about to
/// be installed it is [`MachineVerdict::Fits`]. `now_ms` must not be taken back: pass the high-water mark of the contact clock.
///
/// A component the machine did not have when the license was made, and has now, is no change: a machine that shows more of
/// itself is still the same one, and another machine differs in what was bound. The hypervisor is the exception: bare metal
/// does not become virtual without being copied. What the license says nothing about binds nothing.
#[must_use]
pub fn judge(
    bound: &BoundMachine,
    identity: &MachineIdentity,
    last: &MachineVerdict,
    now_ms: Millis,
) -> MachineVerdict {
    let mut changes = Vec::new();
    let mut notes = Vec::new();
    let mut names = Vec::new();
    for (name, mark) in bound.marks() {
        match (compare(name, mark, identity.reading(name)), name.is_hard()) {
            (Compared::Same, _) | (Compared::Unread(_), false) => {}
            (Compared::Changed(change), true) => changes.push(change),
            (Compared::Changed(change), false) => notes.push(change),
            (Compared::Unread(why), true) => names.push(UnreadComponent { name, why }),
        }
    }
    if !changes.is_empty() {
        return MachineVerdict::Void { changes };
    }
    if names.is_empty() {
        return MachineVerdict::Fits { notes };
    }
    match last {
        MachineVerdict::Void { changes } => MachineVerdict::Void { changes: changes.clone() },
        MachineVerdict::Unknown { until_ms, .. } if now_ms >= *until_ms => {
            let unread = |UnreadComponent { name, why }: UnreadComponent| ComponentChange {
                name,
                was: bound.mark(name).map_or_else(String::new, ComponentMark::shown),
                is: format!("unreadable for 24 hours ({why})"),
            };
            MachineVerdict::Void { changes: names.into_iter().map(unread).collect() }
        }
        MachineVerdict::Unknown { since_ms, until_ms, .. } => {
            MachineVerdict::Unknown { names, since_ms: *since_ms, until_ms: *until_ms }
        }
        MachineVerdict::Fits { .. } => {
            MachineVerdict::Unknown { names, since_ms: now_ms, until_ms: now_ms.saturating_add(UNREADABLE_MS) }
        }
    }
}

enum Compared {
    Same,
    Changed(ComponentChange),
    Unread(String),
}

fn compare(name: ComponentName, mark: &ComponentMark, reading: &ComponentReading) -> Compared {
    let changed = |is: String| Compared::Changed(ComponentChange { name, was: mark.shown(), is });
    match (mark, reading) {
        (ComponentMark::Absent, ComponentReading::Value(value)) if name == ComponentName::Hypervisor => {
            changed(value.clone())
        }
        (ComponentMark::Absent, _) => Compared::Same,
        (ComponentMark::Value { .. }, ComponentReading::Unknown(why)) => Compared::Unread(why.clone()),
        (ComponentMark::Value { .. }, ComponentReading::Absent) => changed("none".to_owned()),
        (ComponentMark::Value { digest: was, .. }, ComponentReading::Value(value)) => {
            let is = Digest(digest(value.as_bytes()));
            if is == *was { Compared::Same } else { changed(if name.is_open() { value.clone() } else { is.short() }) }
        }
    }
}
