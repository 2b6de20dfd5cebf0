use std::collections::BTreeSet;

use super::{Broken, Handed, Rehearsal, State, invariants};
use crate::contact::Millis;

/// Clients and hours as this server sees them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// The ids of clients that responding backups report.
    pub there: BTreeSet<String>,
    /// The ids of clients served here.
    pub here: BTreeSet<String>,
    /// Serial and balance of a backup's hours, milliseconds; `None` without such hours.
    pub hours: Option<(u64, Millis)>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The result of [`begin`](super::begin) is stored.
    Begun(Handed),
    /// A person ended it.
    TakenBack,
    /// Time passed. Feed one every second; the view is used during a drill.
    Look(Sight),
}

/// What the server must log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The time is over: this server serves its clients again.
    Over,
    /// A drill has used its hours: this server serves its clients again.
    UsedUp,
}

/// The next state and effects. An error is a broken invariant: serve all clients here, log it and count it.
///
/// # Errors
/// The broken invariant.
pub fn step(state: &State, event: Event, now: Millis) -> Result<(State, Vec<Effect>), Broken> {
    let mut next = state.clone();
    let mut effects = Vec::new();
    match event {
        Event::Begun(handed) => {
            next.rehearsal = handed.clients.is_some().then(|| Rehearsal::of(handed.clone()));
            next.now = Some(handed);
        }
        Event::TakenBack => next.now = None,
        Event::Look(sight) => next.look(&sight, now, &mut effects),
    }
    // End it if it is over, before applying the event.
    if next.now.take_if(|handed| handed.is_over(now)).is_some() {
        effects.push(Effect::Over);
    }
    invariants(&next, now)?;
    Ok((next, effects))
}

impl State {
    fn look(&mut self, sight: &Sight, now: Millis, effects: &mut Vec<Effect>) {
        if self.now.take_if(|handed| handed.is_over(now)).is_some() {
            effects.push(Effect::Over);
        }
        let Some(rehearsal) = self.rehearsal.as_mut() else { return };
        let goes_on = self.now.as_ref().is_some_and(|handed| handed.began == rehearsal.handed.began);
        rehearsal.look(goes_on, sight, now);
        if goes_on && rehearsal.is_used_up() {
            self.now = None;
            effects.push(Effect::UsedUp);
        }
    }
}

impl Rehearsal {
    /// Measures where the clients are.
    fn look(&mut self, goes_on: bool, sight: &Sight, now: Millis) {
        for id in self.handed.clients.iter().flatten() {
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
