//! Sharing when more is requested than licensed: max-min fair in whole licenses, never below what is in use; ties by
//! who asked first.

use std::collections::BTreeSet;

use super::{Allocation, FEW, RunKey, Share};
use crate::product::ProductCode;

/// The maximum share of each client of a product.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FairLevel {
    /// Everyone gets its request up to this level.
    height: u32,
    /// These get one more.
    more: BTreeSet<RunKey>,
    /// Something has changed since it was computed.
    pub stale: bool,
    /// When it was computed; `None` while everything fits.
    at: Option<i64>,
    /// Until when the claims stay the same: a client becomes silent, or may get licenses again after a release.
    until: i64,
}

impl Default for FairLevel {
    fn default() -> Self {
        Self { height: u32::MAX, more: BTreeSet::new(), stale: true, at: None, until: i64::MAX }
    }
}

impl FairLevel {
    /// A client's fair share.
    pub fn share_of(&self, key: RunKey, share: &Share, licensed: u32) -> u32 {
        let height = self.height.saturating_add(u32::from(self.more.contains(&key)));
        share.demand(licensed).min(height.max(share.floor()))
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
                let demand = share.demand(licensed);
                claims.push(Claim { key: *key, floor: share.floor(), demand, told: share.told, asked: share.asked });
                until = until.min(run.seen.saturating_add(self.times.silent).saturating_add(1));
            }
        }
        let level = share_out(&mut claims, u64::from(licensed).saturating_sub(silent), licensed);
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
    demand: u32,
    told: u32,
    asked: u64,
}

impl Claim {
    fn at(&self, height: u32) -> u64 {
        u64::from(self.demand.min(height.max(self.floor)))
    }
}

/// The highest level at which all claims fit into `supply`, and who gets one of the rest.
fn share_out(claims: &mut [Claim], supply: u64, licensed: u32) -> FairLevel {
    let needed = |height: u32| claims.iter().map(|claim| claim.at(height)).sum::<u64>();
    if needed(licensed) <= supply {
        return FairLevel { stale: false, ..FairLevel::default() };
    }
    let (mut fits, mut too_high) = (0, licensed);
    while too_high - fits > 1 {
        let middle = fits + (too_high - fits) / 2;
        if needed(middle) <= supply { fits = middle } else { too_high = middle }
    }
    let left = supply.saturating_sub(needed(fits));
    // Those that have one more keep it; then first come, first served.
    claims.sort_by_key(|claim| (claim.told <= fits, claim.asked == 0, claim.asked, claim.key));
    let next = claims.iter().filter(|claim| claim.demand > fits && claim.floor <= fits);
    let more = next.take(usize::try_from(left).unwrap_or(usize::MAX)).map(|claim| claim.key).collect();
    FairLevel { height: fits, more, stale: false, ..FairLevel::default() }
}
