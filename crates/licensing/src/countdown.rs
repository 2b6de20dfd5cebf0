//! Countdown hours: a license with H hours runs down while at least one client is logged in.
//!
//! A pure state machine: [`step`] takes a [`CountdownState`], an [`CountdownEvent`] and the time and gives the next state with its effects.
//! What is to be used is charged first: an [`CountdownEffect::Persist`] carries the number that must be durable, and only when
//! [`CountdownEvent::Persisted`] acknowledges it does [`CountdownEffect::Grant`] let it be used. So a crash at any instant never makes hours, and
//! costs at most the tick that was charged. Elapsed time is monotonic time; setting the wall clock moves nothing.

mod advance;
mod forecast;
mod invariant;
mod step;
mod view;
mod witnessed;

pub use crate::clock_reading::ClockReading;
pub use crate::contact::Millis;
pub use forecast::{Cause, CountdownRun, Forecast, forecast};
pub use invariant::{CountdownViolation, invariants};
pub use step::{CountdownEffect, CountdownEvent, step};
pub use view::View;
pub use witnessed::{WITNESS_MARGIN_MS, remembers_less};

use serde::{Deserialize, Serialize};

/// An hour, in milliseconds.
pub const HOUR_MS: Millis = 3_600_000;

/// What is charged at once, in milliseconds (60 s).
pub const TICK_MS: Millis = 60_000;

/// The next tick begins this long before the present one would end, so that nobody waits for the disk, in milliseconds. What
/// is left of the present one counts towards the next: never is more than one tick charged ahead.
pub const LEAD_MS: Millis = 5_000;

/// How long before zero clients are told, in milliseconds, unless the license says otherwise: one check interval (60
/// minutes).
pub const INTERVAL_MS: Millis = HOUR_MS;

/// What is durable: all that a restart may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Balance {
    /// The license it belongs to; 0 when there was none yet. A greater one replaces a smaller one.
    pub serial: u64,
    /// The hours that license brought, in milliseconds.
    pub granted_ms: Millis,
    /// What of them is not charged yet, in milliseconds.
    pub balance_ms: Millis,
    /// How long before zero clients are told, in milliseconds.
    pub interval_ms: Millis,
    /// Grows with everything that is stored.
    pub version: u64,
}

impl Balance {
    /// The hours of a license nothing of which is used.
    #[must_use]
    pub fn new(serial: u64, hours_ms: Millis, interval_ms: Millis) -> Balance {
        let hours_ms = hours_ms.max(0);
        Balance { serial, granted_ms: hours_ms, balance_ms: hours_ms, interval_ms: interval_ms.max(0), version: 0 }
    }

    /// Whether this one counts when both were found: the greater serial, and of one serial the lower balance.
    #[must_use]
    pub fn counts_before(&self, other: &Balance) -> bool {
        let rank = |balance: &Balance| (balance.serial, std::cmp::Reverse(balance.balance_ms));
        rank(self) > rank(other)
    }
}

/// What is charged and not used yet, or used and not charged yet (negative), beside the durable balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaidTime {
    /// It is being used: charged up to this monotonic instant.
    Until {
        /// When it is used up.
        until: Millis,
        /// The most it ever was.
        length: Millis,
    },
    /// Nobody uses it: it stays this much.
    Fixed(Millis),
}

impl PaidTime {
    /// How much it is at `mono_ms`.
    #[must_use]
    pub fn at(self, mono_ms: Millis) -> Millis {
        match self {
            PaidTime::Until { until, length } => until.saturating_sub(mono_ms).min(length),
            PaidTime::Fixed(ms) => ms,
        }
    }
}

/// What follows when a [`Pending`] balance is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterStore {
    /// This much may be used, counted from an instant on the monotonic clock.
    Grant {
        /// When it was asked for.
        from: Millis,
        /// How much it is.
        length: Millis,
    },
    /// The last client left meanwhile: this much of the tick is unused.
    Unused(Millis),
    /// Nothing is charged ahead any more.
    Rest,
}

/// Something that is being stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// What.
    pub balance: Balance,
    /// And then.
    pub then: AfterStore,
}

/// Why nothing is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountdownDenial {
    /// There is no license with hours.
    NoLicense,
    /// The hours are used up.
    Empty,
    /// The hours cannot be stored, so none can be used.
    Unsaved,
}

impl CountdownDenial {
    /// What it means and what to do.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            CountdownDenial::NoLicense => "There is no license with countdown hours on this server. Install one.",
            CountdownDenial::Empty => {
                "The countdown hours of this server are used up. Bring the primary server back, or install a license with more hours."
            }
            CountdownDenial::Unsaved => {
                "The countdown hours cannot be written to disk, so none can be used. Free space or make the data folder writable on the license server; it goes on by itself then."
            }
        }
    }
}

/// The hours of a server. Only `balance` outlives a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountdownState {
    /// What is durable.
    pub balance: Balance,
    /// What is charged and not used yet.
    pub paid: PaidTime,
    /// What is being stored.
    pub pending: Option<Pending>,
    /// The last version that was given to something to store.
    pub version: u64,
    /// Since when at least one client is logged in, Unix milliseconds.
    pub since: Option<Millis>,
    /// Why nothing is granted although somebody is logged in.
    pub refused: Option<CountdownDenial>,
    /// Whether clients were told that the end is near.
    pub noticed: bool,
}

impl CountdownState {
    /// After a start: only what was stored counts, and nobody is logged in.
    #[must_use]
    pub fn opened(balance: Balance) -> CountdownState {
        CountdownState {
            balance,
            paid: PaidTime::Fixed(0),
            pending: None,
            version: balance.version,
            since: None,
            refused: None,
            noticed: false,
        }
    }

    /// Whether somebody is logged in.
    #[must_use]
    pub fn logged_in(&self) -> bool {
        self.since.is_some()
    }

    /// Whether those who are logged in are served.
    #[must_use]
    pub fn granted(&self) -> bool {
        matches!(self.paid, PaidTime::Until { .. })
    }

    /// What is left at `mono_ms`: the balance and what is charged and unused, in milliseconds.
    #[must_use]
    pub fn left_ms(&self, mono_ms: Millis) -> Millis {
        self.balance.balance_ms.saturating_add(self.paid.at(mono_ms)).max(0)
    }
}
