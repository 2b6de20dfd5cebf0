use super::{Kind, License, write::instant};
use crate::{
    contact::Millis,
    identity::{Change, Unread, Verdict},
};

/// The state of a server's VE license.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Standing {
    /// There is none.
    #[default]
    None,
    /// Valid.
    Valid {
        /// Harmless changes of the machine.
        notes: Vec<Change>,
    },
    /// Valid, but parts of the machine could not be read.
    Unverified {
        /// What could not be read.
        names: Vec<Unread>,
        /// Valid until then, Unix milliseconds.
        until_ms: Millis,
    },
    /// The machine has changed.
    Void {
        /// What changed.
        changes: Vec<Change>,
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

impl Standing {
    /// Whether clients may log in.
    #[must_use]
    pub fn in_force(&self) -> bool {
        matches!(self, Standing::Valid { .. } | Standing::Unverified { .. })
    }

    /// The word in the API and in logs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Standing::None => "none",
            Standing::Valid { .. } => "valid",
            Standing::Unverified { .. } => "unverified",
            Standing::Void { .. } => "void",
            Standing::Expired { .. } => "expired",
            Standing::Empty => "empty",
            Standing::Older { .. } => "older",
        }
    }

    /// A sentence, with what to do.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Standing::None => {
                "This machine has no license. Create a request, carry it to the vendor, and install the license you get."
                    .to_owned()
            }
            Standing::Valid { notes } if notes.is_empty() => "The license of this machine is valid.".to_owned(),
            Standing::Valid { notes } => format!(
                "The license of this machine is valid. Harmless changes of the machine: {}.",
                listed(notes)
            ),
            Standing::Unverified { names, until_ms } => format!(
                "The license of this machine is valid until {} UTC, but parts of the machine can't be read: {}. Make them readable for the server's user.",
                instant(*until_ms),
                listed(names)
            ),
            Standing::Void { changes } => format!(
                "The license of this machine is void: {}. Undo the change, or create a request and ask the vendor for a new license.",
                listed(changes)
            ),
            Standing::Expired { at_ms } => {
                format!("The license of this machine ended on {} UTC. Ask the vendor for a newer one.", instant(*at_ms))
            }
            Standing::Empty => {
                "This machine's countdown license has no hours left. Ask the vendor for more.".to_owned()
            }
            Standing::Older { serial, newest } => format!(
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
pub fn standing(license: &License, verdict: &Verdict, hours_are_used: bool, now_ms: Millis) -> Standing {
    match (verdict, license.kind) {
        (Verdict::Void { changes }, _) => Standing::Void { changes: changes.clone() },
        (_, Kind::Normal { until }) if now_ms >= until => Standing::Expired { at_ms: until },
        (_, Kind::Countdown { .. }) if hours_are_used => Standing::Empty,
        (Verdict::Unknown { names, until_ms, .. }, _) => {
            Standing::Unverified { names: names.clone(), until_ms: *until_ms }
        }
        (Verdict::Fits { notes }, _) => Standing::Valid { notes: notes.clone() },
    }
}
