//! Messages of other servers of the installation.

use licensing::peers::{JoinAnswer, JoinRequest, PollAnswer, PollRequest, protocol_of};

use crate::{
    is_a_sentence,
    seeds::{invitation, join_request, peer, poll_request},
};

pub(crate) fn run(bytes: &[u8]) {
    if let Err(error) = protocol_of(bytes) {
        is_a_sentence(&error);
    }
    if let Ok(request) = PollRequest::parse(bytes) {
        let _ = request.report();
        if let Err(error) = request.check(&peer(1).public(), &peer(2).public().fingerprint()) {
            is_a_sentence(&error);
        }
    }
    if let Ok(answer) = PollAnswer::parse(bytes)
        && let Err(error) = answer.said(&peer(2).public(), &poll_request())
    {
        is_a_sentence(&error);
    }
    if let Ok(request) = JoinRequest::parse(bytes)
        && let Err(error) = request.candidate()
    {
        is_a_sentence(&error);
    }
    if let Ok(answer) = JoinAnswer::parse(bytes)
        && let Err(error) = answer.said(&invitation(), &join_request())
    {
        is_a_sentence(&error);
    }
}
