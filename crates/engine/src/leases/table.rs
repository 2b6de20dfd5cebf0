//! The state of all leases in memory, behind one short lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use licensing::allocation::{
    Allocation, AllocationEffect, AllocationEvent, AllocationViolation, ClientRun, RunKey, Times,
};
use licensing::client_protocol::{ALIVE_MS, Fault, FaultKind, GrantedTime, Hello, Refresh};
use licensing::product::{Licensed, ProductCode};

use super::requests::Requester;
use super::run::{Contest, ProductUse, RunDetails, RunEntry, RunState, StoredRun, place_of};
use super::steady::ReceivedAt;
use super::totals::LeaseTotals;
use super::{Commit, StoredLeases};

/// Maximum runs in memory: far more than a server can serve, but it stops a flood of hellos.
const MOST_RUNS: usize = 200_000;
/// Maximum runs of one address in memory: a network behind one address may have thousands of clients.
const MOST_OF_ADDRESS: usize = 50_000;
/// Maximum runs of one address that have not refreshed so far. A client refreshes at once after its hello, so that this many
/// come in together only where tens of thousands start in the same second; the others are let in with their next try.
const MOST_NEW_OF_ADDRESS: usize = 2_000;
/// How long a run that said hello and never refreshed is kept, milliseconds on the monotonic clock.
const NEVER_REFRESHED: i64 = 120_000;
/// A client of a server that drains has been told so after this time without a refresh that counted, milliseconds: two of them.
const SENT_AWAY: i64 = 4_000;
/// How long a silent run without licenses stays in memory, milliseconds on the monotonic clock.
const IDLE: i64 = 3_600_000;
/// The same while many runs are in memory. They are found in the database when they come back.
const IDLE_IN_A_CROWD: i64 = 120_000;

/// Runs of one address.
#[derive(Debug, Clone, Copy, Default)]
struct RunsOfAddress {
    all: usize,
    /// Those that have not refreshed so far.
    new: usize,
}

#[derive(Debug)]
pub(super) struct LeaseTable {
    pub allocation: Allocation,
    pub entries: HashMap<RunKey, RunEntry>,
    by_run: HashMap<String, RunKey>,
    by_client: HashMap<String, RunKey>,
    by_address: HashMap<IpAddr, RunsOfAddress>,
    /// When this server started, on the monotonic clock.
    started: i64,
    last_id: i64,
    /// Stored runs to be removed.
    gone: BTreeSet<RunKey>,
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
            by_address: HashMap::new(),
            started: now,
            gone: BTreeSet::new(),
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
        self.index(stored.id, &stored.details);
        if self.entries.contains_key(&stored.id) {
            return;
        }
        // Until it was silent for some time since the start, nobody knows that it is not alive.
        let refreshed = (stored.sequence > 0).then_some(self.started);
        // It may be on its way out of the database: who comes back stays there, and what is gone already is stored anew.
        self.gone.remove(&stored.id);
        self.insert(stored.id, RunEntry { new: true, ..RunEntry::of(stored, refreshed, now) });
        if stored.state != RunState::Ended {
            self.allocation.restore(stored.id, stored.sequence, stored.shares.clone(), now);
        }
    }

    fn insert(&mut self, id: RunKey, entry: RunEntry) {
        let runs = self.by_address.entry(entry.place).or_default();
        runs.all += 1;
        runs.new += usize::from(entry.refreshed.is_none());
        self.entries.insert(id, entry);
    }

    /// Whether one more run may come from this address.
    pub fn has_place(&self, address: &str) -> Result<(), Fault> {
        let busy = |why: &str| Err(Fault::new(FaultKind::Unavailable, why));
        if self.entries.len() >= MOST_RUNS {
            return busy("This server has too many clients at the moment. Try again later.");
        }
        let of_address = self.by_address.get(&place_of(address)).copied().unwrap_or_default();
        if of_address.new >= MOST_NEW_OF_ADDRESS {
            return busy(
                "Too many clients at this address have said hello and never refreshed. Try again in a moment.",
            );
        }
        if of_address.all >= MOST_OF_ADDRESS {
            return busy("This server has too many clients at this address. Try again later.");
        }
        Ok(())
    }

    /// Whether a new run may replace the one before. If that is alive, it must prove to be the same application; who does
    /// not is noted.
    pub fn may_replace(&mut self, hello: &Hello, address: &str, wall: i64, now: i64) -> Result<(), Fault> {
        let before = self.by_client.get(&hello.client).and_then(|id| self.entries.get_mut(id));
        let Some(before) = before.filter(|before| before.state == RunState::Open && before.moved_at.is_none()) else {
            return Ok(());
        };
        let is_alive = before.refreshed.is_some_and(|at| now.saturating_sub(at) <= ALIVE_MS);
        if !is_alive || hello.replaces.as_ref() == Some(&before.details.run) {
            return Ok(());
        }
        before.contest = Some(Contest { at_ms: wall, address: address.to_owned() });
        self.version += 1;
        Err(Fault::id_in_use())
    }

    /// Notes that a run refreshed or sent records.
    pub fn heard(&mut self, id: RunKey, now: i64) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if entry.refreshed.replace(now).is_none()
            && let Some(runs) = self.by_address.get_mut(&entry.place)
        {
            runs.new = runs.new.saturating_sub(1);
        }
    }

    /// Counts records of a run that did not lie within it.
    pub fn misdated(&mut self, id: RunKey, records: u64) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        entry.misdated = entry.misdated.saturating_add(records);
        self.counters.insert(id);
        self.version += 1;
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
        self.has_place(&details.address)?;
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
        let mut entry = RunEntry::of(&stored, None, now);
        entry.wait_for = Some(self.next_commit);
        self.insert(id, entry);
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

    /// Adds the usage that a run reports, as far as it can have had it.
    fn count(&mut self, id: RunKey, said: &Refresh, wall: i64, now: i64) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        entry.seen = wall;
        entry.pass(now);
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
        let most_audio = entry.uses.values().map(|used| used.granted.most_audio_ms()).fold(0, u64::saturating_add);
        let audio = said.audio_ms.min(most_audio).saturating_sub(entry.audio_ms);
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
        self.heard(id, now);
        if fresh {
            self.count(id, said, wall, now);
            // A repeated one took longer to arrive, so it doesn't measure clocks.
            if let (Some(now), Some(entry)) = (said.now, self.entries.get_mut(&id)) {
                entry.offset.hear(now, received.0);
            }
        }
        let event = AllocationEvent::Refresh { sequence: said.sequence, uses: &said.products };
        let effect = self.allocation.step(id, event, now);
        if fresh && let Some(entry) = self.entries.get_mut(&id) {
            entry.reserve(self.allocation.run(id));
        }
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
        self.heard(id, now);
        if fresh {
            self.count(id, said, wall, now);
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
        let patience = |entry: &RunEntry| {
            let here = self.by_address.get(&entry.place).map_or(0, |runs| runs.all);
            let is_crowd = self.entries.len() > MOST_RUNS / 2 || here > MOST_OF_ADDRESS / 2;
            if is_crowd { IDLE_IN_A_CROWD } else { IDLE }
        };
        let idle =
            |run: &ClientRun, patience: i64| !run.counts() && run.deadline.max(run.seen).saturating_add(patience) < now;
        let never_refreshed = |entry: &RunEntry, run: Option<&ClientRun>| {
            let last = run.map_or(entry.known_since, |run| run.seen.max(entry.known_since));
            entry.refreshed.is_none() && last.saturating_add(NEVER_REFRESHED) < now
        };
        let gone: Vec<(RunKey, bool)> = self
            .entries
            .iter()
            .filter(|(id, _)| !self.limits.contains(id) && !self.counters.contains(id))
            .filter_map(|(id, entry)| {
                let run = self.allocation.run(*id);
                if never_refreshed(entry, run) {
                    return Some((*id, true));
                }
                let is_gone = match run {
                    Some(run) => idle(run, patience(entry)),
                    None => entry.ended_at.is_none_or(|at| at.saturating_add(patience(entry)) < now),
                };
                is_gone.then_some((*id, false))
            })
            .collect();
        for (id, is_forgotten) in gone {
            self.let_go(id);
            if is_forgotten {
                self.gone.insert(id);
            }
        }
        (silent, self.allocation.check().err())
    }

    fn let_go(&mut self, id: RunKey) {
        self.version += 1;
        self.allocation.forget(id);
        if let Some(entry) = self.entries.remove(&id) {
            if let Some(runs) = self.by_address.get_mut(&entry.place) {
                runs.all = runs.all.saturating_sub(1);
                runs.new = runs.new.saturating_sub(usize::from(entry.refreshed.is_none()));
                if runs.all == 0 {
                    self.by_address.remove(&entry.place);
                }
            }
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

    /// The runs of these clients that don't refresh here any longer, each once.
    fn newly_away(&self, clients: &BTreeSet<String>, now: i64) -> Vec<RunKey> {
        let runs = clients.iter().filter_map(|client| self.by_client.get(client).copied());
        // One that refreshed here a moment ago has not been sent away yet, whatever the other server says.
        let is_away = |id| self.allocation.run(id).is_none_or(|run| now.saturating_sub(run.seen) >= SENT_AWAY);
        let is_new = |id: &RunKey| {
            let entry = self.entries.get(id);
            entry.is_some_and(|entry| entry.state == RunState::Open && entry.moved_at.is_none()) && is_away(*id)
        };
        runs.filter(is_new).collect()
    }

    /// Notes clients that left nothing here and that another server serves now.
    pub fn went_home(&mut self, clients: &BTreeSet<String>, wall: i64, now: i64) {
        let left_nothing = |run: &ClientRun| {
            !run.counts() && run.shares().all(|(_, share)| (share.held, share.need, share.want) == (0, 0, 0))
        };
        let mut gone = self.newly_away(clients, now);
        gone.retain(|id| self.allocation.run(*id).is_none_or(left_nothing));
        for id in gone {
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.moved_at = Some(wall);
                self.version += 1;
            }
        }
    }

    /// Releases the licenses of clients that another server serves now, and returns their runs.
    pub fn moved(&mut self, clients: &BTreeSet<String>, wall: i64, now: i64) -> Vec<RunKey> {
        let moved = self.newly_away(clients, now);
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
        let gone = std::mem::take(&mut self.gone).into_iter().collect();
        (number, Commit { runs, added, gone }, sequences)
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
            uses: entry.uses.iter().map(|(product, used)| (product.clone(), stored_use(used))).collect(),
            audio_ms: entry.audio_ms,
            dropped: entry.dropped,
            misdated: entry.misdated,
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
        self.gone.extend(commit.gone);
    }
}

/// A restart may be long: what is granted by then counts ahead.
fn stored_use(used: &ProductUse) -> ProductUse {
    ProductUse { granted: GrantedTime::stored(used.granted), ..*used }
}
