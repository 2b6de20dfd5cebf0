//! What survives a restart, and how it is restored.

use serde::{Deserialize, Serialize};

use super::{Allocation, ClientRun, RunKey, Share};
use crate::product::ProductCode;

/// A share as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredShare {
    /// Of what.
    #[serde(rename = "p")]
    pub product: ProductCode,
    /// Counted.
    #[serde(rename = "c")]
    pub counted: u32,
    /// Told to the client.
    #[serde(rename = "t")]
    pub told: u32,
    /// The version of that.
    #[serde(rename = "v")]
    pub version: u64,
}

impl ClientRun {
    /// The state that must survive a restart.
    #[must_use]
    pub fn stored_shares(&self) -> Vec<StoredShare> {
        let kept = |(product, share): (&ProductCode, &Share)| {
            let (counted, told, version) = share.durable();
            StoredShare { product: product.clone(), counted, told, version }
        };
        self.shares.iter().filter(|(_, share)| share.version > 0).map(kept).collect()
    }
}

/// Far more versions than a run can be told between two commits, so that a version told before a restart never means
/// another limit after it.
const GAP: u64 = 1 << 20;

impl Allocation {
    /// Restores a stored run. It is counted as if it had just been answered, because it's unknown how long the server
    /// was away.
    pub fn restore(&mut self, key: RunKey, sequence: u64, shares: Vec<StoredShare>, now: i64) {
        let deadline = now.saturating_add(self.times.counted);
        let lapsed_until = now.saturating_add(self.times.silent);
        self.runs.insert(key, ClientRun { sequence, deadline, seen: now, restored: true, ..ClientRun::default() });
        for StoredShare { product, counted, told, version } in shares {
            let version = version.saturating_add(GAP);
            // Lapsed shares are not stored, but a late refresh may still report them.
            let share =
                Share { counted: counted.max(told), told, version, lapsed: u32::MAX, lapsed_until, ..Share::default() };
            // The pool may not be known yet, but what was granted stays granted.
            let pool = self.pools.entry(product.clone()).or_default();
            pool.ceiling = pool.ceiling.max(pool.counted + u64::from(share.counted));
            self.put(key, &product, share);
        }
    }
}
