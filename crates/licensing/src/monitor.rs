//! The license of the usage monitor: what it covers, its three violations, and the days of grace before records of use
//! are locked.
//!
//! Times are known time ([`crate::contact`]), so that moving a clock neither ends nor shortens anything.

mod document;
mod need;
mod state;
#[cfg(test)]
mod tests;
mod window;
mod words;

pub use document::{
    DOMAIN, DayKey, MOST_KEYS, MOST_LICENSES, MonitorDocument, MonitorDocumentError, SignedMonitorDocument,
};
pub use need::{covers_all, most_users, needed};
pub use state::{GRACE, MonitorState, Observed, Standing, Supply, Violation, locks, standing, step};
pub use window::ObservationWindow;

use crate::contact::{DAY, Millis};

/// One license of the monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorLicense {
    /// Id, the same from one document to the next.
    pub id: String,
    /// Its first instant, Unix milliseconds.
    pub from: Millis,
    /// Its last instant, Unix milliseconds.
    pub to: Millis,
    /// How many users may be observed.
    pub users: u64,
}

impl MonitorLicense {
    /// Whether it is in force at an instant.
    #[must_use]
    pub fn covers_time(&self, at: Millis) -> bool {
        (self.from..=self.to).contains(&at)
    }

    /// Whether it covers a record of that time by the user with that index, counted from 1.
    #[must_use]
    pub fn covers(&self, at: Millis, index: u64) -> bool {
        self.covers_time(at) && self.users >= index
    }
}

/// How many users the licenses in force at an instant allow; `None` when none is.
#[must_use]
pub fn users_at(licenses: &[MonitorLicense], at: Millis) -> Option<u64> {
    licenses.iter().filter(|license| license.covers_time(at)).map(|license| license.users).max()
}

/// How many users the licenses allow that are in force on some instant of a UTC day; `None` when none is. Its key is
/// given for as many.
#[must_use]
pub fn users_on(licenses: &[MonitorLicense], day: i64) -> Option<u64> {
    let first = day.saturating_mul(DAY);
    let last = first.saturating_add(DAY - 1);
    licenses.iter().filter(|held| held.from <= last && first <= held.to).map(|held| held.users).max()
}

/// Whether one of the licenses covers a record ([`MonitorLicense::covers`]).
#[must_use]
pub fn covered(licenses: &[MonitorLicense], at: Millis, index: u64) -> bool {
    licenses.iter().any(|license| license.covers(at, index))
}
