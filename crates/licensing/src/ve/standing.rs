use super::{Kind, License, write::instant};
use crate::{
    contact::Millis,
    identity::{Change, Unread, Verdict},
};

/// Whether the VE license of a server is in force, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Standing {
    /// There is none.
    #[default]
    None,
    /// In force.
    Valid {
        /// What changed about the machine without harm.
        notes: Vec<Change>,
    },
    /// In force, though the machine could not be read in full.
    Unverified {
        /// What could not be read.
        names: Vec<Unread>,
        /// Until then it stands, Unix milliseconds.
        until_ms: Millis,
    },
    /// The machine is not the one it was made for.
    Void {
        /// What changed.
        changes: Vec<Change>,
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

    /// It in one sentence, with what to do.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Standing::None => {
                "This machine has no license of its own. Make a request, carry it to the vendor, and install what comes back."
                    .to_owned()
            }
            Standing::Valid { notes } if notes.is_empty() => "The license of this machine is in force.".to_owned(),
            Standing::Valid { notes } => format!(
                "The license of this machine is in force. What changed about the machine does no harm: {}.",
                listed(notes)
            ),
            Standing::Unverified { names, until_ms } => format!(
                "The license of this machine stands until {} UTC though the machine cannot be read in full: {}. Let the server's user read that.",
                instant(*until_ms),
                listed(names)
            ),
            Standing::Void { changes } => format!(
                "The license of this machine is void: {}. Undo the change, or make a request and ask the vendor for a new license.",
                listed(changes)
            ),
            Standing::Expired { at_ms } => {
                format!("The license of this machine ended on {} UTC. Ask the vendor for a newer one.", instant(*at_ms))
            }
            Standing::Empty => {
                "Every hour of this machine's countdown license is used. Ask the vendor for more.".to_owned()
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

/// What a verdict about the machine and the time mean for a license. The hours of a countdown license are counted
/// elsewhere: `hours_are_used` says whether none is left. A machine that is another outweighs the rest.
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
