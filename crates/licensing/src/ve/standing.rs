use super::{VeLicense, VeLicenseKind, write::instant};
use crate::{
    contact::Millis,
    machine::{ComponentChange, MachineVerdict, UnreadComponent},
};

/// Whether the VE license of a server is in force, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum VeLicenseStatus {
    /// There is none.
    #[default]
    None,
    /// In force.
    Valid {
        /// What changed about the machine without harm.
        notes: Vec<ComponentChange>,
    },
    /// In force, though the machine could not be read in full.
    Unverified {
        /// What could not be read.
        names: Vec<UnreadComponent>,
        /// Until then it stands, Unix milliseconds.
        until_ms: Millis,
    },
    /// The machine is not the one it was made for.
    Void {
        /// What changed.
        changes: Vec<ComponentChange>,
    },
    /// Its end has come, Unix milliseconds.
    Expired {
        /// When it was.
        at_ms: Millis,
    },
    /// Every hour of a countdown license is used.
    Empty,
    /// A newer one was installed on this machine before: older data was restored.
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

    /// It in one sentence, with what to do.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            VeLicenseStatus::None => {
                "This machine has no license of its own. Make a request, carry it to the vendor, and install what comes back."
                    .to_owned()
            }
            VeLicenseStatus::Valid { notes } if notes.is_empty() => "The license of this machine is in force.".to_owned(),
            VeLicenseStatus::Valid { notes } => format!(
                "The license of this machine is in force. What changed about the machine does no harm: {}.",
                listed(notes)
            ),
            VeLicenseStatus::Unverified { names, until_ms } => format!(
                "The license of this machine stands until {} UTC though the machine cannot be read in full: {}. Let the server's user read that.",
                instant(*until_ms),
                listed(names)
            ),
            VeLicenseStatus::Void { changes } => format!(
                "The license of this machine is void: {}. Undo the change, or make a request and ask the vendor for a new license.",
                listed(changes)
            ),
            VeLicenseStatus::Expired { at_ms } => {
                format!("The license of this machine ended on {} UTC. Ask the vendor for a newer one.", instant(*at_ms))
            }
            VeLicenseStatus::Empty => {
                "Every hour of this machine's countdown license is used. Ask the vendor for more.".to_owned()
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

/// What a verdict about the machine and the time mean for a license. The hours of a countdown license are counted
/// elsewhere: `hours_are_used` says whether none is left. A machine that is another outweighs the rest.
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
