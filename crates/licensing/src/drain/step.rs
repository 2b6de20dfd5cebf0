use std::collections::BTreeSet;

use super::{ActiveDrain, DrainState, DrainViolation, Drill, invariants};
use crate::contact::Millis;

/// Clients and hours as this server sees them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrillSight {
    /// The ids of clients that responding backups report.
    pub there: BTreeSet<String>,
    /// The ids of clients served here.
    pub here: BTreeSet<String>,
    /// Serial and balance of a backup's hours, milliseconds; `None` without such hours.
    pub hours: Option<(u64, Millis)>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DrainEvent {
    /// The result of [`begin`](super::begin) is stored.
    Begun(ActiveDrain),
    /// A person ended it.
    TakenBack,
    /// Time passed. Feed one every second; the view is used during a drill.
    Look(DrillSight),
}

/// What the server must log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrainEffect {
    /// The time is over: this server serves its clients again.
    Over,
    /// A drill has used its hours: this server serves its clients again.
    UsedUp,
}

/// The next state and effects. An error is a broken invariant: serve all clients here, log it and count it.
///
/// # Errors
/// The broken invariant.
pub fn step(
    state: &DrainState,
    event: DrainEvent,
    now: Millis,
) -> Result<(DrainState, Vec<DrainEffect>), DrainViolation> {
    let mut next = state.clone();
    let mut effects = Vec::new();
    match event {
        DrainEvent::Begun(drain) => {
            next.drill = drain.clients.is_some().then(|| Drill::of(drain.clone()));
            next.now = Some(drain);
        }
        DrainEvent::TakenBack => next.now = None,
        DrainEvent::Look(sight) => next.look(&sight, now, &mut effects),
    }
    // End it if it is over, before applying the event.
    if next.now.take_if(|drain| drain.is_over(now)).is_some() {
        effects.push(DrainEffect::Over);
    }
    invariants(&next, now)?;
    Ok((next, effects))
}

impl DrainState {
    fn look(&mut self, sight: &DrillSight, now: Millis, effects: &mut Vec<DrainEffect>) {
        if self.now.take_if(|drain| drain.is_over(now)).is_some() {
            effects.push(DrainEffect::Over);
        }
        let Some(drill) = self.drill.as_mut() else { return };
        let goes_on = self.now.as_ref().is_some_and(|drain| drain.began == drill.drain.began);
        drill.look(goes_on, sight, now);
        if goes_on && drill.is_used_up() {
            self.now = None;
            effects.push(DrainEffect::UsedUp);
        }
    }
}

impl Drill {
    /// Measures where the clients are.
    fn look(&mut self, goes_on: bool, sight: &DrillSight, now: Millis) {
        for id in self.drain.clients.iter().flatten() {
            if goes_on && sight.there.contains(id) {
                self.moved.entry(id.clone()).or_insert(now);
            }
            if !goes_on && self.moved.contains_key(id) && sight.here.contains(id) {
                self.back.entry(id.clone()).or_insert(now);
            }
        }
        if let Some((serial, left)) = sight.hours.filter(|_| goes_on) {
            let (began_serial, began_left) = *self.hours.get_or_insert((serial, left));
            if began_serial == serial {
                self.spent_ms = Some((began_left - left).max(0));
            }
        }
        if !goes_on {
            self.ended.get_or_insert(now);
        }
    }
}
