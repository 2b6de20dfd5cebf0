//! Usage over time: every check-out goes to its day's data file and, in the same commit, into roll-ups for fast
//! queries.
//!
//! [`Usage::take`] writes, [`query`] reads. `docs/USAGE.md` describes the files and retention.

mod count;
pub mod export;
mod files;
mod group;
pub mod import;
mod judge;
mod licensed;
mod observed;
mod open;
mod open_days;
pub mod period;
mod plan;
mod purge;
pub mod query;
mod rebuild;
pub(crate) mod sealed;
mod series;
mod state;
mod totals;
pub(crate) mod unlock;
mod write;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use licensing::client_protocol::CheckOut;
use licensing::context::Context;

use crate::DatabaseError;
use crate::clock::Clock;
use crate::monitor::MonitorWatch;
use crate::store::Store;
pub use files::ShortFile;
pub(crate) use files::name as file_name;
pub(crate) use purge::{PURGE_EVERY, UPDATE_EVERY};
pub use purge::{Purged, Retention};

/// Why the usage records could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
    /// The data files can't be read or written.
    #[error(
        "Can't use the check-out files in {path}: {source}. Check that the folder is writable and that the disk is not full."
    )]
    Io {
        /// The folder or file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A record can't be sealed.
    #[error("Can't seal locked records: {0}")]
    Sealing(String),
    /// A row of the roll-ups can't be read.
    #[error("The stored usage of {0} is damaged. Restore the data folder from a backup.")]
    Damaged(String),
}

impl From<UsageError> for DatabaseError {
    fn from(error: UsageError) -> Self {
        match error {
            UsageError::Sql(error) => error,
            other => Self::Io(std::io::Error::other(other.to_string())),
        }
    }
}

/// Check-outs of one client run, in order.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The run of the client, by its row id.
    pub session: i64,
    /// The client's name, under which usage is shown.
    pub client: Arc<str>,
    /// The deployment; empty if there are none.
    pub deployment: Arc<str>,
    /// This server's context, once known.
    pub context: Option<Context>,
    /// Earlier runs of the client that records name, by their row ids.
    pub earlier: HashMap<String, i64>,
    /// A check-out from before this instant counts only if it was reported as open, Unix milliseconds.
    pub begins: i64,
    /// The number of the first record; the others follow one by one.
    pub first: u64,
    /// The number up to which the stream is settled: records left out after those here are dropped.
    pub through: u64,
    /// The records.
    pub records: Vec<CheckOut>,
}

impl Batch {
    /// The record that reported a check-out as open: of this run, or of an earlier one.
    fn opened(&self, record: &CheckOut) -> Option<(i64, u64)> {
        match (record.opened, &record.before) {
            (Some(number), _) => Some((self.session, number)),
            (None, Some(before)) => Some((*self.earlier.get(&before.run)?, before.number)),
            (None, None) => None,
        }
    }
}

/// The usage records. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Usage {
    inner: Arc<state::UsageState>,
}

impl Usage {
    /// Opens the stored records, truncates uncommitted data, and finds missing data.
    ///
    /// # Errors
    /// [`UsageError`].
    pub async fn open(store: Store, folder: &Path) -> Result<Self, UsageError> {
        Ok(Self { inner: Arc::new(state::UsageState::open(store, folder).await?) })
    }

    /// From now on this says which records are locked.
    ///
    /// # Errors
    /// [`UsageError`] when the users seen so far can't be read.
    pub async fn watched_by(&self, watch: Arc<MonitorWatch>, clock: Arc<dyn Clock>) -> Result<(), UsageError> {
        let judge = judge::Judge { watch, clock };
        self.inner.writer.lock().await.judge(&self.inner.store, Some(&judge), &[]).await?;
        let _ = self.inner.judge.set(judge);
        Ok(())
    }

    /// How many records are locked.
    pub fn locked(&self) -> u64 {
        self.inner.locked.load(Ordering::Relaxed)
    }

    /// Data files shorter than what was committed.
    pub fn findings(&self) -> &[ShortFile] {
        &self.inner.findings
    }

    /// Stores check-outs, together with those of other waiting clients, and returns the number of the last one stored.
    /// Skips stored ones, and counts skipped numbers as dropped.
    ///
    /// # Errors
    /// [`DatabaseError`]; nothing of the batch is stored then.
    pub async fn take(&self, batch: Batch) -> Result<u64, DatabaseError> {
        self.inner.ask(|answer| group::UsageWork::Batch(batch, answer)).await
    }

    /// The number of the last record stored of a run; 0 if there is none or the database doesn't respond: the client
    /// then sends again, and stored ones are skipped.
    pub async fn acknowledged(&self, session: i64) -> u64 {
        self.inner.acknowledged(session).await
    }

    /// Ends the open check-outs of a run that stopped responding.
    ///
    /// # Errors
    /// [`DatabaseError`]; they stay open then.
    pub async fn lost(&self, session: i64, at_ms: i64) -> Result<(), DatabaseError> {
        self.inner.ask(|answer| group::UsageWork::Lost(session, at_ms, answer)).await
    }

    /// Brings open check-outs up to now. Call it every minute; it writes when a new hour has begun.
    ///
    /// # Errors
    /// [`DatabaseError`]; the next call makes up for it.
    pub async fn tick(&self, now_ms: i64) -> Result<(), DatabaseError> {
        if !self.inner.due(now_ms).await {
            return Ok(());
        }
        self.inner.ask(|answer| group::UsageWork::Tick(now_ms, answer)).await
    }
}

#[cfg(test)]
mod tests;
