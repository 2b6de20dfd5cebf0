//! Applies reports of peers.

use std::sync::Arc;

use licensing::peers::{
    ClockReading, LivenessChange, MOST_MEMBERS, MemberListing, PeerKey, PeerReport, Role, Witness, clock_off_ms,
};

use super::events::{self, PeerEventKind};
use super::roster::{Member, Roster};
use super::rows::{self, StoredPeer};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};

/// Maximum time between stores of the last response, milliseconds.
const STORE_MS: i64 = 60_000;

/// How a report arrived.
#[derive(Debug, Clone, Copy)]
pub(super) enum ReportOrigin {
    /// As the answer to a request sent then.
    Answered(ClockReading),
    /// As a request received then.
    Asked(ClockReading),
}

impl Engine {
    /// Applies a verified, fresh report.
    pub(super) async fn take_report(&self, key: &PeerKey, report: PeerReport, way: ReportOrigin) {
        let report = Arc::new(report);
        let taken = {
            let mut roster = self.peers.roster();
            let now = self.peers.now();
            let own_key = self.peers.secret.get().map(licensing::peers::PeerSecret::public);
            let Some(member) = roster.members.get_mut(key) else { return };
            let (stored, change) = member.take(&report, way, now);
            let (name, leads) = (member.stored.name.clone(), roster.leads(key));
            let news = if leads { roster.news(key, &name, own_key, &report.members, now) } else { News::default() };
            (stored, change, name, news)
        };
        let (stored, change, name, news) = taken;
        for part in self.peers.parts() {
            part.take(&name, &report);
        }
        if change.is_some() {
            self.show_peers();
        }
        let at = self.clock.now_ms();
        if let Err(error) = self.store_taken(at, stored, change, &name).await {
            tracing::error!(%error, peer = name, "could not store a peer's report");
        }
        if !news.is_empty()
            && let Err(error) = self.follow(&name, news).await
        {
            tracing::error!(%error, "could not store the members of the installation; trying again");
        }
    }

    async fn store_taken(
        &self,
        at: i64,
        stored: Option<StoredPeer>,
        change: Option<LivenessChange>,
        name: &str,
    ) -> Result<(), sqlx::Error> {
        let Some(stored) = stored else { return Ok(()) };
        let mut tx = self.store.write().await?;
        rows::update(&mut tx, &stored).await?;
        if let Some((kind, detail)) = change.and_then(|change| told(name, change)) {
            tracing::info!(peer = name, "{detail}");
            events::add(&mut tx, at, name, kind, &detail).await?;
        }
        tx.commit().await
    }

    /// Follows the primary's list.
    async fn follow(&self, leader: &str, news: News) -> Result<(), sqlx::Error> {
        let _turn = self.peers.turn.lock().await;
        let now = self.peers.now();
        let actor = Actor { name: format!("server {leader}"), ..Actor::system() };
        for server in news.new {
            let sentence =
                format!("{leader} added {} ({}, key {}).", server.name, server.role, server.key.fingerprint());
            let mut tx = self.store.write().await?;
            rows::put(&mut tx, &server).await?;
            events::add(&mut tx, now.wall_ms, &server.name, PeerEventKind::Joined, &sentence).await?;
            let entry = NewAuditEntry { actor: &actor, action: "peer.join", sentence, outcome: AuditOutcome::Done }
                .about(&server.name);
            self.audit.commit(tx, entry).await?;
            self.peers.roster().keep(server, now);
            self.peers.wake.notify_one();
        }
        for (key, name) in news.gone {
            let sentence = format!("{leader} removed {name} from the installation.");
            let mut tx = self.store.write().await?;
            rows::remove(&mut tx, &key, now.wall_ms).await?;
            events::add(&mut tx, now.wall_ms, &name, PeerEventKind::Removed, &sentence).await?;
            let entry = NewAuditEntry { actor: &actor, action: "peer.remove", sentence, outcome: AuditOutcome::Done }
                .about(&name);
            self.audit.commit(tx, entry).await?;
            self.peers.forget(&key);
        }
        for server in news.changed {
            let mut tx = self.store.write().await?;
            rows::update(&mut tx, &server).await?;
            tx.commit().await?;
            if let Some(member) = self.peers.roster().members.get_mut(&server.key) {
                member.stored.url = server.url;
            }
        }
        Ok(())
    }
}

/// The event of a change.
pub(super) fn told(name: &str, change: LivenessChange) -> Option<(PeerEventKind, String)> {
    Some(match change {
        LivenessChange::First => (PeerEventKind::First, format!("{name} responded for the first time.")),
        LivenessChange::WentSilent(_) => (PeerEventKind::Silent, format!("{name} stopped responding.")),
        LivenessChange::CameBack(ms) => {
            (PeerEventKind::Back, format!("{name} is responding again after {} s.", (ms + 500) / 1_000))
        }
    })
}

impl Member {
    /// Applies a report; returns what must be stored.
    fn take(
        &mut self,
        report: &Arc<PeerReport>,
        way: ReportOrigin,
        now: ClockReading,
    ) -> (Option<StoredPeer>, Option<LivenessChange>) {
        let change = self.watch.heard(now);
        match way {
            ReportOrigin::Answered(asked) => {
                self.clock_off_ms = Some(clock_off_ms(asked.wall_ms, now.mono_ms - asked.mono_ms, report.wall_ms));
            }
            // The latency is unknown. If this server polls too, its own measurement is better.
            ReportOrigin::Asked(at)
                if self.address().is_none() || self.problem.is_some() || self.clock_off_ms.is_none() =>
            {
                self.clock_off_ms = Some(clock_off_ms(at.wall_ms, 0, report.wall_ms));
            }
            ReportOrigin::Asked(_) => {}
        }
        self.remembers = report.witness;
        self.report = Some(report.clone());
        let before = self.stored.clone();
        let stored = &mut self.stored;
        stored.context = report.context;
        // A server that left reports that it is alone; its role here stays until it is removed.
        if report.role != Role::Alone {
            stored.role = report.role;
        }
        if report.url.is_some() {
            stored.told_url = report.url.clone();
        }
        let said = report.countdown.map(|hours| Witness { serial: hours.serial, balance_ms: hours.balance_ms });
        stored.witness = match (stored.witness, said) {
            (Some(known), Some(said)) => Some(known.and(said)),
            (known, said) => known.or(said),
        };
        stored.silent = false;
        let old = before.seen_at.is_none_or(|seen| !(0..STORE_MS).contains(&(now.wall_ms - seen)));
        let store = old || change.is_some() || *stored != before;
        if store {
            stored.seen_at = Some(now.wall_ms);
        }
        (store.then(|| stored.clone()), change)
    }
}

/// The differences between the primary's list and this server's.
#[derive(Debug, Default)]
struct News {
    new: Vec<StoredPeer>,
    gone: Vec<(PeerKey, String)>,
    changed: Vec<StoredPeer>,
}

impl News {
    fn is_empty(&self) -> bool {
        self.new.is_empty() && self.gone.is_empty() && self.changed.is_empty()
    }
}

impl Roster {
    fn news(
        &self,
        leader: &PeerKey,
        leader_name: &str,
        own: Option<PeerKey>,
        list: &[MemberListing],
        now: ClockReading,
    ) -> News {
        let mut news = News::default();
        for card in list.iter().take(MOST_MEMBERS).filter(|card| card.key != *leader && Some(card.key) != own) {
            match self.members.get(&card.key) {
                None => news.new.push(StoredPeer {
                    key: card.key,
                    name: self.free_name(&card.name, &card.key),
                    role: card.role,
                    context: card.context,
                    url: card.url.clone(),
                    told_url: None,
                    through: Some(leader_name.to_owned()),
                    joined_at: now.wall_ms,
                    joined_by: leader_name.to_owned(),
                    seen_at: None,
                    silent: false,
                    witness: None,
                    removed: false,
                }),
                Some(known) if known.stored.through.is_some() && card.url.is_some() && card.url != known.stored.url => {
                    news.changed.push(StoredPeer { url: card.url.clone(), ..known.stored.clone() });
                }
                Some(_) => {}
            }
        }
        let listed = |member: &&Member| list.iter().any(|card| card.key == member.stored.key);
        let learned = self.members.values().filter(|member| member.stored.through.is_some());
        news.gone = learned
            .filter(|member| !listed(member))
            .map(|member| (member.stored.key, member.stored.name.clone()))
            .collect();
        news
    }
}
