//! Handles servers that join with a code created here.

use licensing::peers::{
    Candidate, JoinAnswer, JoinRefusal, JoinRequest, JoinSaid, JoinWelcome, MOST_MEMBERS, MOST_WRONG, MemberListing,
    Membership, Role, admit,
};
use sqlx::FromRow;

use super::error::PeerFault;
use super::members::write_joined;
use super::rows::{OwnMembership, StoredPeer};
use crate::Engine;
use crate::actor::{Actor, Origin};
use crate::audit::{AuditOutcome, NewAuditEntry};

/// A code as stored.
#[derive(FromRow)]
struct Made {
    expires_at: i64,
    wrong: u32,
    ended: bool,
    used_by: Option<String>,
    made_by: String,
}

impl Made {
    /// Why it is no longer valid.
    fn over(&self, now: i64) -> Option<String> {
        match (&self.used_by, self.ended) {
            (Some(name), _) => {
                Some(format!("{name} has already used this code. Each code works for one server: create another."))
            }
            (None, true) => Some("This code was revoked after too many failed attempts. Create another.".to_owned()),
            (None, false) if now >= self.expires_at => {
                Some("This code has expired (after 30 minutes). Create another.".to_owned())
            }
            (None, false) => None,
        }
    }
}

/// The refusal of a request: a sentence for the joiner, and whether it counts as a failed attempt.
enum Verdict {
    Welcome(Box<JoinWelcome>),
    Refused(String),
    Wrong(String),
}

const UNKNOWN: &str = "This server does not know this code. It may be from another server, or too old: create another.";

impl Engine {
    /// Answers `POST /peer/v1/join` from `address`. Answers are signed, refusals too.
    ///
    /// # Errors
    /// [`PeerFault`] for what gets no signed answer.
    pub async fn answer_peer_join(&self, bytes: &[u8], address: Option<String>) -> Result<JoinAnswer, PeerFault> {
        let wait_s = self.peers.roster().tries.wait_s(self.clock.mono_ms());
        if wait_s > 0 {
            return Err(PeerFault::Throttled(wait_s));
        }
        let request = JoinRequest::parse(bytes)?;
        let _turn = self.peers.turn.lock().await;
        self.settle_peers().await?;
        let said = match self.judge_join(&request, address).await? {
            Verdict::Welcome(welcome) => JoinSaid::Welcome(welcome),
            Verdict::Refused(sentence) => JoinSaid::Refused(sentence),
            Verdict::Wrong(sentence) => {
                self.peers.roster().tries.wrong();
                JoinSaid::Refused(sentence)
            }
        };
        Ok(JoinAnswer::sign(self.peers.secret()?, &request, &said)?)
    }

    async fn judge_join(&self, request: &JoinRequest, address: Option<String>) -> Result<Verdict, PeerFault> {
        let Some(made) = self.made(request).await? else { return Ok(Verdict::Wrong(UNKNOWN.to_owned())) };
        let Ok(candidate) = request.candidate() else {
            self.wrong_try(request, &made).await?;
            return Ok(Verdict::Wrong("The code does not match. Copy it again.".to_owned()));
        };
        let now = self.clock.now_ms();
        if let Some(over) = made.over(now) {
            return Ok(Verdict::Wrong(over));
        }
        let joiner = Actor { name: format!("server {}", shown(&candidate)), origin: Origin::System, address };
        let (own, mut member, welcome) = match self.admission(request, &candidate, &made, now) {
            Ok(admitted) => admitted,
            Err(refusal) => {
                let sentence = format!("Refused a server with a valid code. {refusal}");
                self.audit.note(&joiner, "peer.join", sentence, AuditOutcome::Refused).await?;
                return Ok(Verdict::Refused(refusal.to_string()));
            }
        };
        let sentence = format!(
            "{} joined as {} with a code from {} (key {}).",
            member.name,
            member.role,
            made.made_by,
            member.key.fingerprint()
        );
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE peer_invitations SET ended_at = ?, used_by = ? WHERE key = ?")
            .bind(now)
            .bind(&member.name)
            .bind(&request.invitation.as_bytes()[..])
            .execute(&mut *tx)
            .await?;
        write_joined(&mut tx, &own, &mut member, &sentence).await?;
        let entry = NewAuditEntry { actor: &joiner, action: "peer.join", sentence, outcome: AuditOutcome::Done }
            .about(&member.name);
        self.audit.commit(tx, entry).await?;
        {
            let mut roster = self.peers.roster();
            roster.own = Some(own);
            roster.meet(member, self.peers.now());
        }
        self.peers.wake.notify_one();
        self.show_peers();
        Ok(Verdict::Welcome(Box::new(welcome)))
    }

    /// Computes the roles and the answer, without changing anything.
    fn admission(
        &self,
        request: &JoinRequest,
        candidate: &Candidate,
        made: &Made,
        now: i64,
    ) -> Result<(OwnMembership, StoredPeer, JoinWelcome), JoinRefusal> {
        let roster = self.peers.roster();
        let own_key = self.peers.secret.get().map(licensing::peers::PeerSecret::public);
        if own_key == Some(request.key) {
            return Err(JoinRefusal::Itself);
        }
        let others = roster.standings(Some(&request.key));
        if others.len() >= MOST_MEMBERS {
            return Err(JoinRefusal::TooMany);
        }
        let name = roster.free_name(&candidate.name, &request.key);
        let joiner = Membership { name: name.clone(), context: candidate.context, role: Role::Alone };
        let role = admit(&roster.standing(), &others, &joiner)?;
        let joined_as = if role == Role::Primary { Role::Backup } else { Role::Primary };
        let own = roster.own.clone().unwrap_or_else(|| OwnMembership { name: roster.name(), joined_as, url: None });
        let member = StoredPeer {
            key: request.key,
            name: name.clone(),
            role,
            context: candidate.context,
            url: candidate.url.clone(),
            told_url: None,
            through: None,
            joined_at: now,
            joined_by: made.made_by.clone(),
            seen_at: None,
            silent: false,
            witness: None,
            removed: false,
        };
        let inviter = MemberListing {
            name: own.name.clone(),
            key: own_key.unwrap_or(request.key),
            url: Some(candidate.reached_at.clone()),
            role: licensing::peers::role(roster.context, Some(own.joined_as)),
            context: roster.context,
        };
        let leads = inviter.role == Role::Primary;
        let members = if leads { roster.cards(&request.key, candidate.url.as_ref()) } else { Vec::new() };
        Ok((own, member, JoinWelcome { name, role, inviter, members }))
    }

    async fn made(&self, request: &JoinRequest) -> Result<Option<Made>, sqlx::Error> {
        sqlx::query_as("SELECT *, ended_at IS NOT NULL AS ended FROM peer_invitations WHERE key = ?")
            .bind(&request.invitation.as_bytes()[..])
            .fetch_optional(self.store.read())
            .await
    }

    /// Counts a failed attempt; the last one revokes the code.
    async fn wrong_try(&self, request: &JoinRequest, made: &Made) -> Result<(), sqlx::Error> {
        let ends = made.wrong + 1 >= MOST_WRONG && !made.ended;
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE peer_invitations SET wrong = wrong + 1, ended_at = coalesce(ended_at, ?) WHERE key = ?")
            .bind(ends.then(|| self.clock.now_ms()))
            .bind(&request.invitation.as_bytes()[..])
            .execute(&mut *tx)
            .await?;
        if !ends {
            return tx.commit().await;
        }
        let sentence = format!("Revoked an invitation code of {} after {MOST_WRONG} failed attempts.", made.made_by);
        let actor = Actor::system();
        let entry = NewAuditEntry { actor: &actor, action: "peer.invite", sentence, outcome: AuditOutcome::Failed };
        self.audit.commit(tx, entry).await
    }
}

fn shown(candidate: &Candidate) -> String {
    licensing::peers::shown_name(&candidate.name)
}
