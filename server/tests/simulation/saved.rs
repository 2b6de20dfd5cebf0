//! What a server has said that it has stored for good.

use std::collections::BTreeMap;

use licensing::client_protocol::{CheckOut, Refresh, Use};
use licensing::product::ProductCode;

/// Counters of one run at one server.
pub type ProductUses = BTreeMap<ProductCode, Use>;

/// Of one run, what a server was told and what it has confirmed. It outlives the server's crashes: it is what the world knows.
#[derive(Debug, Default)]
pub struct ConfirmedUsage {
    said: BTreeMap<u64, ProductUses>,
    confirmed: ProductUses,
    /// Single check-outs, as a disk would hold them.
    records: BTreeMap<u64, CheckOut>,
}

impl ConfirmedUsage {
    pub fn hear(&mut self, said: &Refresh) {
        self.said.insert(said.sequence, said.products.clone());
    }

    /// Everything up to this refresh is stored.
    pub fn confirm(&mut self, sequence: u64) {
        let later = self.said.split_off(&(sequence + 1));
        for (product, used) in std::mem::replace(&mut self.said, later).into_values().flatten() {
            let most = self.confirmed.entry(product).or_default();
            most.usage_count = most.usage_count.max(used.usage_count);
            most.usage_ms = most.usage_ms.max(used.usage_ms);
            most.denied = most.denied.max(used.denied);
        }
    }

    pub fn confirmed(&self) -> &ProductUses {
        &self.confirmed
    }

    /// Stores records that are new; the last number that is stored.
    pub fn record(&mut self, first: u64, records: Vec<CheckOut>) -> u64 {
        for (number, record) in (first..).zip(records) {
            self.records.entry(number).or_insert(record);
        }
        self.last_record()
    }

    pub fn last_record(&self) -> u64 {
        self.records.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// One that was told.
    pub fn record_of(&self, number: u64) -> Option<&CheckOut> {
        self.records.get(&number)
    }

    pub fn records(&self) -> impl Iterator<Item = &CheckOut> {
        self.records.values()
    }
}
