//! The members in memory, with their last reports.

use std::collections::BTreeMap;
use std::sync::Arc;

use licensing::context::Context;
use licensing::peers::{
    Bucket, ClockReading, Freshness, LivenessWatch, Membership, Nonce, PeerKey, PeerReport, PeerUrl, Role, Serving,
    Witness, role,
};
use licensing::vendor_key::Fingerprint;

use super::rows::{OwnMembership, StoredInstallation, StoredPeer};
use crate::secret::random;

/// A peer.
#[derive(Debug)]
pub(super) struct Member {
    /// As stored; `watch` has the newer last response.
    pub stored: StoredPeer,
    pub watch: LivenessWatch,
    /// The challenge for its next request.
    pub fresh: Freshness,
    /// The challenge for our next request.
    pub challenge: Option<Nonce>,
    /// Its last report.
    pub report: Option<Arc<PeerReport>>,
    /// How far its clock is ahead of ours, milliseconds.
    pub clock_off_ms: Option<i64>,
    /// Why polling it fails.
    pub problem: Option<String>,
    /// What it remembers of our countdown hours.
    pub remembers: Option<Witness>,
    /// It is being polled.
    pub asked: bool,
    /// Which of its addresses to try: alternates if one fails.
    pub other_address: bool,
}

impl Member {
    pub fn new(stored: StoredPeer, now: ClockReading) -> Self {
        Self {
            watch: LivenessWatch::begin(now, stored.seen_at, stored.silent),
            stored,
            fresh: Freshness::new(Nonce::from_random(random())),
            challenge: None,
            report: None,
            clock_off_ms: None,
            problem: None,
            remembers: None,
            asked: false,
            other_address: false,
        }
    }

    /// The address for the next poll.
    pub fn address(&self) -> Option<&PeerUrl> {
        let (first, second) = (self.stored.url.as_ref(), self.stored.told_url.as_ref());
        if self.other_address { second.or(first) } else { first.or(second) }
    }

    pub fn standing(&self) -> Membership {
        Membership { name: self.stored.name.clone(), context: self.stored.context, role: self.stored.role }
    }
}

/// Everything in memory.
#[derive(Debug)]
pub(super) struct Roster {
    pub own: Option<OwnMembership>,
    /// This server's registration.
    pub context: Option<Context>,
    pub members: BTreeMap<PeerKey, Member>,
    /// Removed members, so that they can be told.
    pub removed: BTreeMap<Fingerprint, PeerKey>,
    /// Rate limit of joins.
    pub tries: Bucket,
    /// This server's clients, counted every two seconds.
    pub serving: Option<Serving>,
}

impl Roster {
    pub fn new(loaded: StoredInstallation, tries: Bucket, now: ClockReading) -> Self {
        let (gone, here): (Vec<_>, Vec<_>) = loaded.servers.into_iter().partition(|server| server.removed);
        Self {
            own: loaded.own,
            context: None,
            members: here.into_iter().map(|server| (server.key, Member::new(server, now))).collect(),
            removed: gone.into_iter().map(|server| (server.key.fingerprint(), server.key)).collect(),
            tries,
            serving: None,
        }
    }

    pub fn role(&self) -> Role {
        role(self.context, self.own.as_ref().map(|own| own.joined_as))
    }

    /// This server's name: its name in the installation, else the host name.
    pub fn name(&self) -> String {
        self.own.as_ref().map_or_else(host_name, |own| own.name.clone())
    }

    pub fn standing(&self) -> Membership {
        Membership { name: self.name(), context: self.context, role: self.role() }
    }

    /// The peers, except the one with this key.
    pub fn standings(&self, but: Option<&PeerKey>) -> Vec<Membership> {
        self.members.values().filter(|member| Some(&member.stored.key) != but).map(Member::standing).collect()
    }

    /// Whether this server is a backup and the one with this key its primary.
    pub fn leads(&self, key: &PeerKey) -> bool {
        let other = self.members.get(key).map(|member| member.stored.role);
        self.role() == Role::Backup && other == Some(Role::Primary)
    }

    /// Removes members; returns the removed ones.
    pub fn take_removed(&mut self, meant: impl Fn(&Fingerprint) -> bool) -> Vec<(Fingerprint, PeerKey)> {
        let taken: Vec<_> =
            self.removed.iter().filter(|(print, _)| meant(print)).map(|(print, key)| (*print, *key)).collect();
        for (print, _) in &taken {
            self.removed.remove(print);
        }
        taken
    }

    pub fn by_fingerprint(&self, fingerprint: &Fingerprint) -> Option<PeerKey> {
        self.members.keys().find(|key| key.fingerprint() == *fingerprint).copied()
    }
}

/// The name of this machine, as servers are named.
pub(super) fn host_name() -> String {
    licensing::peers::shown_name(&crate::host_name())
}
