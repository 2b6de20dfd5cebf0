//! The members of the installation, in memory and in the database.

use licensing::peers::{ClockReading, LivenessWatch, MemberListing, PeerKey, PeerUrl, free_name, own_url};
use sqlx::{Sqlite, Transaction};

use super::Peers;
use super::events::{self, PeerEventKind};
use super::roster::{Member, Roster};
use super::rows::{self, OwnMembership, StoredPeer};

impl Roster {
    /// A unique name.
    pub(super) fn free_name(&self, wanted: &str, key: &PeerKey) -> String {
        let own = self.name();
        let others = self.members.values().filter(|member| member.stored.key != *key);
        let taken: Vec<&str> = others.map(|member| member.stored.name.as_str()).chain([own.as_str()]).collect();
        free_name(wanted, &taken)
    }

    /// Adds a member, or adds it back.
    pub(super) fn keep(&mut self, stored: StoredPeer, now: ClockReading) {
        self.removed.remove(&stored.key.fingerprint());
        self.members.insert(stored.key, Member::new(stored, now));
    }

    /// Adds a member that has just taken part in joining.
    pub(super) fn meet(&mut self, stored: StoredPeer, now: ClockReading) {
        let key = stored.key;
        self.keep(stored, now);
        if let Some(member) = self.members.get_mut(&key) {
            member.watch = LivenessWatch::joined(now);
        }
    }

    /// The members to report to the server at `to`; loopback addresses only if it is on this machine too.
    pub(super) fn cards(&self, but: &PeerKey, to: Option<&PeerUrl>) -> Vec<MemberListing> {
        let others = self.members.values().filter(|member| member.stored.key != *but);
        let card = |member: &Member| MemberListing {
            name: member.stored.name.clone(),
            key: member.stored.key,
            url: own_url(None, member.address(), to),
            role: member.stored.role,
            context: member.stored.context,
        };
        others.map(card).collect()
    }
}

impl Peers {
    /// Removes a member.
    pub(super) fn forget(&self, key: &PeerKey) {
        let mut roster = self.roster();
        if roster.members.remove(key).is_some() {
            roster.removed.insert(key.fingerprint(), *key);
        }
    }

    /// This server's address for the server at `other`.
    pub(super) fn own_url(&self, roster: &Roster, other: Option<&PeerUrl>) -> Option<PeerUrl> {
        own_url(roster.own.as_ref().and_then(|own| own.url.as_ref()), self.console.get(), other)
    }
}

/// Records a join.
pub(super) async fn write_joined(
    tx: &mut Transaction<'static, Sqlite>,
    own: &OwnMembership,
    member: &mut StoredPeer,
    sentence: &str,
) -> Result<(), sqlx::Error> {
    // A returning server is held to its earlier reports.
    member.witness = rows::witness(tx, &member.key).await?;
    rows::put_own(tx, Some(own)).await?;
    rows::put(tx, member).await?;
    events::add(tx, member.joined_at, &member.name, PeerEventKind::Joined, sentence).await
}
