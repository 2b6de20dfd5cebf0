//! What makes a machine this machine (RULES R8): its components, their fingerprint, and whether a license bound to a
//! machine still stands on it.
//!
//! Hard components bind: one that changed voids the license. Soft ones are noted only. What cannot be read is not
//! changed: the last verdict stands for [`UNREADABLE_MS`] and is shown.

mod bound;
mod judge;
mod name;
mod words;

pub use bound::{BoundMachine, ComponentMark, Digest, MarkError};
pub use judge::{ComponentChange, MachineVerdict, UNREADABLE_MS, UnreadComponent, judge};
pub use name::{ComponentName, NameError};
pub use words::{ALLOWED, VOIDS};

use std::collections::BTreeMap;

use sha2::Digest as _;

/// What was read of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentReading {
    /// It has this value.
    Value(String),
    /// The machine has no such thing.
    Absent,
    /// It could not be read, for this reason (a clause: `permission denied`). That says nothing about the machine.
    Unknown(String),
}

/// One component of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Which.
    pub name: ComponentName,
    /// What was read.
    pub reading: ComponentReading,
}

/// A machine as it was read at one moment: every [`ComponentName`] once, in their fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineIdentity {
    components: Vec<Component>,
}

impl MachineIdentity {
    /// From what was read. A name that is not among it counts as absent; of a name that comes twice the last stands. White
    /// space around a value is no part of it, and a value of nothing else is absent.
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

    /// What was read of one.
    #[must_use]
    pub fn reading(&self, name: ComponentName) -> &ComponentReading {
        static ABSENT: ComponentReading = ComponentReading::Absent;
        self.components.iter().find(|component| component.name == name).map_or(&ABSENT, |component| &component.reading)
    }

    /// What a license made for this machine says about it.
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
