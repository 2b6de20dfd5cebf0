use super::{GracePhase, GraceState, ends_at, warns_at};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraceEvent {
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
pub enum GraceEffect {
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
pub fn step(state: &GraceState, event: GraceEvent, now_ms: u64) -> (GraceState, Vec<GraceEffect>) {
    let mut next = *state;
    let mut effects = Vec::new();
    // End an expired grace period before applying the event, as after the machine slept.
    pass(&mut next, now_ms, &mut effects);
    match (event, next.phase) {
        (GraceEvent::Terms { grace_min }, _) => next.grace_min = grace_min,
        (GraceEvent::Lost, GracePhase::Running) => {
            let until = ends_at(now_ms, next.grace_min);
            next.phase = GracePhase::Grace { since: now_ms, until, is_warned: false };
            effects.push(GraceEffect::Begin { until });
            pass(&mut next, now_ms, &mut effects);
        }
        (GraceEvent::Found, GracePhase::Grace { .. }) => {
            next.phase = GracePhase::Running;
            effects.push(GraceEffect::Resume);
        }
        (GraceEvent::Lost | GraceEvent::Found | GraceEvent::Tick, _) => {}
    }
    (next, effects)
}

fn pass(next: &mut GraceState, now_ms: u64, effects: &mut Vec<GraceEffect>) {
    let GracePhase::Grace { since, until, is_warned } = next.phase else { return };
    if now_ms >= until {
        next.phase = GracePhase::Stopped { at: until };
        effects.push(GraceEffect::Stop);
    } else if !is_warned && now_ms >= warns_at(since, until) {
        next.phase = GracePhase::Grace { since, until, is_warned: true };
        effects.push(GraceEffect::Warn { left_ms: until - now_ms });
    }
}
