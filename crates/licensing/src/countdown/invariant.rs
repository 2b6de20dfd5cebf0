use super::{
    AfterStore, Balance, ClockReading, CountdownEffect, CountdownEvent, CountdownState, Millis, PaidTime, TICK_MS,
};

/// An invariant of the hours that a step broke: a bug. Nothing is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CountdownViolation {
    /// The balance is below 0 or above the license's hours.
    #[error("the balance would be {balance_ms} ms of {granted_ms} ms")]
    Range {
        /// The balance, milliseconds.
        balance_ms: Millis,
        /// The hours of the license, milliseconds.
        granted_ms: Millis,
    },
    /// Hours came from nowhere.
    #[error("the time left would grow from {from} ms to {to} ms without a new license")]
    Grew {
        /// What was left, milliseconds.
        from: Millis,
        /// What would be left, milliseconds.
        to: Millis,
    },
    /// An older license replaced a newer one.
    #[error("the license with serial {to} would replace the one with serial {from}")]
    Older {
        /// The serial before.
        from: u64,
        /// The serial after.
        to: u64,
    },
    /// More than one tick would be given back.
    #[error("{0} ms would be given back, more than one tick")]
    GaveBack(Millis),
    /// Something was granted that is not stored.
    #[error("hours would be granted before they are charged")]
    Unstored,
    /// More than one tick would be charged ahead.
    #[error("{0} ms would be charged ahead, more than one tick")]
    Ahead(Millis),
    /// Hours run although no client is logged in, or all are refused.
    #[error("hours would run while no client is served")]
    Idle,
}

/// Checks a step from `before` to `after` against R5. Also in release builds.
///
/// # Errors
/// The first broken invariant.
pub fn invariants(
    before: &CountdownState,
    event: CountdownEvent,
    now: ClockReading,
    after: &CountdownState,
    effects: &[CountdownEffect],
) -> Result<(), CountdownViolation> {
    let in_range = |balance: &Balance| {
        let &Balance { balance_ms, granted_ms, .. } = balance;
        if (0..=granted_ms).contains(&balance_ms) {
            Ok(())
        } else {
            Err(CountdownViolation::Range { balance_ms, granted_ms })
        }
    };
    in_range(&after.balance)?;
    let (from, to) = (before.balance.serial, after.balance.serial);
    if to < from {
        return Err(CountdownViolation::Older { from, to });
    }
    let (had, has) = (before.left_ms(now.mono_ms), after.left_ms(now.mono_ms));
    if from == to && has > had {
        return Err(CountdownViolation::Grew { from: had, to: has });
    }
    if from == to && after.balance.balance_ms - before.balance.balance_ms > TICK_MS {
        return Err(CountdownViolation::GaveBack(after.balance.balance_ms - before.balance.balance_ms));
    }
    if let Some(pending) = after.pending.filter(|_| after.pending != before.pending) {
        in_range(&pending.balance)?;
        let granted = match pending.then {
            AfterStore::Grant { length, .. } => length,
            AfterStore::Unused(ms) => ms,
            AfterStore::Rest => 0,
        };
        let promised = pending.balance.balance_ms.saturating_add(granted);
        if pending.balance.serial == to && promised > has {
            return Err(CountdownViolation::Grew { from: has, to: promised });
        }
    }
    let grants = effects.iter().any(|effect| matches!(effect, CountdownEffect::Grant { .. }));
    let began = match (before.paid, after.paid) {
        (PaidTime::Until { until: was, .. }, PaidTime::Until { until, .. }) => until != was,
        (PaidTime::Fixed(_), PaidTime::Until { .. }) => true,
        (_, PaidTime::Fixed(_)) => false,
    };
    if (grants || began) && !matches!(event, CountdownEvent::Persisted(_)) {
        return Err(CountdownViolation::Unstored);
    }
    if after.paid.at(now.mono_ms) > TICK_MS {
        return Err(CountdownViolation::Ahead(after.paid.at(now.mono_ms)));
    }
    if after.granted() && (!after.logged_in() || after.refused.is_some()) {
        return Err(CountdownViolation::Idle);
    }
    Ok(())
}
