use super::{Phase, State, ends_at, warns_at};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A license named its grace, minutes.
    Terms {
        /// That.
        grace_min: u32,
    },
    /// The license is lost: no server gives it.
    Lost,
    /// A server gives a license.
    Found,
    /// Time passed.
    Tick,
}

/// What the client has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The grace began: say until when it lasts.
    Begin {
        /// Until then.
        until: u64,
    },
    /// The end is near: say so.
    Warn {
        /// What is left, milliseconds.
        left_ms: u64,
    },
    /// A license was found in time: go on.
    Resume,
    /// The end: stop.
    Stop,
}

/// The next state, and what to do.
#[must_use]
pub fn step(state: &State, event: Event, now_ms: u64) -> (State, Vec<Effect>) {
    let mut next = *state;
    let mut effects = Vec::new();
    // Whatever happened: a grace that is over has ended before it, as on a machine that slept.
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
