//! Leases without a round trip: the grants and usage of clients of the license port.
//!
//! The rules are in `licensing::allocation`; this module feeds them with requests and stores what decides grants. A
//! refresh that changes nothing touches no disk: counters are written once a second, limits before a client learns
//! that they grew.

mod background;
mod clients;
mod commit;
pub mod memory;
mod purge;
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
pub use run::{Contest, Counters, ProductUse, RunState, StoredRun};
pub use sqlite::SqliteKeep;
pub use steady::ReceivedAt;
pub use totals::{LeaseTotals, TotalsKey};
pub use ve::InGrace;
pub use view::{ClientCounts, ClientState, ClientView, PoolView, ProductView};

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use licensing::allocation::{RunKey, Times};
use licensing::client_protocol::Records;
use licensing::product::{Licensed, ProductCode};

use crate::clock::Clock;
use steady::SteadyTime;
use table::LeaseTable;

/// How long before its first hello a client may have begun to keep records: it may start before its servers, milliseconds.
const BUFFER_MS: i64 = 24 * 3_600_000;
/// How far ahead a client's clock may be that does not say what it shows, milliseconds.
const AHEAD_MS: i64 = 10 * 60_000;

/// The store of what must survive a restart.
#[async_trait]
pub trait LeaseStorage: Send + Sync + std::fmt::Debug {
    /// Runs that may still hold licenses. Others are found when they come back.
    async fn load(&self) -> Result<StoredLeases, sqlx::Error>;

    /// A run that is not in memory.
    async fn find(&self, run: &str) -> Result<Option<StoredRun>, sqlx::Error>;

    /// The latest run of a client: the one with the highest epoch.
    async fn last_run(&self, client: &str) -> Result<Option<StoredRun>, sqlx::Error>;

    /// Stores all of it, or nothing.
    async fn commit(&self, commit: &Commit) -> Result<(), sqlx::Error>;
}

/// The state at startup.
#[derive(Debug, Default, Clone)]
pub struct StoredLeases {
    /// Runs.
    pub runs: Vec<StoredRun>,
    /// The highest id a run ever had.
    pub last_id: i64,
}

/// One commit: a consistent snapshot of all changed runs.
#[derive(Debug, Default, Clone)]
pub struct Commit {
    /// Runs as they are now.
    pub runs: Vec<StoredRun>,
    /// Their additions to the totals.
    pub added: LeaseTotals,
    /// Runs that said hello and nothing more: they are removed.
    pub gone: Vec<i64>,
}

/// The leases of this server. Cheap to share.
#[derive(Debug)]
pub struct Leases {
    table: Mutex<LeaseTable>,
    keep: Arc<dyn LeaseStorage>,
    clock: Arc<dyn Clock>,
    steady: SteadyTime,
    /// Notified when something must be stored at once.
    urgent: tokio::sync::Notify,
    /// The last finished commit: its number, and whether it succeeded.
    stored: tokio::sync::watch::Sender<Stored>,
    /// One commit at a time.
    committing: tokio::sync::Mutex<()>,
    /// Clients for which countdown hours are running.
    seats: tokio::sync::Mutex<BTreeSet<RunKey>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Stored {
    /// The last commit that ended.
    number: u64,
    /// The last one that was stored, with all before it.
    good: u64,
}

impl Leases {
    /// Opens the stored leases; every earlier client counts as if it had just been answered.
    ///
    /// # Errors
    /// [`sqlx::Error`] if they can't be read.
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

    /// After a start from older data, or with a new database: nobody gets more licenses than are reserved for it until the caches of all clients
    /// that are not known here must have been flushed.
    pub(crate) fn hold(&self) {
        self.table().allocation.hold(self.clock.mono_ms());
    }

    /// Whether that is so now.
    pub(crate) fn is_held(&self) -> bool {
        self.table().allocation.is_held(self.clock.mono_ms())
    }

    fn table(&self) -> MutexGuard<'_, LeaseTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that changes whenever clients, their use, requests or limits change.
    pub(crate) fn version(&self) -> u64 {
        self.table().version
    }

    /// The arrival time of a request. Call it as early as possible.
    pub fn received(&self) -> ReceivedAt {
        self.steady.read(&*self.clock)
    }

    /// The same as wall time, Unix milliseconds, for check-outs.
    pub(crate) fn wall_ms(&self, received: ReceivedAt) -> i64 {
        self.steady.wall_ms(received.0)
    }

    /// Converts times of check-outs to the server's clock.
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

    /// Notes that a client has sent records, and how far its clock is off; returns its name and deployment.
    pub(crate) fn set_clock(&self, id: RunKey, off: i64) -> Option<(Arc<str>, Arc<str>)> {
        let now = self.clock.mono_ms();
        let mut table = self.table();
        table.heard(id, now);
        let entry = table.entries.get_mut(&id)?;
        entry.clock_off = off;
        Some((entry.details.name.clone(), entry.details.deployment.clone()))
    }

    /// The times between which the check-outs of a run may lie, Unix milliseconds.
    pub(crate) fn lifetime(&self, id: RunKey, received: ReceivedAt) -> Option<RangeInclusive<i64>> {
        let known_since = self.table().entries.get(&id).map(|entry| (entry.details.since, entry.known_since))?;
        // The wall clock may have been set since: whichever is earlier.
        let since = known_since.0.min(self.steady.wall_ms(known_since.1));
        let until = self.steady.wall_ms(received.0).saturating_add(AHEAD_MS);
        Some(since.saturating_sub(BUFFER_MS)..=until)
    }

    /// The runs in memory.
    pub(crate) fn known(&self) -> Vec<RunKey> {
        self.table().entries.keys().copied().collect()
    }

    /// Counts records of a run that did not lie within it.
    pub(crate) fn misdated(&self, id: RunKey, records: u64) {
        self.table().misdated(id, records);
    }

    /// Releases a run's unused licenses, at `now` on the monotonic clock.
    pub(crate) fn release(&self, id: RunKey, now: i64) {
        self.table().release(id, now);
    }

    /// Until when a run's limits are reserved, on the monotonic clock.
    pub(crate) fn deadline(&self, id: RunKey) -> Option<i64> {
        self.table().allocation.run(id).map(|run| run.deadline)
    }

    /// Sets the number of licenses per product, and the products with out-of-service licenses. Whether anything
    /// changed.
    pub fn license(&self, licensed: &BTreeMap<ProductCode, Licensed>, out_of_service: &[ProductCode]) -> bool {
        self.table().license(licensed, out_of_service)
    }
}

#[cfg(test)]
mod tests;
