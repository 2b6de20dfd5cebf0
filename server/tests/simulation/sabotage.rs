//! Servers that are broken on purpose: a simulation that does not notice them is worth nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use engine::leases::memory::MemoryKeep;
use engine::leases::{Commit, Keep, Loaded, StoredRun};

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
    commits: AtomicU64,
}

impl Disk {
    pub fn new(sabotage: Sabotage) -> Self {
        Self { keep: Arc::default(), sabotage, commits: AtomicU64::new(0) }
    }
}

#[async_trait]
impl Keep for Disk {
    async fn load(&self) -> Result<Loaded, engine_error::Error> {
        self.keep.load().await
    }

    async fn find(&self, run: &str) -> Result<Option<StoredRun>, engine_error::Error> {
        self.keep.find(run).await
    }

    async fn last_epoch(&self, client: &str) -> Result<u64, engine_error::Error> {
        self.keep.last_epoch(client).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), engine_error::Error> {
        let number = self.commits.fetch_add(1, Ordering::Relaxed);
        match self.sabotage {
            Sabotage::ForgetsCommits if number % 4 > 0 => Ok(()),
            Sabotage::CountsTwice if number % 8 == 7 => {
                let again = Commit { runs: Vec::new(), added: commit.added.clone() };
                self.keep.commit(&again).await?;
                self.keep.commit(commit).await
            }
            _ => self.keep.commit(commit).await,
        }
    }
}
