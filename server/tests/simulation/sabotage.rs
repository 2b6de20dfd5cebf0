//! Servers that are broken on purpose: a simulation that does not notice them is worth nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use engine::DatabaseError;
use engine::leases::memory::MemoryKeep;
use engine::leases::{Commit, LeaseStorage, StoredLeases, StoredRun};

/// What is wrong with the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Nothing.
    None,
    /// Limits are counted for less time than clients may use them.
    EarlyDeadline,
    /// A lower limit is counted before the client has come down to it.
    ShrinksAtOnce,
    /// What is said to be stored is sometimes not.
    ForgetsCommits,
    /// Use is added to the totals twice now and then.
    CountsTwice,
}

/// A disk that may lie.
#[derive(Debug)]
pub struct Disk {
    pub keep: Arc<MemoryKeep>,
    pub sabotage: Sabotage,
    /// How long storing takes, milliseconds.
    slow_ms: AtomicU64,
    commits: AtomicU64,
}

impl Disk {
    /// From now on storing takes that long, milliseconds.
    pub fn set_slow(&self, ms: u64) {
        self.slow_ms.store(ms, Ordering::Relaxed);
    }

    /// A crash may come before as well as after what is stored is stored.
    async fn pause(&self) {
        let ms = self.slow_ms.load(Ordering::Relaxed) / 2;
        if ms > 0 {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
    }

    pub fn new(sabotage: Sabotage) -> Self {
        Self { keep: Arc::default(), sabotage, slow_ms: AtomicU64::new(0), commits: AtomicU64::new(0) }
    }
}

#[async_trait]
impl LeaseStorage for Disk {
    async fn load(&self) -> Result<StoredLeases, DatabaseError> {
        self.keep.load().await
    }

    async fn find(&self, run: &str) -> Result<Option<StoredRun>, DatabaseError> {
        self.keep.find(run).await
    }

    async fn last_run(&self, client: &str) -> Result<Option<StoredRun>, DatabaseError> {
        self.keep.last_run(client).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), DatabaseError> {
        let number = self.commits.fetch_add(1, Ordering::Relaxed);
        self.pause().await;
        let done = match self.sabotage {
            Sabotage::ForgetsCommits if !number.is_multiple_of(4) => Ok(()),
            Sabotage::CountsTwice if number % 8 == 7 => {
                let again = Commit { added: commit.added.clone(), ..Commit::default() };
                self.keep.commit(&again).await?;
                self.keep.commit(commit).await
            }
            _ => self.keep.commit(commit).await,
        };
        self.pause().await;
        done
    }
}
