use super::{Phase, State, ends_at, warns_at};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A license set the grace period, minutes.
    Terms {
        /// That.
        grace_min: u32,
    },
    /// The license is lost: no server provides it.
    Lost,
    /// A server provides a license.
    Found,
    /// Time passed.
    Tick,
}

/// What the client must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The grace period has begun: report its end.
    Begin {
        /// Until then.
        until: u64,
    },
    /// The end is near: warn.
    Warn {
        /// Time left, milliseconds.
        left_ms: u64,
    },
    /// A license was found in time: keep running.
    Resume,
    /// The end: stop.
    Stop,
}

/// The next state and effects.
#[must_use]
pub fn step(state: &State, event: Event, now_ms: u64) -> (State, Vec<Effect>) {
    let mut next = *state;
    let mut effects = Vec::new();
    // End an expired grace period before applying the event, as after the machine slept.
    pass(&mut next, now_ms, &mut effects);
    match (event, next.phase) {
        (Event::Terms { grace_min }, _) => next.grace_min = grace_min,
        (Event::Lost, Phase::Running) => {
            let until = ends_at(now_ms, next.grace_min);
            next.phase = Phase::Grace { since: now_ms, until, is_warned: false };
            effects.push(Effect::Begin { until });
            pass(&mut next, now_ms, &mut effects);
        }
        (Event::Found, Phase::Grace { .. }) => {
            next.phase = Phase::Running;
            effects.push(Effect::Resume);
        }
        (Event::Lost | Event::Found | Event::Tick, _) => {}
    }
    (next, effects)
}

fn pass(next: &mut State, now_ms: u64, effects: &mut Vec<Effect>) {
    let Phase::Grace { since, until, is_warned } = next.phase else { return };
    if now_ms >= until {
        next.phase = Phase::Stopped { at: until };
        effects.push(Effect::Stop);
    } else if !is_warned && now_ms >= warns_at(since, until) {
        next.phase = Phase::Grace { since, until, is_warned: true };
        effects.push(Effect::Warn { left_ms: until - now_ms });
    }
}
