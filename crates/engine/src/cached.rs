//! A short-lived cache of values that are read often and change seldom.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Maximum age, milliseconds, in case a change goes unnoticed.
const LONGEST_MS: i64 = 1_000;

/// A cached value, read again after a change and after a second.
#[derive(Debug)]
pub(crate) struct Cached<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    changes: u64,
    kept: Option<(i64, Arc<T>)>,
}

/// The number of changes when the value was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChangeCount(u64);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Mutex::new(State { changes: 0, kept: None }))
    }
}

impl<T> Cached<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, if still valid at this time of the monotonic clock; else the token for [`Cached::keep`].
    pub fn get(&self, now_ms: i64) -> Result<Arc<T>, ChangeCount> {
        let state = self.state();
        let known = state.kept.as_ref().filter(|(at, _)| (0..LONGEST_MS).contains(&now_ms.saturating_sub(*at)));
        known.map(|(_, value)| value.clone()).ok_or(ChangeCount(state.changes))
    }

    /// Caches a value, unless it has changed since reading began.
    pub fn keep(&self, began: ChangeCount, now_ms: i64, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let mut state = self.state();
        if state.changes == began.0 {
            state.kept = Some((now_ms, value.clone()));
        }
        value
    }

    /// Invalidates the value.
    pub fn forget(&self) {
        let mut state = self.state();
        state.changes += 1;
        state.kept = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_for_a_second_and_not_past_a_change() {
        let remembered = Cached::default();
        let began = remembered.get(0).unwrap_err();
        remembered.keep(began, 0, 1);
        assert_eq!(*remembered.get(999).unwrap(), 1);
        remembered.get(1_000).unwrap_err();
        remembered.get(-1).unwrap_err();
        remembered.forget();
        let began = remembered.get(999).unwrap_err();
        // It changes while it is read.
        remembered.forget();
        assert_eq!(*remembered.keep(began, 999, 2), 2);
        remembered.get(999).unwrap_err();
    }
}
