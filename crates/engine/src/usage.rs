//! Use over time: every check-out goes to a data file of its day and, in the same commit, into roll-ups that answer questions fast.
//!
//! [`Usage::take`] is the way in, [`query`] the way out. `docs/USAGE.md` describes the files and what is kept for how long.

mod book;
mod files;
mod group;
mod hot;
mod licensed;
mod open;
pub mod period;
mod plan;
mod purge;
pub mod query;
mod rebuild;
mod series;
mod state;
mod totals;
mod write;

use std::path::Path;
use std::sync::Arc;

use licensing::client_protocol::CheckOut;
use licensing::context::Context;

use crate::DatabaseError;
use crate::store::Store;
pub use files::Finding;
pub(crate) use purge::{PURGE_EVERY, UPDATE_EVERY};
pub use purge::{Purged, Retention};

/// Why the records of use could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
    /// The data files cannot be read or written.
    #[error(
        "The check-out files in {path} cannot be used: {source}. Check that the folder can be written and that the disk is not full."
    )]
    Io {
        /// The folder or file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A row of the roll-ups cannot be read.
    #[error("The stored use of {0} is damaged. Restore the data folder from a backup.")]
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

/// Check-outs of one run of a client, in the order of their numbers.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The run of the client, by its row id.
    pub session: i64,
    /// The client's name: use is shown under it.
    pub client: Arc<str>,
    /// Whose use it is; empty where there are no deployments.
    pub deployment: Arc<str>,
    /// What this server is for, once known.
    pub context: Option<Context>,
    /// The last record the caller knows to be stored. What is stored decides; this is for the log.
    pub acknowledged_before: u64,
    /// The number of the first record here; the others follow one by one.
    pub first: u64,
    /// The records.
    pub records: Vec<CheckOut>,
}

/// The records of use. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Usage {
    inner: Arc<state::Inner>,
}

impl Usage {
    /// Opens what is stored, cuts off what was not committed, and finds what is missing.
    ///
    /// # Errors
    /// [`UsageError`].
    pub async fn open(store: Store, folder: &Path) -> Result<Self, UsageError> {
        Ok(Self { inner: Arc::new(state::Inner::open(store, folder).await?) })
    }

    /// What is wrong with the data files: they are shorter than what was committed.
    pub fn findings(&self) -> &[Finding] {
        &self.inner.findings
    }

    /// Stores check-outs, together with those of other clients that wait at the same time, and answers the number of the last
    /// one stored. Those stored before are skipped, numbers left out are counted as dropped.
    ///
    /// # Errors
    /// [`DatabaseError`]; nothing of the batch is stored then.
    pub async fn take(&self, batch: Batch) -> Result<u64, DatabaseError> {
        self.inner.ask(|answer| group::Work::Batch(batch, answer)).await
    }

    /// The number of the last record stored of a run; 0 when there is none or the database does not respond: the client then sends
    /// again, and what is stored is skipped.
    pub async fn acknowledged(&self, session: i64) -> u64 {
        self.inner.acknowledged(session).await
    }

    /// Ends the open check-outs of a run that fell silent.
    ///
    /// # Errors
    /// [`DatabaseError`]; they stay open then.
    pub async fn lost(&self, session: i64, at_ms: i64) -> Result<(), DatabaseError> {
        self.inner.ask(|answer| group::Work::Lost(session, at_ms, answer)).await
    }

    /// Lets check-outs that are out count up to now. To be called every minute; it writes when a new hour has begun.
    ///
    /// # Errors
    /// [`DatabaseError`]; the next call makes up for it.
    pub async fn tick(&self, now_ms: i64) -> Result<(), DatabaseError> {
        if !self.inner.due(now_ms).await {
            return Ok(());
        }
        self.inner.ask(|answer| group::Work::Tick(now_ms, answer)).await
    }
}

#[cfg(test)]
mod tests;
