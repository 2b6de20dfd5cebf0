use serde::{Deserialize, Serialize};

use super::{ClockReading, CountdownDenial, CountdownState, Millis};

/// The hours at one instant, for people and for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The license they belong to; 0 when there is none.
    pub serial: u64,
    /// The hours that license brought, in milliseconds.
    pub granted_ms: Millis,
    /// What is left right now, the unused part of what is charged included, in milliseconds.
    pub balance_ms: Millis,
    /// Since when they run, Unix milliseconds; `None` while they do not.
    pub running_since: Option<Millis>,
    /// When they are used up if it goes on, Unix milliseconds; `None` while they do not run.
    pub empty_at: Option<Millis>,
    /// Whether they run and end within one check interval: clients are told.
    pub ends_soon: bool,
    /// Why nobody is served, or would not be.
    pub refused: Option<CountdownDenial>,
}

impl View {
    /// The hours as `state` has them at `now`.
    #[must_use]
    pub fn of(state: &CountdownState, now: ClockReading) -> View {
        let balance = &state.balance;
        let left = state.left_ms(now.mono_ms);
        let running_since = state.since.filter(|_| state.granted());
        let without = match (balance.serial, left) {
            (0, _) => Some(CountdownDenial::NoLicense),
            (_, 0) if !state.granted() => Some(CountdownDenial::Empty),
            _ => None,
        };
        View {
            serial: balance.serial,
            granted_ms: balance.granted_ms,
            balance_ms: left,
            running_since,
            empty_at: running_since.map(|_| now.wall_ms.saturating_add(left)),
            ends_soon: running_since.is_some() && left <= balance.interval_ms,
            refused: state.refused.or(without),
        }
    }
}
