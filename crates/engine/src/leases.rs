//! Leases without a round trip (DESIGN part 5): what clients of the license port are granted, and what they have used.
//!
//! The rules are `licensing::allocation`; here they are fed with what clients say, and what decides grants is stored. A refresh
//! that changes nothing touches no disk: counters are written once a second, limits before a client hears that they grew.

mod background;
mod clients;
mod commit;
pub mod memory;
mod requests;
mod run;
mod sqlite;
mod steady;
mod table;
mod totals;
mod ve;
mod view;

pub use background::FLUSH;
pub use clients::{ReleaseError, ReleasedLicenses};
pub use requests::{Reply, Requester};
pub use run::{Counters, RunState, StoredRun};
pub use sqlite::SqliteKeep;
pub use steady::ReceivedAt;
pub use totals::{LeaseTotals, TotalsKey};
pub use ve::InGrace;
pub use view::{ClientCounts, ClientState, ClientView, PoolView, ProductView};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use licensing::allocation::{RunKey, Times};
use licensing::client_protocol::Records;
use licensing::product::{Licensed, ProductCode};

use crate::clock::Clock;
use steady::SteadyTime;
use table::LeaseTable;

/// Where what must survive a restart is kept.
#[async_trait]
pub trait LeaseStorage: Send + Sync + std::fmt::Debug {
    /// The runs that may still hold licenses or may come back soon.
    async fn load(&self) -> Result<StoredLeases, sqlx::Error>;

    /// A run that is not in memory.
    async fn find(&self, run: &str) -> Result<Option<StoredRun>, sqlx::Error>;

    /// The highest epoch of a client that was ever given out; 0 when there is none.
    async fn last_epoch(&self, client: &str) -> Result<u64, sqlx::Error>;

    /// Stores all of it, or nothing.
    async fn commit(&self, commit: &Commit) -> Result<(), sqlx::Error>;
}

/// What is there at the start.
#[derive(Debug, Default, Clone)]
pub struct StoredLeases {
    /// Runs.
    pub runs: Vec<StoredRun>,
    /// The highest id a run ever had.
    pub last_id: i64,
}

/// What is stored in one go: one consistent picture of all runs that changed.
#[derive(Debug, Default, Clone)]
pub struct Commit {
    /// Runs as they are now.
    pub runs: Vec<StoredRun>,
    /// What their use adds to the totals.
    pub added: LeaseTotals,
}

/// The leases of this server. Cheap to share.
#[derive(Debug)]
pub struct Leases {
    table: Mutex<LeaseTable>,
    keep: Arc<dyn LeaseStorage>,
    clock: Arc<dyn Clock>,
    steady: SteadyTime,
    /// Told when something waits to be stored at once.
    urgent: tokio::sync::Notify,
    /// The commit that ended last: its number, and whether it worked.
    stored: tokio::sync::watch::Sender<Stored>,
    /// One commit at a time.
    committing: tokio::sync::Mutex<()>,
    /// Clients for whom hours of a countdown license run.
    seats: tokio::sync::Mutex<BTreeSet<RunKey>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Stored {
    number: u64,
    failed: u64,
}

impl Leases {
    /// Opens the leases as they were stored; every client of before is counted as if it had been answered just now.
    ///
    /// # Errors
    /// [`sqlx::Error`] when they cannot be read.
    pub async fn open(keep: Arc<dyn LeaseStorage>, clock: Arc<dyn Clock>) -> Result<Self, sqlx::Error> {
        let table = LeaseTable::restored(keep.load().await?, Times::default(), clock.mono_ms());
        Ok(Self {
            table: Mutex::new(table),
            keep,
            steady: SteadyTime::new(&*clock),
            clock,
            urgent: tokio::sync::Notify::new(),
            stored: tokio::sync::watch::Sender::default(),
            committing: tokio::sync::Mutex::new(()),
            seats: tokio::sync::Mutex::default(),
        })
    }

    fn table(&self) -> MutexGuard<'_, LeaseTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another number whenever a client came or went, or what clients use, want or may use has changed.
    pub(crate) fn version(&self) -> u64 {
        self.table().version
    }

    /// To be called as early as possible when a request was received.
    pub fn received(&self) -> ReceivedAt {
        self.steady.read(&*self.clock)
    }

    /// The same as wall time, Unix milliseconds: as the times of check-outs are placed.
    pub(crate) fn wall_ms(&self, received: ReceivedAt) -> i64 {
        self.steady.wall_ms(received.0)
    }

    /// Places check-outs where they belong by the server's clock.
    pub fn place(&self, said: &mut Records, received: ReceivedAt) {
        let mut table = self.table();
        let id = table.find(&said.run);
        let Some(entry) = id.and_then(|id| table.entries.get_mut(&id)) else { return };
        if let Some(now) = said.now {
            entry.offset.hear(now, received.0);
        }
        if entry.offset.shift_ms().is_none() {
            return;
        }
        for record in &mut said.records {
            let (from, to) = entry.offset.place(record.from, record.to, received.0);
            (record.from, record.to) = (self.steady.wall_ms(from), to.map(|to| self.steady.wall_ms(to)));
        }
    }

    /// Notes how far a client's clock is off; its name and deployment.
    pub(crate) fn set_clock(&self, id: RunKey, off: i64) -> Option<(Arc<str>, Arc<str>)> {
        let mut table = self.table();
        let entry = table.entries.get_mut(&id)?;
        entry.clock_off = off;
        Some((entry.details.name.clone(), entry.details.deployment.clone()))
    }

    /// Releases what a run has and does not use, at `now` on the monotonic clock.
    pub(crate) fn release(&self, id: RunKey, now: i64) {
        self.table().release(id, now);
    }

    /// Until when a run's limits are counted, on the monotonic clock.
    pub(crate) fn deadline(&self, id: RunKey) -> Option<i64> {
        self.table().allocation.run(id).map(|run| run.deadline)
    }

    /// How many licenses there are of each product from now on, and of which there are some out of service.
    /// Whether anything changed.
    pub fn license(&self, licensed: &BTreeMap<ProductCode, Licensed>, out_of_service: &[ProductCode]) -> bool {
        self.table().license(licensed, out_of_service)
    }
}

#[cfg(test)]
mod tests;
