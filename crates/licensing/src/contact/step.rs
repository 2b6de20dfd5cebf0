use super::{
    CONFIRMED_AFTER, ClockStanding, ContactPhase, ContactState, ContactViolation, DAY, EARLIEST, LONGEST_JUMP,
    LONGEST_OFF, Millis, PhaseLogLevel, TOLERANCE, invariants,
};

/// Most of a tick that counts as running time: a machine asleep confirms nothing.
const LONGEST_TICK: Millis = DAY / 24;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactEvent {
    /// The server started.
    Started {
        /// Wall time, Unix milliseconds.
        wall: Millis,
    },
    /// Time passed. Feed one about every minute, and one right before [`ContactEvent::Verified`].
    Tick {
        /// Wall time, Unix milliseconds.
        wall: Millis,
        /// Monotonic time of this run, milliseconds.
        mono: Millis,
    },
    /// An exchange was verified: signature, GUID, status id and serial.
    Verified {
        /// The time signed by the node, Unix milliseconds.
        node_time: Millis,
    },
    /// A newer license of this machine was installed; it names the time it was made.
    Signed {
        /// That time, Unix milliseconds.
        released: Millis,
        /// Wall time, Unix milliseconds.
        wall: Millis,
    },
}

/// What the engine must do, besides storing the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactEffect {
    /// The phase has changed.
    Changed {
        /// The phase before.
        from: ContactPhase,
        /// The phase now.
        to: ContactPhase,
    },
    /// A log line is due.
    Report {
        /// The phase it is about.
        phase: ContactPhase,
        /// Its level.
        level: PhaseLogLevel,
        /// Whole days since the last verified exchange; `None` before the first.
        days: Option<u32>,
        /// When licenses leave service, Unix milliseconds.
        lapses_at: Option<Millis>,
    },
    /// The wall clock differs from measured time and is ignored.
    ClockFlagged {
        /// Milliseconds ahead (positive) or behind (negative).
        by: Millis,
    },
    /// A signed time confirmed the time.
    ClockSettled,
    /// The wall clock has agreed with itself for [`CONFIRMED_AFTER`] and is believed.
    ClockConfirmed {
        /// Milliseconds by which measured time was moved on.
        by: Millis,
    },
}

/// The next state and effects. An error is a broken invariant: keep the old state, log it and count it.
///
/// # Errors
/// The broken invariant.
pub fn step(state: &ContactState, event: ContactEvent) -> Result<(ContactState, Vec<ContactEffect>), ContactViolation> {
    let mut next = *state;
    let mut effects = Vec::new();
    match event {
        ContactEvent::Started { wall } => {
            // Time while off counts, as far as it is plausible; a clock set back does not.
            let ahead = wall.saturating_sub(state.high_water);
            if ahead <= LONGEST_OFF || was_never_set(state.high_water, wall) {
                next.high_water = state.high_water.max(wall);
            }
            next.anchor = None;
            // The clock has gone on while this machine was off.
            let by = wall.saturating_sub(next.high_water);
            let gone_on = |standing: ClockStanding| {
                let kept = (-TOLERANCE..=LONGEST_OFF).contains(&by.saturating_sub(standing.by));
                kept.then_some(ClockStanding { by, ..standing })
            };
            next.standing = state.standing.and_then(gone_on);
            flag(&mut next, wall, 0, &mut effects);
        }
        ContactEvent::Tick { wall, mono } => {
            let passed = state.anchor.map_or(0, |anchor| mono.saturating_sub(anchor).max(0));
            next.high_water = state.high_water.saturating_add(passed);
            next.anchor = Some(mono);
            if was_never_set(next.high_water, wall) {
                next.high_water = wall;
            }
            flag(&mut next, wall, passed.min(LONGEST_TICK), &mut effects);
        }
        ContactEvent::Verified { node_time } => {
            next.last_verified = Some(node_time);
            next.high_water = node_time;
            (next.flagged, next.standing) = (None, None);
            if state.flagged.is_some() {
                effects.push(ContactEffect::ClockSettled);
            }
        }
        ContactEvent::Signed { released, wall } => {
            let measured = state.high_water;
            // It is not earlier than the license was made …
            if (TOLERANCE..=LONGEST_JUMP).contains(&released.saturating_sub(measured)) {
                next.high_water = released;
            }
            // … and where no exchange can set a clock right that ran ahead, this is the way back.
            let back = wall.max(released);
            if state.last_verified.is_none() && measured.saturating_sub(back) > TOLERANCE {
                next.high_water = back;
            }
            if next.flagged.is_some() && wall.saturating_sub(next.high_water).saturating_abs() <= TOLERANCE {
                (next.flagged, next.standing) = (None, None);
                effects.push(ContactEffect::ClockSettled);
            }
        }
    }
    report(state, &mut next, &mut effects);
    invariants(state, event, &next)?;
    Ok((next, effects))
}

/// Whether measured time was taken from a clock that had not been set, and the wall clock has been since.
pub(super) fn was_never_set(measured: Millis, wall: Millis) -> bool {
    measured < EARLIEST && wall >= EARLIEST
}

/// Notes a wall clock that differs, and believes it once it has kept its place for [`CONFIRMED_AFTER`] of running time.
fn flag(next: &mut ContactState, wall: Millis, ran: Millis, effects: &mut Vec<ContactEffect>) {
    let by = wall.saturating_sub(next.high_water);
    let differs = by.saturating_abs() > TOLERANCE;
    if differs {
        if next.flagged.is_none() {
            effects.push(ContactEffect::ClockFlagged { by });
        }
        next.flagged = Some(by);
    }
    if next.flagged.is_none() {
        next.standing = None;
        return;
    }
    let kept = next.standing.filter(|standing| by.saturating_sub(standing.by).saturating_abs() <= TOLERANCE);
    let standing = kept.map_or(ClockStanding { by, lasted: 0 }, |standing| ClockStanding {
        lasted: standing.lasted.saturating_add(ran).min(CONFIRMED_AFTER),
        ..standing
    });
    next.standing = Some(standing);
    if standing.lasted < CONFIRMED_AFTER || !(-TOLERANCE..=LONGEST_JUMP).contains(&by) {
        return;
    }
    let by = if differs { by } else { 0 };
    next.high_water = next.high_water.saturating_add(by);
    (next.flagged, next.standing) = (None, None);
    effects.push(ContactEffect::ClockConfirmed { by });
}

fn report(state: &ContactState, next: &mut ContactState, effects: &mut Vec<ContactEffect>) {
    let (from, to) = (state.phase(), next.phase());
    if from != to {
        effects.push(ContactEffect::Changed { from, to });
    }
    let rule = to.rule();
    let due = match (next.reported, rule.report.every) {
        (Some((phase, at)), Some(every)) if phase == to => next.high_water.saturating_sub(at) >= every,
        (Some((phase, _)), None) => phase != to,
        _ => true,
    };
    if due {
        next.reported = Some((to, next.high_water));
        effects.push(ContactEffect::Report {
            phase: to,
            level: rule.report.level,
            days: next.days(),
            lapses_at: next.lapses_at(),
        });
    }
}
