//! Creates codes for joining.

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
    /// Until when it is valid, Unix milliseconds.
    pub expires_ms: i64,
}

/// Ended codes are deleted after this, milliseconds: until then a server that uses one learns why it is invalid.
const FORGET_MS: i64 = 24 * 60 * 60 * 1_000;

impl Engine {
    /// Creates a code that lets one server join.
    ///
    /// # Errors
    /// [`InviteError`]: on a backup with a primary, create the code there.
    pub async fn invite_peer(&self, actor: &Actor) -> Result<NewInvitation, InviteError> {
        self.settle_peers().await?;
        {
            let roster = self.peers.roster();
            let anybody = Membership { name: String::new(), context: None, role: Role::Alone };
            match admit(&roster.standing(), &roster.standings(None), &anybody) {
                // A backup without peers may still add its primary.
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
        let sentence =
            format!("Created an invitation code, valid for one server and {} minutes.", INVITATION_MS / 60_000);
        self.audit
            .commit(tx, NewAuditEntry { actor, action: "peer.invite", sentence, outcome: AuditOutcome::Done })
            .await?;
        Ok(NewInvitation { code, expires_ms })
    }
}
