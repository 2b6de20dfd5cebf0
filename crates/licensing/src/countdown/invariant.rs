use super::{Balance, Effect, Event, Millis, Now, Paid, State, TICK_MS, Then};

/// An invariant of the hours that a step broke: a bug. Nothing is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
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
pub fn invariants(before: &State, event: Event, now: Now, after: &State, effects: &[Effect]) -> Result<(), Broken> {
    let in_range = |balance: &Balance| {
        let &Balance { balance_ms, granted_ms, .. } = balance;
        if (0..=granted_ms).contains(&balance_ms) { Ok(()) } else { Err(Broken::Range { balance_ms, granted_ms }) }
    };
    in_range(&after.balance)?;
    let (from, to) = (before.balance.serial, after.balance.serial);
    if to < from {
        return Err(Broken::Older { from, to });
    }
    let (had, has) = (before.left_ms(now.mono_ms), after.left_ms(now.mono_ms));
    if from == to && has > had {
        return Err(Broken::Grew { from: had, to: has });
    }
    if from == to && after.balance.balance_ms - before.balance.balance_ms > TICK_MS {
        return Err(Broken::GaveBack(after.balance.balance_ms - before.balance.balance_ms));
    }
    if let Some(pending) = after.pending.filter(|_| after.pending != before.pending) {
        in_range(&pending.balance)?;
        let granted = match pending.then {
            Then::Grant { length, .. } => length,
            Then::Unused(ms) => ms,
            Then::Rest => 0,
        };
        let promised = pending.balance.balance_ms.saturating_add(granted);
        if pending.balance.serial == to && promised > has {
            return Err(Broken::Grew { from: has, to: promised });
        }
    }
    let grants = effects.iter().any(|effect| matches!(effect, Effect::Grant { .. }));
    let began = match (before.paid, after.paid) {
        (Paid::Until { until: was, .. }, Paid::Until { until, .. }) => until != was,
        (Paid::Fixed(_), Paid::Until { .. }) => true,
        (_, Paid::Fixed(_)) => false,
    };
    if (grants || began) && !matches!(event, Event::Persisted(_)) {
        return Err(Broken::Unstored);
    }
    if after.paid.at(now.mono_ms) > TICK_MS {
        return Err(Broken::Ahead(after.paid.at(now.mono_ms)));
    }
    if after.granted() && (!after.logged_in() || after.refused.is_some()) {
        return Err(Broken::Idle);
    }
    Ok(())
}
