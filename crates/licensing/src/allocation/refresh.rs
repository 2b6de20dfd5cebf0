//! The answer to a client that reports what it holds and wants.

use std::collections::BTreeMap;

use super::{Allocation, AllocationEffect, LimitAnswer, RunKey, Share};
use crate::client_protocol::{Shortage, Use};
use crate::product::ProductCode;

impl Allocation {
    pub(super) fn refresh(
        &mut self,
        key: RunKey,
        sequence: u64,
        uses: &BTreeMap<ProductCode, Use>,
        now: i64,
    ) -> AllocationEffect {
        let run = self.runs.entry(key).or_default();
        let fresh = sequence > run.sequence;
        let was_silent = now.saturating_sub(run.seen) > self.times.silent;
        // The answer to a repeated refresh extends the client's cache exactly as the first one did.
        if sequence >= run.sequence {
            run.sequence = sequence;
            run.seen = now;
            run.deadline = now.saturating_add(self.times.counted);
        }
        run.released_until = run.released_until.filter(|until| *until > now);
        let mut effect = AllocationEffect::default();
        if was_silent {
            self.claims_changed(key);
        }
        if fresh {
            if let Some(run) = self.runs.get_mut(&key).filter(|run| run.restored) {
                run.restored = false;
                (effect.store_first, effect.changed) = (true, true);
            }
            // Products it no longer mentions stay counted until it reports them.
            effect.moved = self.quiet(key, |product| !uses.contains_key(product));
        }
        effect.told.reserve(uses.len());
        for (product, said) in uses {
            let told =
                if fresh { self.settle(key, product, said, now, &mut effect) } else { self.repeat(key, product, said) };
            effect.told.push(told);
        }
        effect
    }

    /// The previous answer.
    fn repeat(&self, key: RunKey, product: &ProductCode, said: &Use) -> LimitAnswer {
        let share = self.runs.get(&key).and_then(|run| run.shares.get(product)).copied().unwrap_or_default();
        self.told(key, product, &share, said)
    }

    fn settle(
        &mut self,
        key: RunKey,
        product: &ProductCode,
        said: &Use,
        now: i64,
        effect: &mut AllocationEffect,
    ) -> LimitAnswer {
        let known = self.pools.get(product).is_some_and(|pool| pool.licensed.supply() > 0);
        let Some(run) = self.runs.get_mut(&key) else {
            return LimitAnswer { limit: 0, version: 0, licensed: 0, why: None };
        };
        let held_back = run.released_until.is_some();
        let had = run.shares.get(product).copied();
        if !known && had.is_none() {
            // A product without a license leaves no trace, no matter how many clients request it. An older limit, or
            // one from another server, is void; only a higher version tells it so.
            let version = if said.version > 0 { said.version.saturating_add(1) } else { 0 };
            let share = Share { version, ..Share::default() };
            return self.told(key, product, &share, said);
        }
        let before = had.unwrap_or_default();
        let mut share = before;
        self.asked += u64::from(share.hear(said, self.asked + 1, now));
        self.put(key, product, share);
        self.level(product, now);

        let Some(pool) = self.pools.get(product) else { return self.told(key, product, &share, said) };
        let wanted =
            if held_back || share.over { share.floor() } else { pool.level.share_of(key, &share, pool.licensed) };
        // It may be told what is already counted for it, plus what is free.
        let is_held = pool.over_committed() || self.is_held(now);
        let reachable = if is_held { share.counted } else { share.counted.saturating_add(pool.free()) };
        share.tell(wanted.min(reachable));
        if share.counted > before.counted {
            effect.store_first = true;
        }
        effect.changed |= share.durable() != before.durable();
        let shown = |share: &Share| (share.held, share.need, share.want, share.over);
        effect.moved |= shown(&share) != shown(&before);
        self.put(key, product, share);
        if let Err(broken) = self.check_pool(product) {
            let undone = Share { told: before.told, counted: before.counted, ..share };
            self.put(key, product, undone);
            share = undone;
            effect.broken = Some(broken);
        }
        self.told(key, product, &share, said)
    }

    fn told(&self, key: RunKey, product: &ProductCode, share: &Share, said: &Use) -> LimitAnswer {
        let pool = self.pools.get(product);
        let licensed = pool.map_or(0, |pool| pool.licensed.supply());
        let released = self.runs.get(&key).is_some_and(|run| run.released_until.is_some());
        let why = (share.told < said.want).then(|| match pool {
            _ if share.over => Shortage::OverLimit,
            _ if released => Shortage::Released,
            Some(pool) if pool.licensed.supply() == 0 => pool.none.unwrap_or(Shortage::NotLicensed),
            None => Shortage::NotLicensed,
            Some(_) => Shortage::AllInUse,
        });
        LimitAnswer { limit: share.told, version: share.version, licensed, why }
    }
}
