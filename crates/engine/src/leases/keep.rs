//! What happens by itself: counters are stored once a second, silent clients lose what they had, licenses come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use licensing::allocation::Key;
use licensing::bundle::{Kind, Standing};
use licensing::product::ProductCode;

use super::Leases;
use crate::Engine;

/// How often counters are stored.
pub const FLUSH: Duration = Duration::from_secs(1);
/// How often records that are older than they are kept are removed, minutes: at the start, and once a day.
const PURGE_EVERY: u64 = 24 * 60;
/// A metered license sets no limit to how many are in use at once; this many is more than any client asks for.
pub(super) const METERED: u32 = 1_000_000;

impl Leases {
    /// Ends what silent clients had; who they are.
    pub fn tick(&self) -> Vec<Key> {
        let (silent, broken) = self.desk().tick(self.clock.mono_ms());
        if let Some(broken) = broken {
            metrics::counter!("leasehold_broken_invariants_total").increment(1);
            tracing::error!(%broken, "the leases are not as they must be");
        }
        silent
    }

    /// Stores what must be stored, for ever.
    pub async fn keep(&self) {
        let mut second = tokio::time::interval(FLUSH);
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let all = tokio::select! {
                biased;
                () = self.urgent.notified() => false,
                _ = second.tick() => true,
            };
            // What failed is logged, and tried again with the next second.
            let _ = self.commit(all).await;
        }
    }
}

impl Engine {
    /// How many licenses are in service by product, and products of which there are only some out of service.
    fn licensed_products(&self) -> (BTreeMap<ProductCode, u32>, Vec<ProductCode>) {
        let mut licensed: BTreeMap<ProductCode, u32> = BTreeMap::new();
        let mut out = BTreeSet::new();
        for item in self.standings().map(|all| all.items).unwrap_or_default() {
            let license = item.license;
            if item.verdict.standing != Standing::Active {
                out.insert(license.product.clone());
                continue;
            }
            let count =
                if license.kind == Kind::Metered { METERED } else { u32::try_from(license.count).unwrap_or(u32::MAX) };
            let total = licensed.entry(license.product.clone()).or_default();
            *total = total.saturating_add(count);
        }
        let (pools, in_force) = self.ve_pools();
        if in_force {
            licensed.extend(pools);
        } else {
            out.extend(pools.into_keys());
        }
        let out = out.into_iter().filter(|product| !licensed.contains_key(product)).collect();
        (licensed, out)
    }

    /// Brings the leases in step with the licenses in force.
    pub async fn settle_leases(&self) {
        let (licensed, out) = self.licensed_products();
        if self.leases.license(&licensed, &out) {
            // A metered product has no number that use could be measured against.
            let counted = licensed.iter().filter(|(_, count)| **count < METERED);
            let known = counted.map(|(product, count)| (product.to_string(), u64::from(*count))).collect::<Vec<_>>();
            if let Err(error) = self.usage.licensed(self.now_ms(), self.context(), &known).await {
                tracing::error!(%error, "how many licenses there are now could not be noted for the usage reports");
            }
        }
    }

    /// Keeps leases for ever: stores them, ends silent ones, follows the licenses in force.
    pub async fn keep_leases(self: Arc<Self>) {
        let engine = self.clone();
        let follow = async move {
            let mut second = tokio::time::interval(FLUSH);
            loop {
                second.tick().await;
                engine.settle_leases().await;
                if let Err(error) = engine.watch_handover().await {
                    tracing::error!(%error, "the end of a hand-over could not be stored");
                }
                if let Some(witness) = engine.peers.witnessed() {
                    engine.countdown.witnessed(witness.serial, witness.balance_ms);
                }
                if let Err(error) = engine.watch_simultaneous().await {
                    tracing::error!(%error, "simultaneous use of two servers could not be noted");
                }
                let now = engine.leases.wall_ms(engine.leases.received());
                for silent in engine.leases.tick() {
                    if let Err(error) = engine.usage.lost(silent, now).await {
                        tracing::error!(%error, "check-outs of a client that fell silent could not be ended");
                    }
                }
                engine.clear_seats().await;
            }
        };
        let engine = self.clone();
        let records = async move {
            let mut minute = tokio::time::interval(Duration::from_secs(60));
            let mut minutes: u64 = 0;
            loop {
                minute.tick().await;
                let now = engine.now_ms();
                if let Err(error) = engine.usage.tick(now).await {
                    tracing::error!(%error, "use that goes on could not be brought up to date");
                }
                if minutes.is_multiple_of(PURGE_EVERY)
                    && let Err(error) = engine.purge_usage(now).await
                {
                    tracing::error!(%error, "old records of use could not be removed");
                }
                minutes += 1;
            }
        };
        tokio::join!(follow, records, self.leases.keep());
    }
}
