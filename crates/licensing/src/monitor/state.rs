use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{MonitorLicense, users_at};
use crate::contact::{DAY, Millis};

/// How long everything goes on as before after a violation begins, milliseconds: five days of 24 hours (the monitor's
/// documentation).
pub const GRACE: Millis = 5 * DAY;

/// What is wrong with the monitor's license.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Violation {
    /// None of the licenses is in force.
    Expired,
    /// The key file is missing or cannot be used, or the server that provides the license does not answer.
    Unavailable,
    /// More users were observed than are licensed.
    TooManyUsers,
}

impl Violation {
    /// All of them.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The word in files, the API and the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// The monitor's license as it can be had now.
#[derive(Debug, Clone, Copy)]
pub enum Supply<'a> {
    /// None was ever installed: nothing is watched and nothing is locked.
    Never,
    /// One was, and no source of licenses can be read now, or those that can have none in force.
    Missing,
    /// The licenses of all sources that can be read.
    Held(&'a [MonitorLicense]),
}

impl<'a> Supply<'a> {
    /// What `licenses`, those of all sources that can be read, are at an instant. `known` counts the sources that ever
    /// provided a license, `unreadable` those of them that can't be read.
    #[must_use]
    pub fn of(known: usize, unreadable: usize, licenses: &'a [MonitorLicense], at: Millis) -> Self {
        if known == 0 {
            Self::Never
        } else if unreadable > 0 && users_at(licenses, at).is_none() {
            Self::Missing
        } else {
            Self::Held(licenses)
        }
    }
}

impl Supply<'_> {
    /// How many users are licensed at an instant; `None` when no license is in force.
    #[must_use]
    pub fn users(&self, at: Millis) -> Option<u64> {
        match self {
            Self::Held(licenses) => users_at(licenses, at),
            Self::Never | Self::Missing => None,
        }
    }
}

/// How many users were observed in the current window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// The window's number ([`super::ObservationWindow::number`]).
    pub window: i64,
    /// Unique users in it so far.
    pub users: u64,
}

/// The last window with more users than licensed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Exceeded {
    window: i64,
    users: u64,
}

/// Since when each violation lasts. Stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MonitorState {
    expired: Option<Millis>,
    unavailable: Option<Millis>,
    too_many_users: Option<Millis>,
    exceeded: Option<Exceeded>,
}

impl MonitorState {
    /// When a violation began that lasts.
    #[must_use]
    pub fn since(&self, violation: Violation) -> Option<Millis> {
        match violation {
            Violation::Expired => self.expired,
            Violation::Unavailable => self.unavailable,
            Violation::TooManyUsers => self.too_many_users,
        }
    }

    /// The state once windows are counted in another way: one with too many users counts as the one before `window`, the
    /// present one.
    #[must_use]
    pub fn renumbered(self, window: i64) -> Self {
        Self { exceeded: self.exceeded.map(|last| Exceeded { window: window - 1, ..last }), ..self }
    }

    /// The violations that last, and since when.
    pub fn lasting(&self) -> impl Iterator<Item = (Violation, Millis)> {
        Violation::VARIANTS.iter().filter_map(|violation| Some((*violation, self.since(*violation)?)))
    }

    /// Whether the grace of a violation is over.
    #[must_use]
    pub fn grace_is_over(&self, violation: Violation, now: Millis) -> bool {
        self.since(violation).is_some_and(|since| now >= since.saturating_add(GRACE))
    }
}

/// The state at `now`. A violation that ends is over at once, its grace with it.
///
/// Too many users: from the first moment of a window in which more are seen than licensed, until that many are licensed
/// or a whole window has passed without. While no license is in force that is not judged, and lasts.
#[must_use]
pub fn step(state: MonitorState, supply: Supply<'_>, observed: Observed, now: Millis) -> MonitorState {
    let licensed = supply.users(now);
    // A beginning that is still to come is of a clock that ran ahead.
    let lasts = |since: Option<Millis>, is_so: bool| is_so.then(|| since.map_or(now, |since| since.min(now)));
    let mut next = MonitorState {
        expired: lasts(state.expired, matches!(supply, Supply::Held(_)) && licensed.is_none()),
        unavailable: lasts(state.unavailable, matches!(supply, Supply::Missing)),
        ..state
    };
    if let Supply::Never = supply {
        return MonitorState::default();
    }
    let Some(licensed) = licensed else { return next };
    if observed.users > licensed {
        next.exceeded = Some(Exceeded { window: observed.window, users: observed.users });
    }
    let is_over =
        |last: Exceeded| last.users <= licensed || observed.window > last.window + 1 || observed.window < last.window;
    if next.exceeded.is_some_and(is_over) {
        next.exceeded = None;
    }
    next.too_many_users = lasts(state.too_many_users, next.exceeded.is_some());
    next
}

/// Whether a record of the user with this index, counted from 1, is locked, and why. Without a license in force only
/// the other two violations lock.
#[must_use]
pub fn locks(state: &MonitorState, licensed: Option<u64>, index: u64, now: Millis) -> Option<Violation> {
    let over = |violation: &Violation| state.grace_is_over(*violation, now);
    [Violation::Expired, Violation::Unavailable].into_iter().find(over).or_else(|| {
        let beyond = licensed.is_some_and(|licensed| index > licensed);
        Some(Violation::TooManyUsers).filter(over).filter(|_| beyond)
    })
}

/// How the monitor's license stands: what pages, status, alerts and metrics tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Standing {
    /// None was ever installed.
    #[default]
    NotNeeded,
    /// All is well.
    Licensed {
        /// How many users.
        users: u64,
        /// The last instant of the licenses in force, Unix milliseconds.
        until: Millis,
    },
    /// Something is wrong; records are still stored as usual.
    Grace {
        /// What, the one whose grace ends first.
        violation: Violation,
        /// Since when, Unix milliseconds.
        since: Millis,
        /// From when records are locked, Unix milliseconds.
        ends: Millis,
    },
    /// Records are locked.
    Locking {
        /// Why; too many users locks only those beyond the licensed number.
        violation: Violation,
        /// Since when that lasts, Unix milliseconds.
        since: Millis,
    },
}

/// The standing at `now`.
#[must_use]
pub fn standing(state: &MonitorState, supply: Supply<'_>, now: Millis) -> Standing {
    let mut all: Vec<_> = state.lasting().collect();
    if let Some(&(violation, since)) = all.iter().find(|(violation, _)| state.grace_is_over(*violation, now)) {
        return Standing::Locking { violation, since };
    }
    all.sort_by_key(|(_, since)| *since);
    if let Some(&(violation, since)) = all.first() {
        return Standing::Grace { violation, since, ends: since.saturating_add(GRACE) };
    }
    match supply {
        Supply::Held(licenses) => {
            let in_force = || licenses.iter().filter(|license| license.covers_time(now));
            let users = in_force().map(|license| license.users).max();
            let until = in_force().map(|license| license.to).max();
            users.zip(until).map_or(Standing::NotNeeded, |(users, until)| Standing::Licensed { users, until })
        }
        Supply::Never | Supply::Missing => Standing::NotNeeded,
    }
}
