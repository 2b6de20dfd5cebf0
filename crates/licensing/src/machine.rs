//! The identity of a machine: its components, their fingerprint, and whether a license bound to it is still
//! valid.
//!
//! Hard components bind: a change voids the license. Changes of soft ones are only recorded. An unreadable component
//! doesn't count as changed, nor does one whose file is gone: the last verdict stays valid for [`UNREADABLE_MS`].

mod bound;
mod judge;
mod name;
mod words;

pub use bound::{BoundMachine, ComponentMark, Digest, MarkError};
pub use judge::{ComponentChange, MachineVerdict, UNREADABLE_MS, UnreadComponent, differs, judge};
pub use name::{ComponentName, NameError};
pub use words::{ALLOWED, VOIDS};

use std::collections::BTreeMap;

use sha2::Digest as _;

/// The reading of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentReading {
    /// It has this value.
    Value(String),
    /// The machine has none.
    Absent,
    /// The file that states it does not exist: the machine has none, or something keeps the file from it.
    Missing {
        /// Which file.
        file: String,
        /// The value by other, less certain means.
        otherwise: Option<String>,
    },
    /// It could not be read, for this reason (a clause: `permission denied`).
    Unknown(String),
}

impl ComponentReading {
    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            ComponentReading::Value(value) | ComponentReading::Missing { otherwise: Some(value), .. } => Some(value),
            ComponentReading::Absent | ComponentReading::Missing { .. } | ComponentReading::Unknown(_) => None,
        }
    }
}

/// One component of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Which.
    pub name: ComponentName,
    /// What was read.
    pub reading: ComponentReading,
}

/// A machine at one moment: every [`ComponentName`] once, in fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineIdentity {
    components: Vec<Component>,
}

impl MachineIdentity {
    /// From readings. A name that is not there counts as absent; the last of repeated names applies. Values are trimmed, and an
    /// empty one is absent.
    pub fn new(read: impl IntoIterator<Item = Component>) -> MachineIdentity {
        let mut readings: BTreeMap<ComponentName, ComponentReading> = BTreeMap::new();
        for Component { name, reading } in read {
            let reading = match reading {
                ComponentReading::Value(value) if value.trim().is_empty() => ComponentReading::Absent,
                ComponentReading::Value(value) => ComponentReading::Value(value.trim().to_owned()),
                other => other,
            };
            readings.insert(name, reading);
        }
        let component = |name| Component { name, reading: readings.remove(&name).unwrap_or(ComponentReading::Absent) };
        MachineIdentity { components: ComponentName::ALL.into_iter().map(component).collect() }
    }

    /// Every component, in the fixed order.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The reading of one.
    #[must_use]
    pub fn reading(&self, name: ComponentName) -> &ComponentReading {
        static ABSENT: ComponentReading = ComponentReading::Absent;
        self.components.iter().find(|component| component.name == name).map_or(&ABSENT, |component| &component.reading)
    }

    /// The marks of this machine in a license.
    #[must_use]
    pub fn bound(&self) -> BoundMachine {
        self.components.iter().filter_map(|component| Some((component.name, ComponentMark::of(component)?))).collect()
    }

    /// The fingerprint: see [`BoundMachine::fingerprint`].
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
