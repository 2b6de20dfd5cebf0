use jiff::{Timestamp, tz::TimeZone};

use super::MonitorLicense;
use crate::contact::Millis;

/// The license that would cover records of this time by users with an index up to this, as a sentence for a request to
/// the vendor. Days are UTC.
#[must_use]
pub fn needed(from: Millis, to: Millis, users: u64) -> String {
    let day = |at: Millis| Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    let plural = if users == 1 { "" } else { "s" };
    format!(
        "A monitor license that starts on or before {}, ends on or after {} and is for at least {users} user{plural}.",
        day(from),
        day(to)
    )
}

/// Whether the licenses together cover each instant from `from` to `to` for the user with that index.
#[must_use]
pub fn covers_all(licenses: &[MonitorLicense], from: Millis, to: Millis, index: u64) -> bool {
    let mut fit: Vec<_> = licenses.iter().filter(|license| license.users >= index).collect();
    fit.sort_by_key(|license| license.from);
    let mut open = from;
    for license in fit {
        if license.from <= open {
            open = open.max(license.to.saturating_add(1));
        }
    }
    open > to
}

/// The most users that any license allows at some instant from `from` to `to`; `None` when none is in force then.
#[must_use]
pub fn most_users(licenses: &[MonitorLicense], from: Millis, to: Millis) -> Option<u64> {
    licenses.iter().filter(|license| license.from <= to && license.to >= from).map(|license| license.users).max()
}
