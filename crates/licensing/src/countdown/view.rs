use serde::{Deserialize, Serialize};

use super::{ClockReading, CountdownDenial, CountdownState, Millis};

/// The hours at an instant, for people and clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Serial of their license; 0 for none.
    pub serial: u64,
    /// The license's hours, milliseconds.
    pub granted_ms: Millis,
    /// Time left now, including charged but unused time, milliseconds.
    pub balance_ms: Millis,
    /// Since when they have been running, Unix milliseconds; `None` while they are not.
    pub running_since: Option<Millis>,
    /// Their estimated end, Unix milliseconds; `None` while they are not running.
    pub empty_at: Option<Millis>,
    /// Whether they are running and end within one check interval.
    pub ends_soon: bool,
    /// Why no client is or would be served.
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
