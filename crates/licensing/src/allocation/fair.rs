//! Sharing when more is requested than licensed: needs first, then spares, each max-min fair in whole licenses.
//!
//! What is in use is never revoked, but a limit may lie below it: what is returned then is not taken again and goes to
//! who waits. Ties: who has waited longest; who was served last goes to the end.

use std::collections::BTreeSet;

use super::{Allocation, FEW, RunKey, Share};
use crate::product::{Licensed, ProductCode};

/// Everyone gets its claim up to a height, and some get one more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Level {
    height: u32,
    more: BTreeSet<RunKey>,
}

impl Level {
    /// Everyone gets all it claims.
    const ALL: Level = Level { height: u32::MAX, more: BTreeSet::new() };
    /// Nobody gets anything.
    const NONE: Level = Level { height: 0, more: BTreeSet::new() };

    fn of(&self, key: RunKey) -> u32 {
        self.height.saturating_add(u32::from(self.more.contains(&key)))
    }
}

/// The maximum share of each client of a product.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FairLevel {
    /// Of needs, beside what is in use.
    now: Level,
    /// Of needs, once everything above this was returned.
    due: Level,
    /// Of spares.
    spare: Level,
    /// These have more in use than others get, and took a license since one of those others began to wait.
    yielding: BTreeSet<RunKey>,
    /// Something has changed since it was computed.
    pub stale: bool,
    /// When it was computed; `None` while everything fits.
    at: Option<i64>,
    /// Until when the claims stay the same: a client becomes silent, or may get licenses again after a release.
    until: i64,
}

impl Default for FairLevel {
    fn default() -> Self {
        Self {
            now: Level::ALL,
            due: Level::ALL,
            spare: Level::ALL,
            yielding: BTreeSet::new(),
            stale: true,
            at: None,
            until: i64::MAX,
        }
    }
}

impl FairLevel {
    /// A client's fair share.
    pub fn share_of(&self, key: RunKey, share: &Share, licensed: Licensed) -> u32 {
        let (need, floor) = (share.need(licensed.supply()), share.floor());
        let level = self.now.of(key);
        let mut limit = need.min(level.max(floor));
        if !licensed.is_kept() {
            limit = limit.min(self.due.of(key));
            if floor > level && self.yielding.contains(&key) {
                limit = limit.min(level.max(floor - 1));
            }
        }
        limit.saturating_add(share.spare(licensed.supply()).min(self.spare.of(key)))
    }
}

impl Allocation {
    /// Recomputes the shares of a product's clients, if due.
    pub(super) fn level(&mut self, product: &ProductCode, now: i64) {
        let Some(pool) = self.pools.get_mut(product) else { return };
        if pool.load <= u64::from(pool.licensed.supply()) {
            pool.level = FairLevel { stale: false, ..FairLevel::default() };
            return;
        }
        let recent = pool.level.at.is_some_and(|at| now.saturating_sub(at) < self.times.spread);
        let stale = pool.level.stale || now >= pool.level.until;
        if !stale || (recent && self.runs.len() > FEW) {
            return;
        }
        let licensed = pool.licensed.supply();
        let mut silent: u64 = 0;
        let mut until = i64::MAX;
        let mut claims: Vec<Claim> = Vec::new();
        for (key, run) in &self.runs {
            let Some(share) = run.shares.get(product) else { continue };
            if now.saturating_sub(run.seen) > self.times.silent {
                silent += u64::from(share.counted);
            } else if run.released_until.is_some() || share.over {
                silent += u64::from(share.floor());
                until = until.min(run.released_until.unwrap_or(i64::MAX));
            } else {
                claims.push(Claim::of(*key, share, licensed));
                until = until.min(run.seen.saturating_add(self.times.silent).saturating_add(1));
            }
        }
        let level = share_out(&claims, u64::from(licensed).saturating_sub(silent), licensed);
        if let Some(pool) = self.pools.get_mut(product) {
            pool.level = FairLevel { at: Some(now), stale: false, until, ..level };
        }
    }
}

/// One client's claim on a short product.
#[derive(Debug, Clone, Copy)]
struct Claim {
    key: RunKey,
    floor: u32,
    need: u32,
    spare: u32,
    /// Its place among those who wait.
    place: u64,
    served: u64,
}

impl Claim {
    fn of(key: RunKey, share: &Share, licensed: u32) -> Claim {
        let (need, spare) = (share.need(licensed), share.spare(licensed));
        let place = if share.asked == 0 { u64::MAX } else { share.asked };
        Claim { key, floor: share.floor(), need, spare, place, served: share.served }
    }
}

/// Shares `supply` among the claims.
fn share_out(claims: &[Claim], supply: u64, licensed: u32) -> FairLevel {
    let needed: u64 = claims.iter().map(|claim| u64::from(claim.need)).sum();
    if needed <= supply {
        // Who used the product last may need its spare first.
        let latest = |claim: &Claim, _| (false, u64::MAX - claim.served);
        let spare = level(claims, supply - needed, licensed, |claim| (0, claim.spare), latest);
        return FairLevel { spare, ..FairLevel::default() };
    }
    let now = level(claims, supply, licensed, |claim| (claim.floor, claim.need), |claim, _| (false, claim.place));
    // Who has its license already is behind those who wait; of those, whoever has had it longest gives it up.
    let waits_longest = |claim: &Claim, height: u32| {
        let holds = claim.floor > height;
        (holds, if holds { u64::MAX - claim.served } else { claim.place })
    };
    let due = level(claims, supply, licensed, |claim| (0, claim.need), waits_longest);
    let is_owed = |claim: &&Claim| claim.need.min(due.of(claim.key)) > now.of(claim.key).max(claim.floor);
    let first = claims.iter().filter(is_owed).map(|claim| claim.place).min().unwrap_or(u64::MAX);
    let yields = |claim: &&Claim| claim.floor > now.of(claim.key) && claim.served > first;
    let yielding = claims.iter().filter(yields).map(|claim| claim.key).collect();
    FairLevel { now, due, spare: Level::NONE, yielding, ..FairLevel::default() }
}

/// The highest level at which all claims fit into `supply`, and who gets one of the rest: the first in `order`.
///
/// `claimed` is the least and the most of a claim.
fn level(
    claims: &[Claim],
    supply: u64,
    licensed: u32,
    claimed: impl Fn(&Claim) -> (u32, u32),
    order: impl Fn(&Claim, u32) -> (bool, u64),
) -> Level {
    let at = |claim: &Claim, height: u32| {
        let (least, most) = claimed(claim);
        u64::from(most.min(height.max(least)))
    };
    let needed = |height: u32| claims.iter().map(|claim| at(claim, height)).sum::<u64>();
    if needed(licensed) <= supply {
        return Level::ALL;
    }
    let (mut fits, mut too_high) = (0, licensed);
    while too_high - fits > 1 {
        let middle = fits + (too_high - fits) / 2;
        if needed(middle) <= supply { fits = middle } else { too_high = middle }
    }
    let left = usize::try_from(supply.saturating_sub(needed(fits))).unwrap_or(usize::MAX);
    let gets_more = |claim: &&Claim| {
        let (least, most) = claimed(claim);
        most > fits && least <= fits
    };
    let mut next: Vec<&Claim> = claims.iter().filter(gets_more).collect();
    next.sort_by_key(|claim| (order(claim, fits), claim.key));
    Level { height: fits, more: next.into_iter().take(left).map(|claim| claim.key).collect() }
}
