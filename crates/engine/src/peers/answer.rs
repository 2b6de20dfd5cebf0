//! Answers polls of peers, which include their reports.

use licensing::peer::{Answer, Fresh, Nonce, PeerKey, Request, Said};

use super::error::PeerFault;
use super::take::Way;
use crate::Engine;
use crate::secret::random;

impl Engine {
    /// Answers `POST /peer/v1/poll`. Others get only a refusal.
    ///
    /// # Errors
    /// [`PeerFault`] for what gets no signed answer.
    pub async fn answer_peer_poll(&self, bytes: &[u8]) -> Result<Answer, PeerFault> {
        let request = Request::parse(bytes)?;
        // Without its own key it has no peers.
        let secret = self.peers.secret.get().ok_or(PeerFault::Unknown)?;
        let (key, is_member) = {
            let desk = self.peers.desk();
            let member = desk.by_fingerprint(&request.from);
            let key = member.or_else(|| desk.removed.get(&request.from).copied());
            (key.ok_or(PeerFault::Unknown)?, member.is_some())
        };
        if request.check(&key, &secret.public().fingerprint()).is_err() {
            return Err(PeerFault::Unknown);
        }
        let random = Nonce::from_random(random());
        if !is_member {
            return Ok(Answer::sign(secret, &request, random, &Said::Removed)?);
        }
        let (said, challenge) = match self.is_fresh(&key, &request, random) {
            Some(Fresh::Yes(next)) => {
                let report = request.report()?;
                self.take_report(&key, report, Way::Asked(self.peers.now())).await;
                let own = self.report_for(&key).ok_or(PeerFault::Unknown)?;
                (Said::Report(Box::new(own)), next)
            }
            Some(Fresh::No(current)) => (Said::Repeat, current),
            None => return Err(PeerFault::Unknown),
        };
        Ok(Answer::sign(secret, &request, challenge, &said)?)
    }

    fn is_fresh(&self, key: &PeerKey, request: &Request, random: Nonce) -> Option<Fresh> {
        let mut desk = self.peers.desk();
        Some(desk.members.get_mut(key)?.fresh.take(request.challenge, random))
    }
}
