//! What survives a restart, and what is made of it.

use serde::{Deserialize, Serialize};

use super::{Allocation, Key, Run, Share};
use crate::product::ProductCode;

/// A share as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
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

impl Run {
    /// What of it must survive a restart.
    #[must_use]
    pub fn kept(&self) -> Vec<Kept> {
        let kept = |(product, share): (&ProductCode, &Share)| {
            let (counted, told, version) = share.durable();
            Kept { product: product.clone(), counted, told, version }
        };
        self.shares.iter().filter(|(_, share)| share.version > 0).map(kept).collect()
    }
}

impl Allocation {
    /// A run as it was stored. What it may still believe is counted as if it had been answered just now: nobody knows how long
    /// the server was away.
    pub fn restore(&mut self, key: Key, sequence: u64, shares: Vec<Kept>, now: i64) {
        let deadline = now.saturating_add(self.times.counted);
        self.runs.insert(key, Run { sequence, deadline, seen: now, ..Run::default() });
        for Kept { product, counted, told, version } in shares {
            let share = Share { counted: counted.max(told), told, version, ..Share::default() };
            // The pool may not be known yet, and what was given out was given out.
            let pool = self.pools.entry(product.clone()).or_default();
            pool.ceiling = pool.ceiling.max(pool.counted + u64::from(share.counted));
            self.put(key, &product, share);
        }
    }
}
