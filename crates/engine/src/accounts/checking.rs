//! Turns for hashing and checking passwords: Argon2id takes memory and a core for each.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Passwords that are hashed or checked at a time.
const AT_WORK: usize = 2;
/// Checks that may wait for their turn.
pub const MOST_WAITING: usize = 20;

/// The turns.
#[derive(Debug)]
pub struct PasswordChecks {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// A place among those that wait or are at work. Given back when dropped.
#[derive(Debug)]
pub struct Place {
    _held: OwnedSemaphorePermit,
}

impl Default for PasswordChecks {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_WORK)), places: Arc::new(Semaphore::new(AT_WORK + MOST_WAITING)) }
    }
}

impl PasswordChecks {
    /// A place in the queue; none when it is full.
    pub fn place(&self) -> Option<Place> {
        self.places.clone().try_acquire_owned().ok().map(|held| Place { _held: held })
    }

    /// Works when it is its turn. Turn and place are given back when the work has ended, even if nobody waits for it any longer.
    ///
    /// # Panics
    /// If the work does.
    pub async fn run<T: Send + 'static>(&self, place: Option<Place>, work: impl FnOnce() -> T + Send + 'static) -> T {
        let turn = self.turns.clone().acquire_owned().await.expect("the semaphore is never closed");
        let done = tokio::task::spawn_blocking(move || {
            let _held = (turn, place);
            work()
        });
        done.await.expect("hashing does not panic")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn at_most_20_wait_and_the_next_is_turned_away_at_once() {
        let checks = PasswordChecks::default();
        let mut places: Vec<_> = (0..AT_WORK + 20).map(|_| checks.place().expect("there is room")).collect();
        assert!(checks.place().is_none());
        checks.run(places.pop(), || ()).await;
        assert!(checks.place().is_some());
    }
}
