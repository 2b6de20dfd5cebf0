use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use licensing::contact::Millis;
use licensing::monitor::{
    MonitorLicense, MonitorState, ObservationWindow, Observed, Standing, Supply, Violation, locks, standing, step,
};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;

/// Says which records are locked. All of it is in memory and takes microseconds.
#[derive(Debug)]
pub struct MonitorWatch {
    clock: Arc<dyn Clock>,
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    stored: StoredState,
    observed: Option<Observed>,
    /// `None` until they were read for the first time.
    sources: Option<ReadSources>,
}

/// What is stored: the state, and how the windows in it are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct StoredState {
    #[serde(flatten)]
    pub state: MonitorState,
    #[serde(default)]
    pub window: ObservationWindow,
}

/// The sources of licenses as they were last read.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadSources {
    /// How many ever provided a license.
    pub known: usize,
    /// How many of those can't be read.
    pub unreadable: usize,
    /// The licenses of those that can.
    pub licenses: Vec<MonitorLicense>,
}

impl ReadSources {
    pub fn supply(&self, at: Millis) -> Supply<'_> {
        Supply::of(self.known, self.unreadable, &self.licenses, at)
    }
}

/// All of it at one instant.
#[derive(Debug, Clone)]
pub(crate) struct Watching {
    pub stored: StoredState,
    pub standing: Standing,
    pub users: u64,
    pub licensed: Option<u64>,
    pub licenses: Vec<MonitorLicense>,
}

impl Watched {
    /// The users of the present window; a new one begins with nobody.
    fn observed(&self, now: Millis) -> Observed {
        let window = self.stored.window.number(now);
        self.observed.filter(|observed| observed.window == window).unwrap_or(Observed { window, users: 0 })
    }

    fn supply(&self, at: Millis) -> Supply<'_> {
        self.sources.as_ref().map_or(Supply::Missing, |sources| sources.supply(at))
    }

    /// Before the sources were read nothing begins and nothing ends.
    fn step(&mut self, now: Millis) {
        if self.sources.is_some() {
            self.stored.state = step(self.stored.state, self.supply(now), self.observed(now), now);
        }
    }
}

impl MonitorWatch {
    /// From the stored state, if there is one.
    pub(crate) fn new(clock: Arc<dyn Clock>, stored: Option<&str>) -> Self {
        let stored = stored.and_then(|text| {
            serde_json::from_str(text)
                .inspect_err(|error| tracing::error!(%error, "can't read the stored state of the monitor license; its grace begins again"))
                .ok()
        });
        let watched = Watched { stored: stored.unwrap_or_default(), ..Watched::default() };
        Self { clock, watched: Mutex::new(watched) }
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a record that is stored now, at a known time, is locked, and why. `index`: that of its user, from 1.
    pub fn judge(&self, now: Millis, index: u64) -> Option<Violation> {
        let watched = self.lock();
        if watched.stored.state == MonitorState::default() {
            return None;
        }
        locks(&watched.stored.state, watched.supply(now).users(now), index, now)
    }

    /// Tells how many users a window has by now.
    pub fn observed(&self, observed: Observed) {
        let mut watched = self.lock();
        if watched.observed == Some(observed) {
            return;
        }
        watched.observed = Some(observed);
        // At once, so that a window that ends before the next look isn't missed.
        watched.step(self.clock.now_ms());
    }

    /// The span in which users are counted.
    pub fn window(&self) -> ObservationWindow {
        self.lock().stored.window
    }

    /// Counts users in another span from now on.
    pub(crate) fn count_in(&self, window: ObservationWindow) {
        let mut watched = self.lock();
        if watched.stored.window != window {
            let state = watched.stored.state.renumbered(window.number(self.clock.now_ms()));
            watched.stored = StoredState { state, window };
            watched.observed = None;
        }
    }

    /// Takes what was read of the sources.
    pub(crate) fn supplied(&self, sources: ReadSources) {
        self.lock().sources = Some(sources);
    }

    /// The state as it was stored, or is to be.
    pub(crate) fn stored(&self) -> StoredState {
        self.lock().stored
    }

    /// Brings the state up to now.
    pub(crate) fn look(&self) -> Watching {
        let now = self.clock.now_ms();
        let mut watched = self.lock();
        watched.step(now);
        let supply = watched.supply(now);
        Watching {
            stored: watched.stored,
            standing: standing(&watched.stored.state, supply, now),
            users: watched.observed(now).users,
            licensed: supply.users(now),
            licenses: watched.sources.as_ref().map(|sources| sources.licenses.clone()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use licensing::contact::DAY;
    use licensing::monitor::GRACE;

    use super::*;
    use crate::clock::ManualClock;

    const T: Millis = 1_780_272_000_000; // 2026-06-01T00:00Z

    fn watch() -> (Arc<ManualClock>, MonitorWatch) {
        let clock = Arc::new(ManualClock::at(T));
        let watch = MonitorWatch::new(clock.clone(), None);
        (clock, watch)
    }

    fn licensed(users: u64, to: Millis) -> ReadSources {
        let license = MonitorLicense { id: "m".to_owned(), from: T - DAY, to, users };
        ReadSources { known: 1, unreadable: 0, licenses: vec![license] }
    }

    #[test]
    fn without_a_license_ever_nothing_is_locked() {
        let (clock, watch) = watch();
        watch.observed(Observed { window: ObservationWindow::Day.number(T), users: 1_000_000 });
        clock.advance(100 * DAY);
        watch.look();
        assert_eq!(watch.judge(clock.now_ms(), 1_000_000), None);
    }

    #[test]
    fn an_ended_license_locks_after_the_grace_and_a_new_one_ends_that_at_once() {
        let (clock, watch) = watch();
        watch.supplied(licensed(50, T - 1));
        watch.look();
        clock.advance(GRACE - 1);
        assert_eq!(watch.judge(clock.now_ms(), 1), None);
        clock.advance(1);
        assert_eq!(watch.judge(clock.now_ms(), 1), Some(Violation::Expired));
        watch.supplied(licensed(50, T + 100 * DAY));
        watch.look();
        assert_eq!(watch.judge(clock.now_ms(), 1), None);
    }

    #[test]
    fn a_window_with_too_many_users_is_seen_even_when_it_ends_before_the_next_look() {
        let (clock, watch) = watch();
        watch.supplied(licensed(50, T + 100 * DAY));
        clock.advance(DAY - 1);
        watch.observed(Observed { window: ObservationWindow::Day.number(T), users: 56 });
        clock.advance(1);
        let seen = watch.look();
        assert_eq!(seen.users, 0, "the new window begins with nobody");
        assert_eq!(seen.stored.state.since(Violation::TooManyUsers), Some(T + DAY - 1));
    }

    #[test]
    fn the_state_survives_a_restart() {
        let (clock, watch) = watch();
        watch.supplied(licensed(50, T - 1));
        watch.count_in(ObservationWindow::Month);
        let stored = serde_json::to_string(&watch.look().stored).unwrap();
        let again = MonitorWatch::new(clock.clone(), Some(&stored));
        again.observed(Observed { window: ObservationWindow::Month.number(T), users: 1 });
        assert_eq!(again.look().stored.state.since(Violation::Expired), Some(T), "before the sources are read, too");
        assert_eq!(again.window(), ObservationWindow::Month);
        again.supplied(licensed(50, T - 1));
        clock.advance(GRACE);
        assert_eq!(again.judge(clock.now_ms(), 1), Some(Violation::Expired));
    }
}
