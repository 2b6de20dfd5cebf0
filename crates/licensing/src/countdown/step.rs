use super::{
    AfterStore, Balance, ClockReading, CountdownDenial, CountdownState, CountdownViolation, Millis, PaidTime, Pending,
    invariants,
};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountdownEvent {
    /// The first client logged in.
    FirstLogin,
    /// The last client logged out.
    LastLogout,
    /// Time passed. Feed one every second.
    Tick,
    /// A signed license was installed. Nothing changes unless its serial is higher than all before.
    Licensed {
        /// Its serial.
        serial: u64,
        /// Its hours, in milliseconds.
        hours_ms: Millis,
        /// Its check interval, in milliseconds.
        interval_ms: Millis,
    },
    /// A balance was found elsewhere: the higher serial applies, and for one serial the lower balance.
    Restored(Balance),
    /// The balance of this version is durable.
    Persisted(u64),
    /// The balance of this version could not be stored.
    Failed(u64),
}

/// What the engine must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountdownEffect {
    /// Make this durable, everywhere, and answer [`CountdownEvent::Persisted`] or [`CountdownEvent::Failed`] with its version. It
    /// replaces a store in progress.
    Persist(Balance),
    /// The hours may be used until this monotonic instant, which is charged.
    Grant {
        /// The end, unless more is granted.
        until: Millis,
    },
    /// Warn clients that the hours end.
    Notice {
        /// The estimated end, Unix milliseconds.
        empty_at: Millis,
    },
    /// The unused part of the last tick was given back, durably.
    GivenBack {
        /// How much, in milliseconds.
        ms: Millis,
    },
    /// The hours are used up: no client is served.
    Empty,
    /// Storing fails and the charged time is used up: no client is served until it works.
    Unsaved,
}

/// The next state and effects. An error is a broken invariant: keep the old state, grant nothing, log it and count it.
///
/// # Errors
/// The broken invariant.
pub fn step(
    state: &CountdownState,
    event: CountdownEvent,
    now: ClockReading,
) -> Result<(CountdownState, Vec<CountdownEffect>), CountdownViolation> {
    let mut next = *state;
    let mut effects = Vec::new();
    let go_on = match event {
        CountdownEvent::FirstLogin => next.log_in(now),
        CountdownEvent::LastLogout => next.log_out(now),
        CountdownEvent::Tick => next.tick(now, &mut effects),
        CountdownEvent::Licensed { serial, hours_ms, interval_ms } => {
            // The same serial again changes nothing.
            let found = Balance::new(serial, hours_ms, interval_ms);
            if serial > next.newest_serial() { next.adopt(found, now, &mut effects) } else { true }
        }
        CountdownEvent::Restored(found) => next.adopt(found, now, &mut effects),
        CountdownEvent::Persisted(version) => next.stored(version, &mut effects),
        CountdownEvent::Failed(version) => next.not_stored(version, now, &mut effects),
    };
    if go_on {
        next.advance(now, &mut effects);
    }
    next.give_notice(now, &mut effects);
    invariants(state, event, now, &next, &effects)?;
    Ok((next, effects))
}

/// Each returns whether there may be time to charge or give back.
impl CountdownState {
    fn log_in(&mut self, now: ClockReading) -> bool {
        self.since.get_or_insert(now.wall_ms);
        true
    }

    fn log_out(&mut self, now: ClockReading) -> bool {
        self.stop_the_watch(now);
        (self.since, self.refused, self.noticed) = (None, None, false);
        true
    }

    fn tick(&mut self, now: ClockReading, effects: &mut Vec<CountdownEffect>) -> bool {
        if self.pending.is_some() && self.granted() && self.paid.at(now.mono_ms) <= 0 {
            // The disk takes longer than the charged time lasts.
            self.stop_the_watch(now);
            self.refused = Some(CountdownDenial::Unsaved);
            effects.push(CountdownEffect::Unsaved);
        }
        true
    }

    /// Stops serving clients.
    fn stop_the_watch(&mut self, now: ClockReading) {
        if let Some(Pending { then, .. }) = &mut self.pending
            && let AfterStore::Grant { from, length } = *then
        {
            // Whether it is charged depends on the store in progress.
            *then = AfterStore::Unused(length.saturating_sub(now.mono_ms.saturating_sub(from).max(0)));
        }
        self.paid = PaidTime::Fixed(self.paid.at(now.mono_ms));
    }

    fn stored(&mut self, version: u64, effects: &mut Vec<CountdownEffect>) -> bool {
        let Some(pending) = self.pending.take_if(|pending| pending.balance.version == version) else { return false };
        let before = std::mem::replace(&mut self.balance, pending.balance);
        if before.serial != self.balance.serial {
            self.noticed = false;
        }
        match pending.then {
            AfterStore::Grant { from, length } => {
                let until = from.saturating_add(length);
                self.paid = PaidTime::Until { until, length };
                self.refused = None;
                effects.push(CountdownEffect::Grant { until });
            }
            AfterStore::Unused(ms) => self.paid = PaidTime::Fixed(ms),
            AfterStore::Rest => {
                self.paid = PaidTime::Fixed(0);
                let ms = self.balance.balance_ms.saturating_sub(before.balance_ms);
                if before.serial == self.balance.serial && ms > 0 {
                    effects.push(CountdownEffect::GivenBack { ms });
                }
            }
        }
        true
    }

    fn not_stored(&mut self, version: u64, now: ClockReading, effects: &mut Vec<CountdownEffect>) -> bool {
        let failed = self.pending.take_if(|pending| pending.balance.version == version).is_some();
        if failed && self.logged_in() && (!self.granted() || self.paid.at(now.mono_ms) <= 0) {
            // Time used beyond is charged once it can be stored; from now on no time is charged, because no client is
            // served.
            self.paid = PaidTime::Fixed(self.paid.at(now.mono_ms));
            if self.refused.is_none() {
                self.refused = Some(CountdownDenial::Unsaved);
                effects.push(CountdownEffect::Unsaved);
            }
        }
        // The next tick retries; retrying at once could loop forever.
        false
    }
}
