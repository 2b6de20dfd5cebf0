//! Leases kept in memory: for simulations and tests, where a restart is another [`Leases`](super::Leases) on the same
//! store.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::run::{Counters, RunState, StoredRun};
use super::{Commit, LeaseStorage, StoredLeases, TotalsKey};

/// The stored data.
#[derive(Debug, Default)]
pub struct MemoryKeep {
    runs: Mutex<BTreeMap<i64, StoredRun>>,
    totals: Mutex<BTreeMap<TotalsKey, Counters>>,
    broken: AtomicBool,
}

impl MemoryKeep {
    /// Makes storing fail, or work again.
    pub fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// The totals as stored.
    pub fn totals(&self) -> BTreeMap<TotalsKey, Counters> {
        lock(&self.totals).clone()
    }

    /// The runs as stored.
    pub fn runs(&self) -> Vec<StoredRun> {
        lock(&self.runs).values().cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl LeaseStorage for MemoryKeep {
    async fn load(&self) -> Result<StoredLeases, sqlx::Error> {
        let runs = self.runs();
        let last_id = runs.iter().map(|run| run.id).max().unwrap_or(0);
        let runs = runs.into_iter().filter(|run| run.state != RunState::Ended && run.holds()).collect();
        Ok(StoredLeases { runs, last_id })
    }

    async fn find(&self, run: &str) -> Result<Option<StoredRun>, sqlx::Error> {
        Ok(lock(&self.runs).values().find(|stored| stored.details.run == run).cloned())
    }

    async fn last_run(&self, client: &str) -> Result<Option<StoredRun>, sqlx::Error> {
        let of_client = |run: &&StoredRun| run.details.client == client;
        Ok(lock(&self.runs).values().filter(of_client).max_by_key(|run| run.details.epoch).cloned())
    }

    async fn commit(&self, commit: &Commit) -> Result<(), sqlx::Error> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(sqlx::Error::Io(std::io::Error::other("the disk is full")));
        }
        for run in &commit.runs {
            lock(&self.runs).insert(run.id, StoredRun { new: false, ..run.clone() });
        }
        lock(&self.runs).retain(|id, _| !commit.gone.contains(id));
        for (key, added) in &commit.added.usage {
            lock(&self.totals).entry(key.clone()).or_default().add(*added);
        }
        Ok(())
    }
}
