use super::{ContactPhase, ContactState, ContactViolation, Millis, PhaseLogLevel, TOLERANCE, invariants};

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
    /// A verified exchange confirmed the time.
    ClockSettled,
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
            // Time while off counts; a clock set back does not.
            next.high_water = state.high_water.max(wall);
            next.anchor = None;
            flag(&mut next, wall, &mut effects);
        }
        ContactEvent::Tick { wall, mono } => {
            let passed = state.anchor.map_or(0, |anchor| mono.saturating_sub(anchor).max(0));
            next.high_water = state.high_water.saturating_add(passed);
            next.anchor = Some(mono);
            flag(&mut next, wall, &mut effects);
        }
        ContactEvent::Verified { node_time } => {
            next.last_verified = Some(node_time);
            next.high_water = node_time;
            next.flagged = None;
            if state.flagged.is_some() {
                effects.push(ContactEffect::ClockSettled);
            }
        }
    }
    report(state, &mut next, &mut effects);
    invariants(state, event, &next)?;
    Ok((next, effects))
}

fn flag(next: &mut ContactState, wall: Millis, effects: &mut Vec<ContactEffect>) {
    let by = wall.saturating_sub(next.high_water);
    if by.saturating_abs() <= TOLERANCE {
        return;
    }
    if next.flagged.is_none() {
        effects.push(ContactEffect::ClockFlagged { by });
    }
    next.flagged = Some(by);
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
