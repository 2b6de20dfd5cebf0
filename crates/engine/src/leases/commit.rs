//! Storing: at once when a limit grew, otherwise once a second. Concurrent waiters share a commit.

use std::collections::BTreeMap;

use licensing::allocation::RunKey;
use licensing::client_protocol::{Fault, FaultKind};

use super::{Commit, Leases, Stored};

/// What is being stored. If that fails, even by a panic, the next commit includes it.
struct Unstored<'a> {
    leases: &'a Leases,
    number: u64,
    commit: Option<Commit>,
    failed: bool,
}

impl Unstored<'_> {
    fn stored(mut self, sequences: &BTreeMap<RunKey, u64>) {
        self.commit = None;
        self.leases.table().stored(self.number, sequences);
        self.leases.stored.send_replace(Stored { number: self.number, good: self.number });
    }
}

impl Drop for Unstored<'_> {
    fn drop(&mut self) {
        // An interrupted commit may still be stored; clients report again what is not.
        if let Some(commit) = self.commit.take_if(|_| self.failed || std::thread::panicking()) {
            self.leases.table().not_stored(commit);
            // A later one includes it: until that is stored, nobody who waits for this one hears anything good.
            self.leases.stored.send_modify(|stored| stored.number = self.number);
        }
    }
}

impl Leases {
    /// Stores what changed. `all`: counters as well.
    ///
    /// # Errors
    /// [`sqlx::Error`]; nothing is stored then, and the next commit includes it.
    pub async fn commit(&self, all: bool) -> Result<(), sqlx::Error> {
        let _one = self.committing.lock().await;
        let (number, commit, sequences) = self.table().take_unstored(all);
        if commit.runs.is_empty() && commit.added.is_empty() && commit.gone.is_empty() {
            self.stored.send_replace(Stored { number, good: number });
            return Ok(());
        }
        let mut unstored = Unstored { leases: self, number, commit: Some(commit), failed: false };
        let done = match &unstored.commit {
            Some(commit) => self.keep.commit(commit).await,
            None => Ok(()),
        };
        match &done {
            Ok(()) => unstored.stored(&sequences),
            Err(error) => {
                tracing::error!(%error, "could not store grants and usage of clients; trying again");
                unstored.failed = true;
            }
        }
        done
    }

    /// Whether the last commit was stored.
    pub(crate) fn is_storing(&self) -> bool {
        let stored = self.stored.borrow();
        stored.good >= stored.number
    }

    /// Waits until earlier changes are stored.
    ///
    /// # Errors
    /// [`Fault`] if it could not be stored; the client tries again.
    pub(super) async fn wait_for(&self, number: u64) -> Result<(), Fault> {
        let mut stored = self.stored.subscribe();
        self.urgent.notify_one();
        let unavailable = || Fault::new(FaultKind::Unavailable, "Can't store the grant. Try again.");
        let ended = stored.wait_for(|stored| stored.number >= number).await.map_err(|_| unavailable())?;
        if ended.good < number { Err(unavailable()) } else { Ok(()) }
    }
}
