//! What a commit adds to the totals that reports carry.

use std::collections::BTreeMap;
use std::sync::Arc;

use licensing::product::ProductCode;

use super::run::{Counters, RunEntry};

/// A deployment and a product.
pub type TotalsKey = (Arc<str>, ProductCode);

/// Maximum of a total: canonical JSON (RFC 8785), used by reports, can't represent larger numbers.
pub(super) const MOST: u64 = licensing::client_protocol::MOST_COUNTED;
/// The product whose time is the time of sessions.
const SESSIONS: &str = "SESSION_USAGE";

/// By deployment and product; and the time of sessions and their audio by deployment, milliseconds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct LeaseTotals {
    /// Usage.
    pub usage: BTreeMap<TotalsKey, Counters>,
    /// Session time, audio time.
    pub sessions: BTreeMap<Arc<str>, (u64, u64)>,
}

impl LeaseTotals {
    /// Adds a run's usage since it was last stored.
    pub(super) fn take_from(&mut self, entry: &mut RunEntry) {
        let deployment = &entry.details.deployment;
        let mut session = 0;
        for (product, added) in std::mem::take(&mut entry.added) {
            if product.as_str() == SESSIONS {
                session = added.ms;
            }
            self.usage.entry((deployment.clone(), product)).or_default().add(added);
        }
        let audio = std::mem::take(&mut entry.added_audio);
        if session > 0 || audio > 0 {
            let times = self.sessions.entry(deployment.clone()).or_default();
            *times = (times.0.saturating_add(session), times.1.saturating_add(audio));
        }
    }

    /// Whether all are 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.usage.is_empty() && self.sessions.is_empty()
    }
}
