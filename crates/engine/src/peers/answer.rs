//! Answers polls of peers, which include their reports.

use licensing::peers::{Nonce, PeerKey, PollAnswer, PollReply, PollRequest, RequestFreshness};

use super::apply_report::ReportOrigin;
use super::error::PeerFault;
use crate::Engine;
use crate::secret::random;

impl Engine {
    /// Answers `POST /peer/v1/poll`. Others get only a refusal.
    ///
    /// # Errors
    /// [`PeerFault`] for what gets no signed answer.
    pub async fn answer_peer_poll(&self, bytes: &[u8]) -> Result<PollAnswer, PeerFault> {
        let request = PollRequest::parse(bytes)?;
        // Without its own key it has no peers.
        let secret = self.peers.secret.get().ok_or(PeerFault::Unknown)?;
        let (key, is_member) = {
            let roster = self.peers.roster();
            let member = roster.by_fingerprint(&request.from);
            let key = member.or_else(|| roster.removed.get(&request.from).copied());
            (key.ok_or(PeerFault::Unknown)?, member.is_some())
        };
        if request.check(&key, &secret.public().fingerprint()).is_err() {
            return Err(PeerFault::Unknown);
        }
        let random = Nonce::from_random(random());
        if !is_member {
            return Ok(PollAnswer::sign(secret, &request, random, &PollReply::Removed)?);
        }
        let (said, challenge) = match self.is_fresh(&key, &request, random) {
            Some(RequestFreshness::Yes(next)) => {
                let report = request.report()?;
                self.take_report(&key, report, ReportOrigin::Asked(self.peers.now())).await;
                let own = self.report_for(&key).ok_or(PeerFault::Unknown)?;
                (PollReply::Report(Box::new(own)), next)
            }
            Some(RequestFreshness::No(current)) => (PollReply::Repeat, current),
            None => return Err(PeerFault::Unknown),
        };
        Ok(PollAnswer::sign(secret, &request, challenge, &said)?)
    }

    fn is_fresh(&self, key: &PeerKey, request: &PollRequest, random: Nonce) -> Option<RequestFreshness> {
        let mut roster = self.peers.roster();
        Some(roster.members.get_mut(key)?.fresh.take(request.challenge, random))
    }
}
