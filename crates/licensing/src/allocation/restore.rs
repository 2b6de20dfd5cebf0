//! What survives a restart, and what is made of it.

use serde::{Deserialize, Serialize};

use super::{Allocation, ClientRun, RunKey, Share};
use crate::product::ProductCode;

/// A share as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredShare {
    /// Of what.
    #[serde(rename = "p")]
    pub product: ProductCode,
    /// What is counted.
    #[serde(rename = "c")]
    pub counted: u32,
    /// What the client was told.
    #[serde(rename = "t")]
    pub told: u32,
    /// The version of that.
    #[serde(rename = "v")]
    pub version: u64,
}

impl ClientRun {
    /// What of it must survive a restart.
    #[must_use]
    pub fn stored_shares(&self) -> Vec<StoredShare> {
        let kept = |(product, share): (&ProductCode, &Share)| {
            let (counted, told, version) = share.durable();
            StoredShare { product: product.clone(), counted, told, version }
        };
        self.shares.iter().filter(|(_, share)| share.version > 0).map(kept).collect()
    }
}

/// Versions a run may have been told between two commits, and far more than that. A version that was told before a restart never
/// means another limit after it.
const GAP: u64 = 1 << 20;

impl Allocation {
    /// A run as it was stored. What it may still believe is counted as if it had been answered just now: nobody knows how long
    /// the server was away.
    pub fn restore(&mut self, key: RunKey, sequence: u64, shares: Vec<StoredShare>, now: i64) {
        let deadline = now.saturating_add(self.times.counted);
        let lapsed_until = now.saturating_add(self.times.silent);
        self.runs.insert(key, ClientRun { sequence, deadline, seen: now, restored: true, ..ClientRun::default() });
        for StoredShare { product, counted, told, version } in shares {
            let version = version.saturating_add(GAP);
            // What lapsed before is not stored, and a last word about it may still come.
            let share =
                Share { counted: counted.max(told), told, version, lapsed: u32::MAX, lapsed_until, ..Share::default() };
            // The pool may not be known yet, and what was given out was given out.
            let pool = self.pools.entry(product.clone()).or_default();
            pool.ceiling = pool.ceiling.max(pool.counted + u64::from(share.counted));
            self.put(key, &product, share);
        }
    }
}
