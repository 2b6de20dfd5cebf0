//! Making a code for another server.

use licensing::peers::{INVITATION_MS, Invitation, JoinRefusal, Membership, Role, admit};

use super::error::InviteError;
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::secret::random;

/// A code, shown once.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// The code; a secret.
    pub code: Invitation,
    /// Until when it is good, Unix milliseconds.
    pub expires_ms: i64,
}

/// Codes that are over are forgotten after this, milliseconds: until then a server that uses one is told what became of it.
const FORGET_MS: i64 = 24 * 60 * 60 * 1_000;

impl Engine {
    /// Makes a code with which one server may join.
    ///
    /// # Errors
    /// [`InviteError`]: on a backup that knows the server that leads, the code is made there.
    pub async fn invite_peer(&self, actor: &Actor) -> Result<NewInvitation, InviteError> {
        self.settle_peers().await?;
        {
            let roster = self.peers.roster();
            let anybody = Membership { name: String::new(), context: None, role: Role::Alone };
            match admit(&roster.standing(), &roster.standings(None), &anybody) {
                // A backup alone may still take in the server that leads.
                Ok(_) | Err(JoinRefusal::NoPrimary { .. }) => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        let code = Invitation::new(random(), &self.peers.secret()?.public().fingerprint());
        let now = self.clock.now_ms();
        let expires_ms = now.saturating_add(INVITATION_MS);
        let mut tx = self.store.write().await?;
        sqlx::query("DELETE FROM peer_invitations WHERE expires_at < ?")
            .bind(now - FORGET_MS)
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO peer_invitations (key, made_at, made_by, expires_at) VALUES (?, ?, ?, ?)")
            .bind(&code.public().as_bytes()[..])
            .bind(now)
            .bind(&actor.name)
            .bind(expires_ms)
            .execute(&mut *tx)
            .await?;
        let sentence = format!("Made a code with which one server may join within {} minutes.", INVITATION_MS / 60_000);
        self.audit
            .commit(tx, NewAuditEntry { actor, action: "peer.invite", sentence, outcome: AuditOutcome::Done })
            .await?;
        Ok(NewInvitation { code, expires_ms })
    }
}
