//! Which client may use how many licenses: a pure state machine with its invariants.
//!
//! The sum of *counted* licenses never exceeds the licensed number. A client is never *told* more than is counted for
//! it, and may never believe more either: a lowered limit stays counted until the client has echoed the lower one, what
//! it uses beyond that until it was returned, and the limit of a silent client until its cache must have been flushed.

mod fair;
mod invariant;
mod refresh;
mod restore;
mod share;

pub use invariant::AllocationViolation;
pub use restore::StoredShare;
pub use share::Share;

use std::collections::BTreeMap;

use litemap::LiteMap;

use crate::client_protocol::{COUNTED_MS, Shortage, Use};
use crate::product::{Licensed, ProductCode};
use fair::FairLevel;

/// Number of a client's run.
pub type RunKey = i64;

/// The rule's times, milliseconds on the server's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Times {
    /// How long a limit is counted after the answer that carried it.
    pub counted: i64,
    /// A client silent for this long returns nothing before its deadline, so the others share without it.
    pub silent: i64,
    /// With many clients and too few licenses, shares are recomputed at most this often.
    pub spread: i64,
    /// How long a client gets no new licenses after an administrator's release.
    pub released: i64,
}

impl Default for Times {
    fn default() -> Self {
        Self { counted: COUNTED_MS as i64, silent: 10_000, spread: 100, released: 60_000 }
    }
}

/// Up to this many clients of a product, shares are recomputed at every change.
const FEW: usize = 64;

/// Everything that decides grants.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Allocation {
    times: Times,
    runs: BTreeMap<RunKey, ClientRun>,
    pools: BTreeMap<ProductCode, Pool>,
    /// Order in which clients began to wait and took licenses: who has waited longest comes first.
    asked: u64,
    /// Until when nobody gets more than is counted for it.
    held_until: i64,
}

/// One run of a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ClientRun {
    /// The last refresh applied.
    pub sequence: u64,
    /// Until when its limits are counted, on the server's monotonic clock.
    pub deadline: i64,
    /// Its last contact.
    pub seen: i64,
    /// Until when it gets no new licenses.
    pub released_until: Option<i64>,
    /// Its limits were stored before a restart: new versions are stored before it is told them, so that no later start
    /// reuses one for another limit.
    pub restored: bool,
    shares: LiteMap<ProductCode, Share>,
}

impl ClientRun {
    /// Its share of each product.
    pub fn shares(&self) -> impl Iterator<Item = (&ProductCode, &Share)> {
        self.shares.iter()
    }

    /// Its share of a product.
    #[must_use]
    pub fn share(&self, product: &ProductCode) -> Option<&Share> {
        self.shares.get(product)
    }

    /// Whether anything is counted for it.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.shares.values().any(|share| share.counted > 0)
    }
}

/// The licenses of one product.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Pool {
    /// Number licensed.
    pub licensed: Licensed,
    /// Why there are none.
    pub none: Option<Shortage>,
    /// The sum counted for all clients.
    pub counted: u64,
    /// The maximum of that sum: the licensed number, or the sum when that number fell.
    pub ceiling: u64,
    /// The sum of the larger of each client's request and count: while it fits, nobody is short.
    load: u64,
    level: FairLevel,
}

impl Pool {
    /// Licenses not counted for any client.
    #[must_use]
    pub fn free(&self) -> u32 {
        u32::try_from(u64::from(self.licensed.supply()).saturating_sub(self.counted)).unwrap_or(u32::MAX)
    }

    /// More is counted than licensed, because the licensed number fell.
    #[must_use]
    pub fn over_committed(&self) -> bool {
        self.counted > u64::from(self.licensed.supply())
    }
}

/// What happens.
#[derive(Debug, Clone, Copy)]
pub enum AllocationEvent<'a> {
    /// A client introduces itself.
    Hello,
    /// A client reports what it holds and wants. `uses` is sorted by product.
    Refresh {
        /// Its number.
        sequence: u64,
        /// By product.
        uses: &'a BTreeMap<ProductCode, Use>,
    },
    /// A client disconnects and holds nothing.
    Goodbye,
    /// A later run replaces it: it gets no more answers, and its licenses are counted until its deadline.
    Superseded,
    /// An administrator releases its unused licenses.
    Release,
    /// Another server serves it now: the grants of that one have replaced what this one granted.
    Moved,
}

/// The answer to a client about one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitAnswer {
    /// Its limit.
    pub limit: u32,
    /// The version of that limit.
    pub version: u64,
    /// Licensed.
    pub licensed: u32,
    /// Why it is less than requested.
    pub why: Option<Shortage>,
}

/// The result of an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllocationEffect {
    /// For each product of the refresh, in order.
    pub told: Vec<LimitAnswer>,
    /// More is counted than before, which must be stored before anyone is told.
    pub store_first: bool,
    /// Anything that must survive a restart has changed.
    pub changed: bool,
    /// It uses or requests a different number than before.
    pub moved: bool,
    /// The event would have broken an invariant and was not applied.
    pub broken: Option<AllocationViolation>,
}

impl Allocation {
    /// Nothing licensed, no clients.
    #[must_use]
    pub fn new(times: Times) -> Self {
        Self { times, ..Self::default() }
    }

    /// After a start from older data, or none: clients may hold what is not known here, so nobody gets more than is counted for it until their
    /// caches must have been flushed.
    pub fn hold(&mut self, now: i64) {
        self.held_until = now.saturating_add(self.times.counted);
    }

    /// Whether that is so now.
    #[must_use]
    pub fn is_held(&self, now: i64) -> bool {
        now < self.held_until
    }

    /// Applies a client's event at `now`, on the server's monotonic clock, and returns the result.
    pub fn step(&mut self, key: RunKey, event: AllocationEvent<'_>, now: i64) -> AllocationEffect {
        match event {
            AllocationEvent::Hello => {
                let run = self.runs.entry(key).or_default();
                run.seen = now;
                AllocationEffect::default()
            }
            AllocationEvent::Refresh { sequence, uses } => self.refresh(key, sequence, uses, now),
            AllocationEvent::Goodbye => self.ended(key),
            AllocationEvent::Superseded => {
                self.quiet(key, |_| true);
                AllocationEffect::default()
            }
            AllocationEvent::Release => {
                if let Some(run) = self.runs.get_mut(&key) {
                    run.released_until = Some(now.saturating_add(self.times.released));
                }
                self.claims_changed(key);
                AllocationEffect { changed: true, ..AllocationEffect::default() }
            }
            AllocationEvent::Moved => {
                let changed = self.runs.get(&key).is_some_and(ClientRun::counts);
                self.lapse(key, now);
                AllocationEffect { changed, moved: true, ..AllocationEffect::default() }
            }
        }
    }

    /// It says that nothing is in use, so its licenses are free at once.
    fn ended(&mut self, key: RunKey) -> AllocationEffect {
        let changed = self.runs.get(&key).is_some_and(ClientRun::counts);
        self.forget(key);
        AllocationEffect { changed, ..AllocationEffect::default() }
    }

    /// Releases licenses of silent clients once their caches must have been flushed; returns those clients.
    pub fn expire(&mut self, now: i64) -> Vec<RunKey> {
        let claims =
            |run: &ClientRun| run.counts() || run.shares.values().any(|share| share.want > 0 || share.need > 0);
        let silent: Vec<RunKey> =
            self.runs.iter().filter(|(_, run)| run.deadline <= now && claims(run)).map(|(key, _)| *key).collect();
        for key in &silent {
            self.lapse(*key, now);
        }
        silent
    }

    fn lapse(&mut self, key: RunKey, now: i64) {
        // While a refresh may still arrive.
        let until = now.saturating_add(self.times.silent);
        let Some(run) = self.runs.get_mut(&key) else { return };
        let lapsed: Vec<(ProductCode, Share)> =
            run.shares.iter().map(|(p, share)| (p.clone(), share.lapsed(until))).collect();
        for (product, share) in lapsed {
            self.put(key, &product, share);
        }
    }

    /// Forgets a run and frees its counted licenses. Only for runs whose caches are flushed.
    pub fn forget(&mut self, key: RunKey) {
        let products: Vec<ProductCode> =
            self.runs.get(&key).map(|run| run.shares.keys().cloned().collect()).unwrap_or_default();
        for product in products {
            self.put(key, &product, Share::default());
        }
        self.runs.remove(&key);
    }

    /// Sets the number of licenses per product. Licenses in use stay in use.
    pub fn license(
        &mut self,
        licensed: &BTreeMap<ProductCode, impl Into<Licensed> + Copy>,
        out_of_service: &[ProductCode],
    ) {
        for product in licensed.keys().chain(out_of_service) {
            self.pools.entry(product.clone()).or_default();
        }
        for (product, pool) in &mut self.pools {
            pool.licensed = licensed.get(product).map_or_else(Licensed::default, |number| (*number).into());
            pool.none = out_of_service.contains(product).then_some(Shortage::OutOfService);
            pool.ceiling = pool.counted.max(u64::from(pool.licensed.supply()));
            pool.level = FairLevel::default();
        }
        self.pools
            .retain(|_, pool| pool.licensed.supply() > 0 || pool.counted > 0 || pool.load > 0 || pool.none.is_some());
    }

    /// The run, if known.
    #[must_use]
    pub fn run(&self, key: RunKey) -> Option<&ClientRun> {
        self.runs.get(&key)
    }

    /// All runs.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = (RunKey, &ClientRun)> {
        self.runs.iter().map(|(key, run)| (*key, run))
    }

    /// All products that are licensed or in use.
    pub fn pools(&self) -> impl Iterator<Item = (&ProductCode, &Pool)> {
        self.pools.iter()
    }

    /// Whether the run claims a share of its products may have changed.
    fn claims_changed(&mut self, key: RunKey) {
        let Some(run) = self.runs.get(&key) else { return };
        for product in run.shares.keys() {
            if let Some(pool) = self.pools.get_mut(product) {
                pool.level.stale = true;
            }
        }
    }

    /// Clears the run's use and requests of these products. Returns whether it had any.
    fn quiet(&mut self, key: RunKey, of: impl Fn(&ProductCode) -> bool) -> bool {
        let Some(run) = self.runs.get(&key) else { return false };
        let quiet = |(product, share): (&ProductCode, &Share)| {
            let changed = *share != share.quiet() && of(product);
            changed.then(|| (product.clone(), share.quiet()))
        };
        let changed: Vec<(ProductCode, Share)> = run.shares.iter().filter_map(quiet).collect();
        let any = !changed.is_empty();
        for (product, share) in changed {
            self.put(key, &product, share);
        }
        any
    }

    /// Replaces a share and updates the sums.
    fn put(&mut self, key: RunKey, product: &ProductCode, share: Share) {
        let Some(run) = self.runs.get_mut(&key) else { return };
        let before = match run.shares.get_mut(product) {
            Some(place) => std::mem::replace(place, share),
            None => {
                run.shares.insert(product.clone(), share);
                Share::default()
            }
        };
        if share == Share::default() {
            run.shares.remove(product);
        }
        let pool = self.pools.entry(product.clone()).or_default();
        pool.counted = pool.counted - u64::from(before.counted) + u64::from(share.counted);
        pool.load = pool.load - before.load() + share.load();
        // Once the sum fits again, it must keep fitting.
        pool.ceiling = pool.ceiling.min(pool.counted.max(u64::from(pool.licensed.supply())));
        let claim = |share: &Share| {
            (share.floor(), share.need, share.want, share.counted, share.over, share.asked, share.served)
        };
        if claim(&before) != claim(&share) {
            pool.level.stale = true;
        }
    }
}

#[cfg(test)]
mod tests;
