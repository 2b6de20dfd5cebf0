//! What is known now, gathered for the rules.

use licensing::alert::{ExpirySignal, Signals};
use licensing::bundle::Standing;
use licensing::contact::DAY;

use crate::Engine;

/// Licenses that end later than this concern no rule, milliseconds: the longest a rule may look ahead, and a day.
const HORIZON: i64 = 366 * DAY;

impl Engine {
    /// Everything rules look at, as it is known now.
    pub fn signals(&self) -> Signals {
        let contact = self.contact();
        let countdown = *self.alerts.countdown.borrow();
        Signals {
            hours_left_ms: countdown.map(|(left, _)| left),
            countdown_running: countdown.map(|(_, running)| running),
            peers: self.alerts.peers.borrow().clone(),
            grace: self.alerts.grace.borrow().clone(),
            days_since_sync: contact.days(),
            expiring: self.expiring(contact.high_water),
            clock_flagged: Some(contact.flagged.is_some()),
        }
    }

    /// Licenses of this server that end, and those that have ended; none while it has no licenses of its own.
    fn expiring(&self, now: i64) -> Option<Vec<ExpirySignal>> {
        let all = self.standings()?;
        if all.items.iter().any(|item| item.verdict.standing == Standing::OtherServer) {
            return None;
        }
        let mut expiring: Vec<ExpirySignal> = all
            .items
            .iter()
            .filter(|item| item.verdict.standing != Standing::WrongContext)
            .filter_map(|item| {
                let at_ms = item.license.expires.filter(|end| *end <= now.saturating_add(HORIZON))?;
                Some(ExpirySignal { product: item.license.product.to_string(), at_ms })
            })
            .collect();
        expiring.sort_by(|a, b| (&a.product, a.at_ms).cmp(&(&b.product, b.at_ms)));
        expiring.dedup_by(|later, first| later.product == first.product);
        Some(expiring)
    }
}
