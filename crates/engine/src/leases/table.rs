//! The state of all leases in memory, behind one short lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use licensing::allocation::{
    Allocation, AllocationEffect, AllocationEvent, AllocationViolation, ClientRun, RunKey, Times,
};
use licensing::client_protocol::{Fault, FaultKind, Hello, Refresh};
use licensing::product::{Licensed, ProductCode};

use super::requests::Requester;
use super::run::{RunDetails, RunEntry, RunState, StoredRun};
use super::steady::ReceivedAt;
use super::totals::LeaseTotals;
use super::{Commit, StoredLeases};

/// Maximum runs in memory: far more than a server can serve, but it stops a flood of hellos.
const MOST_RUNS: usize = 200_000;
/// A client of a server that drains has been told so after this time without a refresh that counted, milliseconds: two of them.
const SENT_AWAY: i64 = 4_000;
/// How long a silent run without licenses stays in memory, milliseconds on the monotonic clock.
const IDLE: i64 = 3_600_000;

#[derive(Debug)]
pub(super) struct LeaseTable {
    pub allocation: Allocation,
    pub entries: HashMap<RunKey, RunEntry>,
    by_run: HashMap<String, RunKey>,
    by_client: HashMap<String, RunKey>,
    last_id: i64,
    /// Totals of a failed commit, added to the next one with the same runs.
    carried: LeaseTotals,
    /// Runs with changed limits: stored with the next commit.
    limits: BTreeSet<RunKey>,
    /// Runs with only counters changed: stored once a second.
    counters: BTreeSet<RunKey>,
    /// The number of the commit that will include current changes.
    pub next_commit: u64,
    licensed: BTreeMap<ProductCode, Licensed>,
    out_of_service: Vec<ProductCode>,
    /// Grows with visible changes of clients; not with a refresh that repeats the last one.
    pub version: u64,
}

impl LeaseTable {
    pub fn restored(loaded: StoredLeases, times: Times, now: i64) -> Self {
        let mut table = Self {
            allocation: Allocation::new(times),
            entries: HashMap::new(),
            by_run: HashMap::new(),
            by_client: HashMap::new(),
            last_id: loaded.last_id,
            carried: LeaseTotals::default(),
            limits: BTreeSet::new(),
            counters: BTreeSet::new(),
            next_commit: 1,
            version: 0,
            licensed: BTreeMap::new(),
            out_of_service: Vec::new(),
        };
        for run in &loaded.runs {
            table.adopt(run, now);
        }
        table
    }

    /// Takes a stored run into memory.
    pub fn adopt(&mut self, stored: &StoredRun, now: i64) {
        if self.entries.contains_key(&stored.id) {
            return;
        }
        self.index(stored.id, &stored.details);
        self.entries.insert(stored.id, RunEntry::of(stored));
        if stored.state != RunState::Ended {
            self.allocation.restore(stored.id, stored.sequence, stored.shares.clone(), now);
        }
    }

    fn index(&mut self, id: RunKey, details: &RunDetails) {
        self.by_run.insert(details.run.clone(), id);
        let latest = self.by_client.get(&details.client).and_then(|key| self.entries.get(key));
        if latest.is_none_or(|latest| latest.details.epoch < details.epoch) {
            self.by_client.insert(details.client.clone(), id);
        }
    }

    /// Sets the pools. Returns whether they changed.
    pub fn license(&mut self, licensed: &BTreeMap<ProductCode, Licensed>, out_of_service: &[ProductCode]) -> bool {
        if self.licensed == *licensed && self.out_of_service == out_of_service {
            return false;
        }
        self.allocation.license(licensed, out_of_service);
        self.licensed.clone_from(licensed);
        self.out_of_service = out_of_service.to_vec();
        self.version += 1;
        true
    }

    /// The run of a secret.
    pub fn find(&self, run: &str) -> Option<RunKey> {
        self.by_run.get(run).copied()
    }

    /// Whether an earlier run of the client is in memory.
    pub fn knows_client(&self, client: &str) -> bool {
        self.by_client.contains_key(client)
    }

    /// The highest epoch of a client in memory.
    pub fn epoch_of(&self, client: &str) -> u64 {
        self.by_client.get(client).and_then(|key| self.entries.get(key)).map_or(0, |entry| entry.details.epoch)
    }

    /// A new run; the one before is superseded.
    pub fn begin(&mut self, details: RunDetails, wall: i64, now: i64) -> Result<RunKey, Fault> {
        if self.entries.len() >= MOST_RUNS {
            return Err(Fault::new(
                FaultKind::Unavailable,
                "This server has too many clients at the moment. Try again later.",
            ));
        }
        if let Some(before) = self.by_client.get(&details.client).copied() {
            self.allocation.step(before, AllocationEvent::Superseded, now);
            if let Some(entry) = self.entries.get_mut(&before).filter(|entry| entry.state == RunState::Open) {
                entry.state = RunState::Superseded;
                self.limits.insert(before);
            }
        }
        self.last_id += 1;
        let id = self.last_id;
        self.index(id, &details);
        let stored = StoredRun::begun(id, details, wall);
        let mut entry = RunEntry::of(&stored);
        entry.wait_for = Some(self.next_commit);
        self.entries.insert(id, entry);
        self.allocation.step(id, AllocationEvent::Hello, now);
        self.limits.insert(id);
        self.version += 1;
        Ok(id)
    }

    /// A repeated hello of the same run.
    pub fn repeat_hello(&mut self, id: RunKey, hello: &Hello, requester: Requester<'_>, wall: i64, now: i64) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        entry.seen = wall;
        let details = &entry.details;
        let ve = requester.ve.map(str::to_owned).or_else(|| details.ve.clone());
        if *details.name != *hello.name.trim()
            || details.host != hello.host
            || details.address != requester.address
            || details.ve != ve
        {
            entry.details = Arc::new(RunDetails {
                name: hello.name.trim().into(),
                host: hello.host.clone(),
                software: hello.software.clone(),
                address: requester.address.to_owned(),
                ve,
                ..RunDetails::clone(details)
            });
            entry.renamed = true;
            self.counters.insert(id);
            self.version += 1;
        }
        self.allocation.step(id, AllocationEvent::Hello, now);
    }

    /// The run of a request, if it may act.
    pub fn speaker(&self, client: &str, run: &str, epoch: u64) -> Result<Option<RunKey>, Fault> {
        let Some(id) = self.find(run) else { return Ok(None) };
        let Some(entry) = self.entries.get(&id).filter(|entry| entry.details.client == client) else { return Ok(None) };
        match entry.state {
            RunState::Superseded => Err(Fault::superseded()),
            RunState::Ended => Err(Fault::unknown_client()),
            RunState::Open if entry.details.epoch != epoch => Err(Fault::unknown_client()),
            RunState::Open => Ok(Some(id)),
        }
    }

    /// Adds the usage that a run reports.
    fn count(&mut self, id: RunKey, said: &Refresh, wall: i64) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        entry.seen = wall;
        entry.moved_at = None;
        for (product, used) in &said.products {
            let nothing = used.usage_count == 0 && used.usage_ms == 0 && used.denied == 0;
            let counters = match entry.uses.get_mut(product) {
                Some(counters) => counters,
                None if nothing => continue,
                None => entry.uses.entry(product.clone()).or_default(),
            };
            let added = counters.raise(used);
            self.version += u64::from(added.count > 0 || added.denied > 0);
            if !added.is_empty() {
                entry.added.entry(product.clone()).or_default().add(added);
            }
        }
        let audio = said.audio_ms.saturating_sub(entry.audio_ms);
        entry.audio_ms += audio;
        entry.added_audio += audio;
        entry.dropped = entry.dropped.max(said.dropped);
        self.counters.insert(id);
    }

    /// Applies a refresh. Returns the answer, and the commit it must wait for.
    pub fn refresh(
        &mut self,
        id: RunKey,
        said: &Refresh,
        received: ReceivedAt,
        wall: i64,
        now: i64,
    ) -> (AllocationEffect, Option<u64>) {
        let fresh = self.allocation.run(id).is_none_or(|run| said.sequence > run.sequence);
        if fresh {
            self.count(id, said, wall);
            // A repeated one took longer to arrive, so it doesn't measure clocks.
            if let (Some(now), Some(entry)) = (said.now, self.entries.get_mut(&id)) {
                entry.offset.hear(now, received.0);
            }
        }
        let event = AllocationEvent::Refresh { sequence: said.sequence, uses: &said.products };
        let effect = self.allocation.step(id, event, now);
        self.note(id, &effect);
        let wait_for = self.entries.get(&id).and_then(|entry| entry.wait_for);
        (effect, wait_for)
    }

    fn note(&mut self, id: RunKey, effect: &AllocationEffect) {
        if effect.changed {
            self.limits.insert(id);
        }
        self.version += u64::from(effect.changed || effect.moved);
        if effect.store_first
            && let Some(entry) = self.entries.get_mut(&id)
        {
            entry.wait_for = Some(self.next_commit);
        }
    }

    /// Applies a goodbye. Returns the commit to wait for.
    pub fn goodbye(&mut self, id: RunKey, said: &Refresh, wall: i64, now: i64) -> u64 {
        let fresh = self.allocation.run(id).is_none_or(|run| said.sequence > run.sequence);
        if fresh {
            self.count(id, said, wall);
        }
        self.allocation.step(id, AllocationEvent::Goodbye, now);
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.state = RunState::Ended;
            entry.ended_at = Some(now);
            entry.saved = entry.saved.max(said.sequence);
        }
        self.limits.insert(id);
        self.version += 1;
        self.next_commit
    }

    /// Releases licenses of silent clients and drops runs that are long gone. Returns the newly silent ones.
    pub fn tick(&mut self, now: i64) -> (Vec<RunKey>, Option<AllocationViolation>) {
        let silent = self.allocation.expire(now);
        self.limits.extend(&silent);
        self.version += u64::from(!silent.is_empty());
        let idle = |run: &ClientRun| !run.counts() && run.deadline.max(run.seen).saturating_add(IDLE) < now;
        let gone: Vec<RunKey> = self
            .entries
            .iter()
            .filter(|(id, entry)| match self.allocation.run(**id) {
                Some(run) => idle(run),
                None => entry.ended_at.is_none_or(|at| at.saturating_add(IDLE) < now),
            })
            .filter(|(id, _)| !self.limits.contains(id) && !self.counters.contains(id))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.let_go(id);
        }
        (silent, self.allocation.check().err())
    }

    fn let_go(&mut self, id: RunKey) {
        self.version += 1;
        self.allocation.forget(id);
        if let Some(entry) = self.entries.remove(&id) {
            self.by_run.remove(&entry.details.run);
            if self.by_client.get(&entry.details.client) == Some(&id) {
                self.by_client.remove(&entry.details.client);
            }
        }
    }

    /// Releases a run's unused licenses.
    pub fn release(&mut self, id: RunKey, now: i64) {
        let effect = self.allocation.step(id, AllocationEvent::Release, now);
        self.note(id, &effect);
    }

    /// Releases the licenses of clients that another server serves now, and returns their runs.
    pub fn moved(&mut self, clients: &BTreeSet<String>, wall: i64, now: i64) -> Vec<RunKey> {
        let runs = clients.iter().filter_map(|client| self.by_client.get(client).copied());
        // One that refreshed here a moment ago has not been sent away yet, whatever the other server says.
        let is_away = |id| self.allocation.run(id).is_none_or(|run| now.saturating_sub(run.seen) >= SENT_AWAY);
        let is_new = |id: &RunKey| {
            let entry = self.entries.get(id);
            entry.is_some_and(|entry| entry.state == RunState::Open && entry.moved_at.is_none()) && is_away(*id)
        };
        let moved: Vec<RunKey> = runs.filter(is_new).collect();
        for id in &moved {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.moved_at = Some(wall);
            }
            let effect = self.allocation.step(*id, AllocationEvent::Moved, now);
            self.note(*id, &effect);
        }
        moved
    }

    /// Everything to store: limits always, counters if `all`.
    pub fn take_unstored(&mut self, all: bool) -> (u64, Commit, BTreeMap<RunKey, u64>) {
        let number = self.next_commit;
        self.next_commit += 1;
        let mut keys = std::mem::take(&mut self.limits);
        if all {
            keys.append(&mut self.counters);
        } else {
            // Its counters are stored along with its limits.
            self.counters.retain(|id| !keys.contains(id));
        }
        let mut added = std::mem::take(&mut self.carried);
        let runs: Vec<StoredRun> = keys.iter().filter_map(|id| self.snapshot(*id, &mut added)).collect();
        let sequences = runs.iter().map(|run| (run.id, run.sequence)).collect();
        (number, Commit { runs, added }, sequences)
    }

    fn snapshot(&mut self, id: RunKey, added: &mut LeaseTotals) -> Option<StoredRun> {
        let entry = self.entries.get_mut(&id)?;
        added.take_from(entry);
        let run = self.allocation.run(id);
        Some(StoredRun {
            id,
            details: entry.details.clone(),
            seen: entry.seen,
            sequence: run.map_or(entry.saved, |run| run.sequence),
            shares: run.map(ClientRun::stored_shares).unwrap_or_default(),
            uses: entry.uses.clone(),
            audio_ms: entry.audio_ms,
            dropped: entry.dropped,
            state: entry.state,
            new: entry.new,
            renamed: std::mem::take(&mut entry.renamed),
        })
    }

    /// Marks a commit as stored.
    pub fn stored(&mut self, number: u64, sequences: &BTreeMap<RunKey, u64>) {
        for (id, sequence) in sequences {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.saved = entry.saved.max(*sequence);
                entry.new = false;
                if entry.wait_for.is_some_and(|wait| wait <= number) {
                    entry.wait_for = None;
                }
            }
        }
    }

    /// Returns a failed commit's changes to the queue.
    pub fn not_stored(&mut self, commit: Commit) {
        for run in &commit.runs {
            self.limits.insert(run.id);
            if let Some(entry) = self.entries.get_mut(&run.id) {
                entry.renamed |= run.renamed;
                if entry.wait_for.is_some() {
                    entry.wait_for = Some(self.next_commit);
                }
            }
        }
        self.carried = commit.added;
    }
}
