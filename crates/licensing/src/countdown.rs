//! Countdown hours (RULES R5): a license with H hours runs down while at least one client is logged in.
//!
//! A pure state machine: [`step`] takes a [`State`], an [`Event`] and the time and gives the next state with its
//! effects. Time is charged before it is used: an [`Effect::Persist`] carries the balance to make durable, and only
//! after [`Event::Persisted`] does [`Effect::Grant`] allow its use. So a crash never creates hours, and costs at most
//! the charged tick. Elapsed time is monotonic; setting the wall clock changes nothing.

mod advance;
mod forecast;
mod invariant;
mod step;
mod view;
mod witnessed;

pub use forecast::{Cause, Forecast, Run, forecast};
pub use invariant::{Broken, invariants};
pub use step::{Effect, Event, step};
pub use view::View;
pub use witnessed::{WITNESS_MARGIN_MS, remembers_less};

use serde::{Deserialize, Serialize};

/// A wall-clock instant, a monotonic reading or a span of time, in milliseconds.
pub type Millis = i64;

/// An hour, in milliseconds.
pub const HOUR_MS: Millis = 3_600_000;

/// One tick: the time charged at once, milliseconds (RULES R5: 60 s).
pub const TICK_MS: Millis = 60_000;

/// The next tick is charged this long before the current one ends, so that nothing waits for the disk, milliseconds.
/// The rest of the current one counts towards the next: never more than one tick is charged ahead.
pub const LEAD_MS: Millis = 5_000;

/// Default time of the warning before the end, milliseconds: one check interval (seed 003: 60 minutes).
pub const INTERVAL_MS: Millis = HOUR_MS;

/// The time of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Wall time, Unix milliseconds: only for display, never for charging.
    pub wall_ms: Millis,
    /// Time since the machine started, time asleep included, milliseconds.
    pub mono_ms: Millis,
}

/// The durable state: all that a restart relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Balance {
    /// Serial of its license; 0 for none yet. A higher one replaces a lower one.
    pub serial: u64,
    /// The license's hours, milliseconds.
    pub granted_ms: Millis,
    /// Hours not charged yet, milliseconds.
    pub balance_ms: Millis,
    /// Time of the warning before the end, milliseconds.
    pub interval_ms: Millis,
    /// Grows with each store.
    pub version: u64,
}

impl Balance {
    /// An unused license's hours.
    #[must_use]
    pub fn new(serial: u64, hours_ms: Millis, interval_ms: Millis) -> Balance {
        let hours_ms = hours_ms.max(0);
        Balance { serial, granted_ms: hours_ms, balance_ms: hours_ms, interval_ms: interval_ms.max(0), version: 0 }
    }

    /// Whether this one applies over another: the higher serial, and for one serial the lower balance (RULES R5).
    #[must_use]
    pub fn counts_before(&self, other: &Balance) -> bool {
        let rank = |balance: &Balance| (balance.serial, std::cmp::Reverse(balance.balance_ms));
        rank(self) > rank(other)
    }
}

/// Time charged but not used yet, or used but not charged yet (negative), besides the durable balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paid {
    /// In use: charged up to this monotonic instant.
    Until {
        /// Its end.
        until: Millis,
        /// Its maximum.
        length: Millis,
    },
    /// Not in use: it stays the same.
    Fixed(Millis),
}

impl Paid {
    /// Its size at `mono_ms`.
    #[must_use]
    pub fn at(self, mono_ms: Millis) -> Millis {
        match self {
            Paid::Until { until, length } => until.saturating_sub(mono_ms).min(length),
            Paid::Fixed(ms) => ms,
        }
    }
}

/// What to do when a [`Pending`] balance is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Grant this time, from an instant on the monotonic clock.
    Grant {
        /// When it was requested.
        from: Millis,
        /// How much.
        length: Millis,
    },
    /// The last client has left: this much of the tick is unused.
    Unused(Millis),
    /// Nothing is charged ahead.
    Rest,
}

/// A store in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// What.
    pub balance: Balance,
    /// What to do then.
    pub then: Then,
}

/// Why no hours are granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is no license with hours.
    NoLicense,
    /// The hours are used up.
    Empty,
    /// The hours can't be stored, so none can be used.
    Unsaved,
}

impl Refusal {
    /// What it means and what to do.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Refusal::NoLicense => "This server has no license with countdown hours. Install one.",
            Refusal::Empty => {
                "The countdown hours of this server are used up. Bring the primary server back, or install a license with more hours."
            }
            Refusal::Unsaved => {
                "The license server can't write countdown hours to disk, so none can be used. Free space or make its data folder writable; it then continues automatically."
            }
        }
    }
}

/// The hours of a server. Only `balance` survives a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// The durable state.
    pub balance: Balance,
    /// Charged but unused time.
    pub paid: Paid,
    /// The store in progress.
    pub pending: Option<Pending>,
    /// The last version stored or being stored.
    pub version: u64,
    /// Since when at least one client has been logged in, Unix milliseconds.
    pub since: Option<Millis>,
    /// Why no hours are granted although a client is logged in.
    pub refused: Option<Refusal>,
    /// Whether clients were warned of the end.
    pub noticed: bool,
}

impl State {
    /// After startup: only the stored state counts, and no client is logged in.
    #[must_use]
    pub fn opened(balance: Balance) -> State {
        State {
            balance,
            paid: Paid::Fixed(0),
            pending: None,
            version: balance.version,
            since: None,
            refused: None,
            noticed: false,
        }
    }

    /// Whether a client is logged in.
    #[must_use]
    pub fn logged_in(&self) -> bool {
        self.since.is_some()
    }

    /// Whether logged-in clients are served.
    #[must_use]
    pub fn granted(&self) -> bool {
        matches!(self.paid, Paid::Until { .. })
    }

    /// Time left at `mono_ms`, including charged but unused time, milliseconds.
    #[must_use]
    pub fn left_ms(&self, mono_ms: Millis) -> Millis {
        self.balance.balance_ms.saturating_add(self.paid.at(mono_ms)).max(0)
    }
}
