//! Joins another server with a code created there.

use licensing::peers::{
    Candidate, Invitation, JoinAnswer, JoinRefusal, JoinRequest, JoinSaid, JoinWelcome, MOST_MEMBERS, MemberListing,
    MessageError, Nonce, PeerUrl, Role, free_name, may_join, own_url, shown_name,
};
use licensing::plain_text::one_line;

use super::client::NoAnswer;
use super::error::JoinError;
use super::members::write_joined;
use super::rows::{self, OwnMembership, StoredPeer};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::secret::random;

/// Maximum length of another server's refusal that is shown, characters.
const MOST_SENTENCE: usize = 500;

/// The input for a join.
#[derive(Clone, Default)]
pub struct Join {
    /// The other server's console address.
    pub url: String,
    /// The code.
    pub code: String,
    /// This server's address; `None` for its console's address, if valid there.
    pub own_url: Option<String>,
    /// The requested name; `None` for the host name.
    pub name: Option<String>,
}

/// The result of a join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinResult {
    /// This server's name from now on.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// The other server's name.
    pub with: String,
    /// The address at which the other server polls this one; `None` if it doesn't.
    pub own_url: Option<PeerUrl>,
}

impl Engine {
    /// Joins another server. `console` is this server's console address.
    ///
    /// # Errors
    /// [`JoinError`]; nothing is changed here then.
    pub async fn join_peer(&self, actor: &Actor, join: &Join, console: &str) -> Result<JoinResult, JoinError> {
        let code: Invitation = join.code.parse()?;
        let url: PeerUrl = join.url.parse()?;
        let said_url = join.own_url.as_deref().map(str::parse::<PeerUrl>).transpose()?;
        self.settle_peers().await?;
        let _turn = self.peers.turn.lock().await;
        let console = console.parse().ok();
        let told_url = own_url(said_url.as_ref(), console.as_ref(), Some(&url));
        let candidate = self.candidate(&code, &url, told_url.clone(), join.name.as_deref())?;
        let request = JoinRequest::sign(self.peers.secret()?, &code, Nonce::from_random(random()), &candidate)
            .map_err(|error| JoinError::Client(error.to_string()))?;
        // The other server may poll this one before its answer arrives; it must not be told of an old removal.
        let removed = self.peers.roster().take_removed(|fingerprint| code.is_of(fingerprint));
        let asked = self.ask_to_join(&url, &code, &request).await;
        if asked.is_err() {
            self.peers.roster().removed.extend(removed);
        }
        let (welcome, answer) = asked?;
        let own = {
            // A primary keeps its name.
            let known = self.peers.roster().own.clone();
            let name = known.map_or_else(|| shown_name(&welcome.name), |known| known.name);
            OwnMembership { name, joined_as: welcome.role, url: said_url }
        };
        let with = self.keep_joined(actor, own.clone(), &welcome, &answer, url).await?;
        self.peers.wake.notify_one();
        self.show_peers();
        Ok(JoinResult { name: own.name, role: self.role(), with, own_url: told_url })
    }

    fn candidate(
        &self,
        code: &Invitation,
        url: &PeerUrl,
        own_url: Option<PeerUrl>,
        name: Option<&str>,
    ) -> Result<Candidate, JoinError> {
        let own = self.peers.secret()?.public().fingerprint();
        if code.is_of(&own) {
            return Err(JoinRefusal::Itself.into());
        }
        let roster = self.peers.roster();
        // If the other server is already known, this only refreshes it.
        if !roster.members.keys().any(|key| code.is_of(&key.fingerprint())) {
            let members = roster.standings(None);
            may_join(&roster.standing(), &members).map_err(|name| JoinError::Elsewhere(name.to_owned()))?;
        }
        let guid = self.conf.borrow().effective.guid.filter(|_| roster.context.is_some());
        Ok(Candidate {
            name: name.map_or_else(|| roster.name(), shown_name),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            context: roster.context,
            guid,
            url: own_url,
            reached_at: url.clone(),
        })
    }

    async fn ask_to_join(
        &self,
        url: &PeerUrl,
        code: &Invitation,
        request: &JoinRequest,
    ) -> Result<(JoinWelcome, JoinAnswer), JoinError> {
        let body = serde_json::to_vec(request).map_err(|error| JoinError::Client(error.to_string()))?;
        let name = url.to_string();
        let bytes = self.peers.post(url, "join", body).await.map_err(|no| match no {
            NoAnswer::Unreached(reason) => JoinError::Unreached { url: name.clone(), reason },
            NoAnswer::Says(says) => JoinError::Unsigned { url: name.clone(), says },
            NoAnswer::Message(error @ MessageError::Version { .. }) => JoinError::Version(error),
            NoAnswer::Message(reason) => JoinError::Untrusted { url: name.clone(), reason },
            NoAnswer::Client(sentence) => JoinError::Client(sentence),
        })?;
        let untrusted = |reason| JoinError::Untrusted { url: name.clone(), reason };
        let answer = JoinAnswer::parse(&bytes).map_err(untrusted)?;
        match answer.said(code, request).map_err(untrusted)? {
            JoinSaid::Welcome(welcome) => Ok((*welcome, answer)),
            JoinSaid::Refused(sentence) => Err(JoinError::Refused(one_line(&sentence, MOST_SENTENCE))),
        }
    }

    async fn keep_joined(
        &self,
        actor: &Actor,
        own: OwnMembership,
        welcome: &JoinWelcome,
        answer: &JoinAnswer,
        url: PeerUrl,
    ) -> Result<String, JoinError> {
        let now = self.peers.now();
        let (mut inviter, others) = {
            let roster = self.peers.roster();
            let mut taken = vec![own.name.clone()];
            taken.extend(roster.standings(Some(&answer.key)).into_iter().map(|other| other.name));
            let mut stored = |card: &MemberListing, url: Option<PeerUrl>, through: Option<&str>| StoredPeer {
                key: card.key,
                name: {
                    let name = free_name(&card.name, &taken.iter().map(String::as_str).collect::<Vec<_>>());
                    taken.push(name.clone());
                    name
                },
                role: card.role,
                context: card.context,
                url,
                told_url: None,
                through: through.map(str::to_owned),
                joined_at: now.wall_ms,
                joined_by: actor.name.clone(),
                seen_at: None,
                silent: false,
                witness: None,
                removed: false,
            };
            // The key that signed, regardless of the data.
            let card = MemberListing { key: answer.key, ..welcome.inviter.clone() };
            let inviter = stored(&card, Some(url), None);
            let new = |card: &&MemberListing| {
                card.key != answer.key && card.key != answer.to && !roster.members.contains_key(&card.key)
            };
            let others = welcome.members.iter().filter(new).take(MOST_MEMBERS);
            let others: Vec<StoredPeer> =
                others.map(|card| stored(card, card.url.clone(), Some(&inviter.name))).collect();
            (inviter, others)
        };
        let sentence = format!(
            "Joined {} as {}, named {} (key {}).",
            inviter.name,
            welcome.role,
            own.name,
            inviter.key.fingerprint()
        );
        let mut tx = self.store.write().await?;
        write_joined(&mut tx, &own, &mut inviter, &sentence).await?;
        for other in &others {
            rows::put(&mut tx, other).await?;
        }
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "peer.join", sentence, outcome: AuditOutcome::Done }
                    .about(&inviter.name),
            )
            .await?;
        let mut roster = self.peers.roster();
        roster.own = Some(own);
        let with = inviter.name.clone();
        for member in others {
            roster.keep(member, now);
        }
        roster.meet(inviter, now);
        Ok(with)
    }
}
