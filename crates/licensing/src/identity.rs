//! The identity of a machine (RULES R8): its components, their fingerprint, and whether a license bound to it is still
//! valid.
//!
//! Hard components bind: a change voids the license. Changes of soft ones are only recorded. An unreadable component
//! doesn't count as changed: the last verdict stays valid for [`UNREADABLE_MS`].

mod bound;
mod judge;
mod name;
mod words;

pub use bound::{Bound, Digest, Mark, MarkError};
pub use judge::{Change, UNREADABLE_MS, Unread, Verdict, judge};
pub use name::{Name, NameError};
pub use words::{ALLOWED, VOIDS};

use std::collections::BTreeMap;

use sha2::Digest as _;

/// The reading of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It has this value.
    Value(String),
    /// The machine has none.
    Absent,
    /// It could not be read, for this reason (a clause: `permission denied`).
    Unknown(String),
}

/// One component of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Which.
    pub name: Name,
    /// What was read.
    pub reading: Reading,
}

/// A machine at one moment: every [`Name`] once, in fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    components: Vec<Component>,
}

impl Identity {
    /// From readings. A missing name counts as absent; the last of repeated names applies. Values are trimmed, and an
    /// empty one is absent.
    pub fn new(read: impl IntoIterator<Item = Component>) -> Identity {
        let mut readings: BTreeMap<Name, Reading> = BTreeMap::new();
        for Component { name, reading } in read {
            let reading = match reading {
                Reading::Value(value) if value.trim().is_empty() => Reading::Absent,
                Reading::Value(value) => Reading::Value(value.trim().to_owned()),
                other => other,
            };
            readings.insert(name, reading);
        }
        let component = |name| Component { name, reading: readings.remove(&name).unwrap_or(Reading::Absent) };
        Identity { components: Name::ALL.into_iter().map(component).collect() }
    }

    /// Every component, in the fixed order.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The reading of one.
    #[must_use]
    pub fn reading(&self, name: Name) -> &Reading {
        static ABSENT: Reading = Reading::Absent;
        self.components.iter().find(|component| component.name == name).map_or(&ABSENT, |component| &component.reading)
    }

    /// The marks of this machine in a license.
    #[must_use]
    pub fn bound(&self) -> Bound {
        self.components.iter().filter_map(|component| Some((component.name, Mark::of(component)?))).collect()
    }

    /// The fingerprint: see [`Bound::fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        self.bound().fingerprint()
    }
}

/// SHA-256.
fn digest(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests;
