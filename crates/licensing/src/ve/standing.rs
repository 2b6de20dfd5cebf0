use super::{VeLicense, VeLicenseKind, write::instant};
use crate::{
    contact::Millis,
    machine::{ComponentChange, MachineVerdict, UnreadComponent},
};

/// The state of a server's VE license.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum VeLicenseStatus {
    /// There is none.
    #[default]
    None,
    /// Valid.
    Valid {
        /// Harmless changes of the machine.
        notes: Vec<ComponentChange>,
    },
    /// Valid, but parts of the machine could not be read.
    Unverified {
        /// What could not be read.
        names: Vec<UnreadComponent>,
        /// Valid until then, Unix milliseconds.
        until_ms: Millis,
    },
    /// The machine has changed.
    Void {
        /// What changed.
        changes: Vec<ComponentChange>,
    },
    /// It has expired.
    Expired {
        /// When it was.
        at_ms: Millis,
    },
    /// No hours of a countdown license are left.
    Empty,
    /// A newer one was installed before: older data was restored.
    Older {
        /// Its own serial.
        serial: u64,
        /// The highest that was installed.
        newest: u64,
    },
}

impl VeLicenseStatus {
    /// Whether clients may log in.
    #[must_use]
    pub fn in_force(&self) -> bool {
        matches!(self, VeLicenseStatus::Valid { .. } | VeLicenseStatus::Unverified { .. })
    }

    /// The word in the API and in logs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            VeLicenseStatus::None => "none",
            VeLicenseStatus::Valid { .. } => "valid",
            VeLicenseStatus::Unverified { .. } => "unverified",
            VeLicenseStatus::Void { .. } => "void",
            VeLicenseStatus::Expired { .. } => "expired",
            VeLicenseStatus::Empty => "empty",
            VeLicenseStatus::Older { .. } => "older",
        }
    }

    /// A sentence, with what to do.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            VeLicenseStatus::None => {
                "No license of this machine is installed. Create a request, carry it to the vendor, and install the license you get."
                    .to_owned()
            }
            VeLicenseStatus::Valid { notes } if notes.is_empty() => "The license of this machine is valid.".to_owned(),
            VeLicenseStatus::Valid { notes } => format!(
                "The license of this machine is valid. Harmless changes of the machine: {}.",
                listed(notes)
            ),
            VeLicenseStatus::Unverified { names, until_ms } => format!(
                "The license of this machine is valid until {} UTC, but parts of the machine can't be read: {}. Make them readable for the server's user.",
                instant(*until_ms),
                listed(names)
            ),
            VeLicenseStatus::Void { changes } => format!(
                "The license of this machine is void: {}. Undo the change, or create a request and ask the vendor for a new license.",
                listed(changes)
            ),
            VeLicenseStatus::Expired { at_ms } => {
                format!("The license of this machine ended on {} UTC. Ask the vendor for a newer one.", instant(*at_ms))
            }
            VeLicenseStatus::Empty => {
                "This machine's countdown license has no hours left. Ask the vendor for more.".to_owned()
            }
            VeLicenseStatus::Older { serial, newest } => format!(
                "The license of this machine is out of service: it has the serial {serial}, and {newest} was installed here before. Install the newest again, or ask the vendor for one."
            ),
        }
    }
}

fn listed(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The state of a license by the verdict about the machine and the time. Countdown hours are counted elsewhere:
/// `hours_are_used` means none are left. A changed machine outweighs the rest.
#[must_use]
pub fn standing(
    license: &VeLicense,
    verdict: &MachineVerdict,
    hours_are_used: bool,
    now_ms: Millis,
) -> VeLicenseStatus {
    match (verdict, license.kind) {
        (MachineVerdict::Void { changes }, _) => VeLicenseStatus::Void { changes: changes.clone() },
        (_, VeLicenseKind::Normal { until }) if now_ms >= until => VeLicenseStatus::Expired { at_ms: until },
        (_, VeLicenseKind::Countdown { .. }) if hours_are_used => VeLicenseStatus::Empty,
        (MachineVerdict::Unknown { names, until_ms, .. }, _) => {
            VeLicenseStatus::Unverified { names: names.clone(), until_ms: *until_ms }
        }
        (MachineVerdict::Fits { notes }, _) => VeLicenseStatus::Valid { notes: notes.clone() },
    }
}
