//! This server's report for a peer.

use licensing::peers::{CountdownReport, PeerKey, PeerReport, Role, Serving};

use crate::Engine;

impl Engine {
    /// The report for one member; `None` if it is not one.
    pub(super) fn report_for(&self, key: &PeerKey) -> Option<PeerReport> {
        let own = self.own_report();
        let (mut report, name) = {
            let roster = self.peers.roster();
            let member = roster.members.get(key)?;
            let leads = own.role == Role::Primary;
            let report = PeerReport {
                url: self.peers.own_url(&roster, member.address()),
                members: if leads { roster.cards(key, member.address()) } else { Vec::new() },
                witness: member.stored.witness,
                ..own
            };
            (report, member.stored.name.clone())
        };
        for part in self.peers.parts() {
            part.fill(&mut report, &name);
        }
        Some(report)
    }

    /// The part of the report that is the same for all.
    pub(super) fn own_report(&self) -> PeerReport {
        let guid = self.conf.borrow().effective.guid;
        let view = self.countdown.view();
        let countdown = (view.serial > 0).then_some(CountdownReport {
            serial: view.serial,
            balance_ms: view.balance_ms,
            granted_ms: view.granted_ms,
            running_since: view.running_since,
            clients: Some(self.countdown.clients()),
        });
        let roster = self.peers.roster();
        PeerReport {
            name: roster.name(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            role: roster.role(),
            context: roster.context,
            guid: guid.filter(|_| roster.context.is_some()),
            wall_ms: self.contact.wall_ms(),
            started_ms: self.started_at,
            url: roster.own.as_ref().and_then(|own| own.url.clone()).or_else(|| self.peers.console.get().cloned()),
            members: Vec::new(),
            serving: roster.serving.clone(),
            countdown,
            witness: None,
            stood_in: self.stand_ins.newest(),
            ve: None,
            drain: self
                .drain
                .current()
                .map(|drain| serde_json::json!({ "until": drain.until, "clients": drain.clients })),
        }
    }

    /// Counts this server's clients.
    pub(super) fn count_serving(&self) {
        let serving = self.leases.serving();
        let now = self.clock.now_ms();
        let mut roster = self.peers.roster();
        let since = roster.serving.as_ref().and_then(|before| before.since).unwrap_or(now);
        roster.serving = Some(Serving { since: (serving.holding > 0).then_some(since), ..serving });
    }
}
