//! Background work: storing counters once a second, releasing licenses of silent clients, following the installed
//! licenses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use licensing::allocation::RunKey;
use licensing::bundle::{LicenseKind, LicenseStatus};
use licensing::peers::PeerLiveness;
use licensing::product::{Licensed, ProductCode};
use tokio_util::sync::CancellationToken;

use super::Leases;
use crate::Engine;
use crate::tasks::ticks;

/// How often counters are stored.
pub const FLUSH: Duration = Duration::from_secs(1);

impl Leases {
    /// Releases licenses of silent clients, and returns those clients.
    pub fn tick(&self) -> Vec<RunKey> {
        let (silent, broken) = self.table().tick(self.clock.mono_ms());
        if let Some(broken) = broken {
            metrics::counter!("leasehold_broken_invariants_total").increment(1);
            tracing::error!(%broken, "broken invariant in the leases");
        }
        silent
    }

    /// Releases the licenses of clients that another server serves now; returns their runs.
    pub(crate) fn moved(&self, clients: &BTreeSet<String>) -> Vec<RunKey> {
        self.table().moved(clients, self.clock.now_ms(), self.clock.mono_ms())
    }

    /// Marks clients as moved: they hold and request nothing here, and another server serves them.
    pub(crate) fn went_home(&self, clients: &BTreeSet<String>) {
        if !clients.is_empty() {
            self.table().went_home(clients, self.clock.now_ms(), self.clock.mono_ms());
        }
    }

    /// Stores changes until `stop`; finishes a commit in progress.
    pub async fn keep(&self, stop: &CancellationToken) {
        let mut second = ticks(FLUSH);
        loop {
            let all = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.urgent.notified() => false,
                _ = second.tick() => true,
            };
            // Failures are logged and retried the next second.
            let _ = self.commit(all).await;
        }
    }
}

impl Engine {
    /// Licenses in service by product, and products with only out-of-service licenses.
    fn licensed_products(&self) -> (BTreeMap<ProductCode, Licensed>, Vec<ProductCode>) {
        let mut licensed: BTreeMap<ProductCode, Licensed> = BTreeMap::new();
        let mut out = BTreeSet::new();
        for item in self.standings().iter().flat_map(|all| &all.items) {
            let license = &item.license;
            if item.verdict.standing != LicenseStatus::Active {
                out.insert(license.product.clone());
                continue;
            }
            let number = match license.kind {
                LicenseKind::Metered => Licensed::Metered,
                LicenseKind::Concurrent | LicenseKind::Countdown => {
                    Licensed::Count(u32::try_from(license.count).unwrap_or(u32::MAX))
                }
            };
            let total = licensed.entry(license.product.clone()).or_default();
            *total = total.and(number);
        }
        let (pools, in_force) = self.ve_pools();
        if in_force {
            licensed.extend(pools.into_iter().map(|(product, instances)| (product, Licensed::Kept(instances))));
        } else {
            out.extend(pools.into_keys());
        }
        let out = out.into_iter().filter(|product| !licensed.contains_key(product)).collect();
        (licensed, out)
    }

    /// The clients that peers serve now.
    fn served_by_peers(&self) -> BTreeSet<String> {
        let picture = self.peers.picture();
        let up = picture.others().filter(|server| matches!(server.state, PeerLiveness::Up(_)));
        let serving = up.filter_map(|server| server.report.as_ref()?.serving.as_ref());
        serving.flat_map(|serving| serving.clients.iter().cloned()).collect()
    }

    /// Updates the pools from the installed licenses.
    pub async fn settle_leases(&self) {
        let (licensed, out) = self.licensed_products();
        if self.leases.license(&licensed, &out) {
            // A metered product has no limit to compare use with.
            let counted = licensed.iter().filter_map(|(product, number)| Some((product, number.count()?)));
            let known = counted.map(|(product, count)| (product.to_string(), u64::from(count))).collect::<Vec<_>>();
            if let Err(error) = self.usage.licensed(self.now_ms(), self.context(), &known).await {
                tracing::error!(%error, "could not record the number of licenses for usage reports");
            }
        }
    }

    /// Background task: releases licenses of silent clients and follows the installed licenses.
    pub async fn keep_leases(self: Arc<Self>) {
        let mut second = ticks(FLUSH);
        loop {
            second.tick().await;
            self.settle_leases().await;
            if let Err(error) = self.watch_drain().await {
                tracing::error!(%error, "could not store the end of a drain");
            }
            if let Some(witness) = self.peers.witnessed() {
                self.countdown.witnessed(witness.serial, witness.balance_ms);
            }
            if let Err(error) = self.watch_overlap().await {
                tracing::error!(%error, "could not record overlapping use");
            }
            if let Err(error) = self.watch_stand_in().await {
                tracing::error!(%error, "could not record that this server stands in for the primary");
            }
            let now = self.leases.wall_ms(self.leases.received());
            let moved = self.leases.moved(&self.drained_elsewhere());
            self.leases.went_home(&self.served_by_peers());
            for silent in self.leases.tick().into_iter().chain(moved) {
                if let Err(error) = self.usage.lost(silent, now).await {
                    tracing::error!(%error, "could not end check-outs of a client that stopped responding");
                }
            }
            self.clear_seats().await;
        }
    }

    /// Background task: stores leases.
    pub async fn store_leases(self: Arc<Self>) {
        self.leases.keep(self.tasks.stop()).await;
    }
}
