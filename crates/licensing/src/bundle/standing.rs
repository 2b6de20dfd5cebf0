use serde::{Deserialize, Serialize};

use super::{License, LicenseKind};
use crate::contact::{ContactPhase, Millis, PhaseRule};
use crate::{canonical::instant, context::Context, words::count};

/// Whether a license may be used, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenseStatus {
    /// In service.
    Active,
    /// The server has never synced.
    NotYetServed,
    /// Out of service until the next sync.
    Lapsed,
    /// It has expired.
    Expired,
    /// Its hours can't be run down here, so they would never end.
    NotCharged,
    /// For a server of another context.
    WrongContext,
    /// The file has another GUID, or flexible licensing is off.
    #[serde(rename = "other_guid")]
    OtherServer,
}

impl LicenseStatus {
    /// The word in files and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LicenseStatus::Active => "active",
            LicenseStatus::NotYetServed => "not_yet_served",
            LicenseStatus::Lapsed => "lapsed",
            LicenseStatus::Expired => "expired",
            LicenseStatus::NotCharged => "not_charged",
            LicenseStatus::WrongContext => "wrong_context",
            LicenseStatus::OtherServer => "other_guid",
        }
    }

    /// The words on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            LicenseStatus::Active => "Active",
            LicenseStatus::NotYetServed => "Not synced yet",
            LicenseStatus::Lapsed => "Lapsed",
            LicenseStatus::Expired => "Expired",
            LicenseStatus::NotCharged => "Hours not charged",
            LicenseStatus::WrongContext => "Other context",
            LicenseStatus::OtherServer => "Other server",
        }
    }
}

/// How the licenses stand, from how many are in each state: "12 licenses are in service, 1 is not."
#[must_use]
pub fn in_service(counts: &[(LicenseStatus, usize)]) -> String {
    let of = |state| counts.iter().filter(|(counted, _)| *counted == state).map(|(_, count)| count).sum::<usize>();
    let active = of(LicenseStatus::Active);
    let rest = counts.iter().map(|(_, count)| count).sum::<usize>() - active;
    match (active, rest) {
        (0, 0) => "There is no license for this server.".to_owned(),
        (0, _) if of(LicenseStatus::Lapsed) > 0 => {
            "No license is in service: contact with the vendor has lapsed.".to_owned()
        }
        (0, _) => "No license is in service.".to_owned(),
        (active, 0) => format!("{} in service.", count(active, "license is", "licenses are")),
        (active, rest) => {
            format!("{} in service, {}.", count(active, "license is", "licenses are"), count(rest, "is not", "are not"))
        }
    }
}

/// What a phase of the contact clock means for these licenses: how they stand, then what to do.
#[must_use]
pub fn effect(rule: &PhaseRule, counts: &[(LicenseStatus, usize)]) -> String {
    match rule.phase {
        ContactPhase::Unregistered | ContactPhase::Lapsed => rule.effect.to_owned(),
        ContactPhase::InTouch => in_service(counts),
        _ => format!("{} {}", in_service(counts), rule.effect),
    }
}

/// A standing and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseVerdict {
    /// The state.
    pub standing: LicenseStatus,
    /// A sentence that says what to do; `None` when active.
    pub reason: Option<String>,
}

/// Whether a license has hours. Servers charge those of a license of their machine only (R5); those of a license that comes with a sync
/// would never end, so a node issues none and a server loads none.
#[must_use]
pub fn runs_down(kind: LicenseKind, hours: Option<u64>) -> bool {
    kind == LicenseKind::Countdown || hours.is_some()
}

/// The state of a license on a server of the context `own`. `contact_in_service` is what the contact clock says
/// ([`crate::contact::ContactState::in_service`]), `now` its high-water mark. Expired maintenance stops nothing.
#[must_use]
pub fn standing(license: &License, own: Context, contact_in_service: bool, now: Millis) -> LicenseVerdict {
    if license.context != own {
        let reason = format!(
            "This license is for a {} server, and this one is a {own} server. Ask the vendor to move it, or use it on the server it is for.",
            license.context
        );
        return LicenseVerdict { standing: LicenseStatus::WrongContext, reason: Some(reason) };
    }
    if let Some(expires) = license.expires.filter(|expires| *expires <= now) {
        let reason =
            format!("This license ended on {}. Ask the vendor to extend it, then sync.", instant::day(expires));
        return LicenseVerdict { standing: LicenseStatus::Expired, reason: Some(reason) };
    }
    if runs_down(license.kind, license.hours) {
        let reason = "Leasehold runs down hours of a license of this machine only; the hours of this one came with a sync and would never end. Ask the vendor for a countdown license of this machine, or for a license without hours.";
        return LicenseVerdict { standing: LicenseStatus::NotCharged, reason: Some(reason.to_owned()) };
    }
    if !contact_in_service {
        let reason = "Out of service because the last sync was too long ago. The next sync brings it back: sync now, or do an offline exchange.";
        return LicenseVerdict { standing: LicenseStatus::Lapsed, reason: Some(reason.to_owned()) };
    }
    LicenseVerdict { standing: LicenseStatus::Active, reason: None }
}

/// Number of licenses that may be used: its count if active, else 0.
#[must_use]
pub fn usable(license: &License, own: Context, contact_in_service: bool, now: Millis) -> u64 {
    match standing(license, own, contact_in_service, now).standing {
        LicenseStatus::Active => license.count,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
