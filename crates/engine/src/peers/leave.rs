//! Removing a server, and being removed.

use licensing::peers::{PeerKey, may_remove};

use super::error::RemoveError;
use super::events::{self, PeerEventKind};
use super::rows;
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};

impl Engine {
    /// Removes a server from the installation, by its name or its key's fingerprint. It learns of it with its next
    /// poll. A backup that removes its primary leaves the installation. Returns the removed one.
    ///
    /// # Errors
    /// [`RemoveError`].
    pub async fn remove_peer(&self, actor: &Actor, name: &str) -> Result<String, RemoveError> {
        let _turn = self.peers.turn.lock().await;
        self.settle_peers().await?;
        let (key, name, leaves) = {
            let roster = self.peers.roster();
            let found = roster.members.values().find(|member| {
                member.stored.name.eq_ignore_ascii_case(name) || member.stored.key.fingerprint().to_string() == name
            });
            let member = found.ok_or_else(|| RemoveError::Unknown(name.to_owned()))?;
            let standing = member.standing();
            may_remove(&roster.standing(), &roster.standings(None), &standing)?;
            (member.stored.key, standing.name, roster.leads(&member.stored.key))
        };
        let sentence = if leaves {
            format!("Left the installation of {name}.")
        } else {
            format!("Removed {name} from the installation.")
        };
        self.let_go(actor, &key, &name, leaves, sentence).await?;
        Ok(name)
    }

    /// Handles a fresh, signed message of a peer that it has removed this server.
    pub(super) async fn was_removed(&self, key: &PeerKey) -> Result<(), sqlx::Error> {
        let _turn = self.peers.turn.lock().await;
        let known = {
            let roster = self.peers.roster();
            let leads = roster.leads(key);
            // The primary decides about members it has reported.
            let member = roster.members.get(key).filter(|member| leads || member.stored.through.is_none());
            member.map(|member| (member.stored.name.clone(), leads))
        };
        let Some((name, leads)) = known else { return Ok(()) };
        let sentence = if leads {
            format!("{name} removed this server from the installation.")
        } else {
            format!("{name} left the installation.")
        };
        tracing::warn!(peer = name, "{sentence}");
        self.let_go(&Actor::system(), key, &name, leads, sentence).await
    }

    /// Removes one server, or all.
    async fn let_go(
        &self,
        actor: &Actor,
        key: &PeerKey,
        name: &str,
        all: bool,
        sentence: String,
    ) -> Result<(), sqlx::Error> {
        let now = self.clock.now_ms();
        let (gone, own) = {
            let roster = self.peers.roster();
            let gone: Vec<PeerKey> = if all { roster.members.keys().copied().collect() } else { vec![*key] };
            let alone = gone.len() >= roster.members.len();
            (gone, roster.own.clone().filter(|_| !alone))
        };
        let mut tx = self.store.write().await?;
        for key in &gone {
            rows::remove(&mut tx, key, now).await?;
        }
        rows::put_own(&mut tx, own.as_ref()).await?;
        let kind = if all { PeerEventKind::Left } else { PeerEventKind::Removed };
        events::add(&mut tx, now, name, kind, &sentence).await?;
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "peer.remove", sentence, outcome: AuditOutcome::Done }.about(name),
            )
            .await?;
        self.peers.roster().own = own;
        for key in &gone {
            self.peers.forget(key);
        }
        self.show_peers();
        Ok(())
    }
}
