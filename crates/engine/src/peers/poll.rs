//! Polls one peer.

use std::sync::Arc;
use std::time::Duration;

use licensing::peers::{
    ClockReading, MessageError, Nonce, PeerKey, PeerReport, PeerUrl, PollAnswer, PollReply, PollRequest, TIMEOUT_MS,
};

use super::Peers;
use super::apply_report::ReportOrigin;
use super::client::NoAnswer;
use crate::Engine;
use crate::secret::random;

/// The result of one poll.
enum Came {
    /// An answer, with the time of its request.
    Report(Box<PeerReport>, ClockReading),
    /// It has removed this server.
    Removed,
}

/// Marks a member as being polled until dropped, even if the task is cut short.
struct Asked<'a>(&'a Peers, PeerKey);

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if let Some(member) = self.0.roster().members.get_mut(&self.1) {
            member.asked = false;
        }
    }
}

impl Engine {
    /// Polls a member, unless a poll is in progress. A slow one delays no other.
    pub(super) async fn poll_peer(self: Arc<Self>, key: PeerKey) {
        let address = {
            let mut roster = self.peers.roster();
            let Some(member) = roster.members.get_mut(&key).filter(|member| !member.asked) else { return };
            let Some(address) = member.address().cloned() else { return };
            member.asked = true;
            address
        };
        let asked = Asked(&self.peers, key);
        let limit = Duration::from_millis(TIMEOUT_MS);
        let came = match tokio::time::timeout(limit, self.ask_peer(&key, &address)).await {
            Ok(came) => came,
            Err(_) => Err(NoAnswer::Unreached(format!("no response within {} s", TIMEOUT_MS / 1_000))),
        };
        let problem = match &came {
            Ok(_) => None,
            Err(no) => Some(format!("{address}: {no}")),
        };
        drop(asked);
        {
            let mut roster = self.peers.roster();
            let Some(member) = roster.members.get_mut(&key) else { return };
            if problem.is_some() {
                member.challenge = None;
                member.other_address = !member.other_address && member.stored.told_url != member.stored.url;
            }
            if problem != member.problem
                && let Some(problem) = &problem
            {
                tracing::debug!(peer = member.stored.name, problem, "could not poll a peer");
            }
            member.problem = problem;
        }
        match came {
            Ok(Came::Report(report, asked)) => self.take_report(&key, *report, ReportOrigin::Answered(asked)).await,
            Ok(Came::Removed) => {
                if let Err(error) = self.was_removed(&key).await {
                    tracing::error!(%error, "could not record that this server was removed; trying again");
                }
            }
            Err(_) => {}
        }
    }

    /// Polls, and repeats once if the first request was not fresh.
    async fn ask_peer(&self, key: &PeerKey, address: &PeerUrl) -> Result<Came, NoAnswer> {
        for _ in 0..2 {
            let (request, asked) = self.request_for(key)?;
            let body = serde_json::to_vec(&request).map_err(|error| NoAnswer::Client(error.to_string()))?;
            let bytes = self.peers.post(address, "poll", body).await?;
            let answer = PollAnswer::parse(&bytes).map_err(NoAnswer::Message)?;
            let said = answer.said(key, &request).map_err(NoAnswer::Message)?;
            if let Some(member) = self.peers.roster().members.get_mut(key) {
                member.challenge = Some(answer.challenge);
            }
            match said {
                PollReply::Report(report) => return Ok(Came::Report(report, asked)),
                PollReply::Removed => return Ok(Came::Removed),
                PollReply::Repeat => {}
            }
        }
        Err(NoAnswer::Message(MessageError::OtherQuestion))
    }

    fn request_for(&self, key: &PeerKey) -> Result<(PollRequest, ClockReading), NoAnswer> {
        let broken = |error: &dyn std::fmt::Display| NoAnswer::Client(error.to_string());
        let secret = self.peers.secret().map_err(|error| broken(&error))?;
        let report = self.report_for(key).ok_or_else(|| broken(&"It is no longer a member."))?;
        let challenge = self.peers.roster().members.get(key).and_then(|member| member.challenge);
        let request = PollRequest::sign(secret, key, challenge, Nonce::from_random(random()), &report);
        Ok((request.map_err(|error| broken(&error))?, self.peers.now()))
    }
}
