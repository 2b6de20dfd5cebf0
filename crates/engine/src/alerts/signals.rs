//! Collects the signals for the rules.

use licensing::alerts::{Signals, Subject};
use licensing::bundle::LicenseStatus;
use licensing::contact::DAY;
use licensing::peers::PeerLiveness;

use crate::Engine;

/// Licenses that expire later than this matter to no rule, milliseconds: the longest a rule may look ahead, plus a day.
const HORIZON: i64 = 366 * DAY;

/// A silence is rounded to this, milliseconds, so that jitter is not a change.
const PRECISION: i64 = 10_000;

impl Engine {
    /// All signals, now.
    pub fn signals(&self) -> Signals {
        let contact = self.contact();
        Signals {
            days_since_sync: contact.days(),
            expiring: self.expiring(contact.high_water),
            clock_flagged: Some(contact.flagged.is_some()),
            ..self.alerts.observed().clone()
        }
    }

    /// Adds the signals of peers, of clients in their grace period, and of this server's hours.
    pub(super) fn observe(&self) {
        let picture = self.peers.picture();
        let silent = |server: &crate::peers::InstallationServer| {
            let seen = server.last_seen_ms.unwrap_or(self.started_at);
            (!matches!(server.state, PeerLiveness::Up(_))).then_some(seen.div_euclid(PRECISION) * PRECISION)
        };
        let peers = picture.others().map(|server| Subject { name: server.name.clone(), at_ms: silent(server) });
        let grace = self.in_grace();
        let grace = grace.into_iter().map(|client| Subject { name: client.name, at_ms: Some(client.until_ms) });
        let view = self.countdown.view();
        let has_hours = view.serial > 0;
        *self.alerts.observed() = Signals {
            peers: Some(peers.collect()),
            grace: Some(grace.collect()),
            hours_left_ms: has_hours.then_some(view.balance_ms),
            countdown_running: has_hours.then_some(view.running_since.is_some()),
            ..Signals::default()
        };
    }

    /// Licenses of this server that expire or have expired; `None` while it has no licenses.
    fn expiring(&self, now: i64) -> Option<Vec<Subject>> {
        let all = self.standings()?;
        if all.items.iter().any(|item| item.verdict.standing == LicenseStatus::OtherServer) {
            return None;
        }
        let mut expiring: Vec<Subject> = all
            .items
            .iter()
            .filter(|item| item.verdict.standing != LicenseStatus::WrongContext)
            .filter_map(|item| {
                let end = item.license.expires.filter(|end| *end <= now.saturating_add(HORIZON))?;
                Some(Subject { name: item.license.product.to_string(), at_ms: Some(end) })
            })
            .collect();
        expiring.sort_by(|a, b| (&a.name, a.at_ms).cmp(&(&b.name, b.at_ms)));
        expiring.dedup_by(|later, first| later.name == first.name);
        Some(expiring)
    }
}
