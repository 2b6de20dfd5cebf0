use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BoundMachine, ComponentMark, ComponentName, ComponentReading, MachineIdentity, bound::Digest, digest};
use crate::contact::{Millis, TOLERANCE};

/// How long the last verdict stays valid while a hard component is unreadable, or its file missing: 24 h.
pub const UNREADABLE_MS: Millis = 24 * 60 * 60 * 1000;

/// A changed component, with its values for display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentChange {
    /// Which.
    pub name: ComponentName,
    /// Value in the license.
    pub was: String,
    /// Value now.
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

/// Whether a license is valid on a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum MachineVerdict {
    /// No hard component has changed.
    Fits {
        /// Soft components that changed.
        notes: Vec<ComponentChange>,
    },
    /// A hard component is unreadable; the license, valid before, stays valid until `until_ms`.
    Unknown {
        /// Which, and why.
        names: Vec<UnreadComponent>,
        /// Since when, Unix milliseconds.
        since_ms: Millis,
        /// Until when that is tolerated, Unix milliseconds.
        until_ms: Millis,
    },
    /// A hard component changed, or was unreadable for too long.
    Void {
        /// What.
        changes: Vec<ComponentChange>,
    },
}

/// Compares a machine with a license. `last` is the previous verdict, or [`Verdict::Fits`] for a license about to be
/// installed. `now_ms` must never go back: pass the high-water mark of the contact clock.
///
/// A component that appeared since the license was made is not a change: another machine would differ in the bound
/// ones. The exception is the hypervisor: bare metal doesn't become virtual without being copied. Components without a
/// mark don't bind.
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
        // An end further away was set by a clock that ran ahead: it counts anew.
        MachineVerdict::Unknown { since_ms, until_ms, .. }
            if *until_ms <= now_ms.saturating_add(UNREADABLE_MS + TOLERANCE) =>
        {
            MachineVerdict::Unknown { names, since_ms: *since_ms, until_ms: *until_ms }
        }
        MachineVerdict::Unknown { .. } | MachineVerdict::Fits { .. } => {
            MachineVerdict::Unknown { names, since_ms: now_ms, until_ms: now_ms.saturating_add(UNREADABLE_MS) }
        }
    }
}

enum Compared {
    Same,
    Changed(ComponentChange),
    Unread(String),
}

/// Whether a component is another one than in the license.
#[must_use]
pub fn differs(name: ComponentName, mark: &ComponentMark, reading: &ComponentReading) -> bool {
    matches!(compare(name, mark, reading), Compared::Changed(_))
}

fn compare(name: ComponentName, mark: &ComponentMark, reading: &ComponentReading) -> Compared {
    let changed = |is: String| Compared::Changed(ComponentChange { name, was: mark.shown(), is });
    let ComponentMark::Value { digest: was, .. } = mark else {
        return match reading.value() {
            Some(value) if name == ComponentName::Hypervisor => changed(value.to_owned()),
            _ => Compared::Same,
        };
    };
    if reading.value().is_some_and(|value| is_same(name, value, was)) {
        return Compared::Same;
    }
    match reading {
        ComponentReading::Unknown(why) => Compared::Unread(why.clone()),
        ComponentReading::Missing { file, .. } => Compared::Unread(format!("{file} is missing")),
        ComponentReading::Absent => changed("none".to_owned()),
        ComponentReading::Value(value) if name.is_open() => changed(value.clone()),
        ComponentReading::Value(value) => changed(Digest(digest(value.as_bytes())).short()),
    }
}

/// Whether this value has that digest. Firmware states a UUID in either byte order, depending on the kernel.
fn is_same(name: ComponentName, value: &str, was: &Digest) -> bool {
    let is = |value: &str| Digest(digest(value.as_bytes())) == *was;
    let is_uuid = matches!(name, ComponentName::ProductUuid | ComponentName::InstanceUuid);
    is(value) || (is_uuid && swapped(value).is_some_and(|value| is(&value)))
}

/// A UUID with the bytes of its first three groups in the other order.
fn swapped(uuid: &str) -> Option<String> {
    let groups: Vec<&str> = uuid.split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let turned = |group: &str| -> String { (0..group.len()).step_by(2).rev().map(|at| &group[at..at + 2]).collect() };
    is_uuid.then(|| {
        let [first, second, third] = [groups[0], groups[1], groups[2]].map(turned);
        format!("{first}-{second}-{third}-{}-{}", groups[3], groups[4])
    })
}
