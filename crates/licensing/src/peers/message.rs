use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{MOST_BYTES, Nonce, PeerKey, PeerReport, PeerSecret, VERSION};
use crate::{canonical::CanonicalError, client_protocol::WRONG_VERSION, vendor_key::Fingerprint};

/// Signature domain of a request.
const REQUEST: &str = "leasehold server request 1";
/// Signature domain of an answer.
const ANSWER: &str = "leasehold server answer 1";

/// Why a message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Another version of the protocol.
    #[error(
        "{WRONG_VERSION} The other server uses version {theirs} of the peer protocol, this one version {VERSION}. Update the older one."
    )]
    Version {
        /// Theirs.
        theirs: u64,
    },
    /// Not a message of this protocol.
    #[error("This is not a message from a server of the installation. Check the address.")]
    Malformed,
    /// Too large.
    #[error("The message is larger than {} kB, the maximum between servers.", MOST_BYTES / 1024)]
    TooLarge,
    /// For or from another server.
    #[error(
        "This message is not from that server, or not for this one. Check the address: another server may be there."
    )]
    WrongServer,
    /// Not signed by its key.
    #[error("The signature of this message is invalid: it was altered on the way, or forged.")]
    BadSignature,
    /// An answer to something else.
    #[error("This answers a different message: it may be a replay.")]
    OtherQuestion,
}

/// The version of any message: it is unencrypted, so that another version can be named in the refusal.
///
/// # Errors
/// [`MessageError::Version`] for any but [`VERSION`].
pub fn protocol_of(bytes: &[u8]) -> Result<(), MessageError> {
    #[derive(Deserialize)]
    struct Any {
        protocol: u64,
    }
    if bytes.len() > MOST_BYTES {
        return Err(MessageError::TooLarge);
    }
    match serde_json::from_slice::<Any>(bytes) {
        Ok(Any { protocol }) if protocol == u64::from(VERSION) => Ok(()),
        Ok(Any { protocol }) => Err(MessageError::Version { theirs: protocol }),
        Err(_) => Err(MessageError::Malformed),
    }
}

/// `POST /peer/v1/poll`: a member's report to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PollRequest {
    /// [`VERSION`].
    pub protocol: u32,
    /// Fingerprint of the sender's key.
    pub from: Fingerprint,
    /// Fingerprint of the recipient's key.
    pub to: Fingerprint,
    /// From the last answer; missing in a first request.
    pub challenge: Option<Nonce>,
    /// Unique to this request.
    pub nonce: Nonce,
    /// A [`PeerReport`].
    pub body: Value,
    /// Ed25519 over all of this, base64.
    pub signature: String,
}

impl PollRequest {
    /// Signs a report.
    ///
    /// # Errors
    /// When a number in it is too large to be signed.
    pub fn sign(
        secret: &PeerSecret,
        to: &PeerKey,
        challenge: Option<Nonce>,
        nonce: Nonce,
        report: &PeerReport,
    ) -> Result<PollRequest, CanonicalError> {
        let body =
            serde_json::to_value(report).map_err(|error| CanonicalError::Unwritable { reason: error.to_string() })?;
        let (from, to) = (secret.public().fingerprint(), to.fingerprint());
        let mut request = PollRequest { protocol: VERSION, from, to, challenge, nonce, body, signature: String::new() };
        request.signature = secret.sign(REQUEST, &request.signed())?;
        Ok(request)
    }

    fn signed(&self) -> Value {
        let PollRequest { protocol, from, to, challenge, nonce, body, .. } = self;
        json!({ "protocol": protocol, "from": from, "to": to, "challenge": challenge, "nonce": nonce, "body": body })
    }

    /// Parses a request, without verifying it.
    ///
    /// # Errors
    /// A different version first, then any invalid request.
    pub fn parse(bytes: &[u8]) -> Result<PollRequest, MessageError> {
        protocol_of(bytes)?;
        serde_json::from_slice(bytes).map_err(|_| MessageError::Malformed)
    }

    /// Verifies that it is from the server with this key and for the one with the fingerprint `own`.
    ///
    /// # Errors
    /// The first problem. [`Freshness`](super::Freshness) checks whether it is fresh.
    pub fn check(&self, key: &PeerKey, own: &Fingerprint) -> Result<(), MessageError> {
        if self.from != key.fingerprint() || self.to != *own {
            return Err(MessageError::WrongServer);
        }
        if key.verifies(REQUEST, &self.signed(), &self.signature) { Ok(()) } else { Err(MessageError::BadSignature) }
    }

    /// Its report. Ignores unknown members.
    ///
    /// # Errors
    /// If it is not a report.
    pub fn report(&self) -> Result<PeerReport, MessageError> {
        PeerReport::deserialize(&self.body).map_err(|_| MessageError::Malformed)
    }
}

/// The content of an answer to a [`PollRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PollReply {
    /// The request was accepted; this server's report.
    Report(Box<PeerReport>),
    /// The request may be a replay: repeat it with this answer's challenge.
    Repeat,
    /// The sender was removed from the installation.
    Removed,
}

/// The answer to a [`PollRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PollAnswer {
    /// [`VERSION`].
    pub protocol: u32,
    /// Fingerprint of the answering server's key.
    pub from: Fingerprint,
    /// Fingerprint of the requesting server's key.
    pub to: Fingerprint,
    /// The nonce of the request.
    pub answers: Nonce,
    /// For the next request.
    pub challenge: Nonce,
    /// A [`PollReply`].
    pub body: Value,
    /// Ed25519 over all of this, base64.
    pub signature: String,
}

impl PollAnswer {
    /// Signs an answer.
    ///
    /// # Errors
    /// When a number in it is too large to be signed.
    pub fn sign(
        secret: &PeerSecret,
        request: &PollRequest,
        challenge: Nonce,
        said: &PollReply,
    ) -> Result<PollAnswer, CanonicalError> {
        let body =
            serde_json::to_value(said).map_err(|error| CanonicalError::Unwritable { reason: error.to_string() })?;
        let mut answer = PollAnswer {
            protocol: VERSION,
            from: secret.public().fingerprint(),
            to: request.from,
            answers: request.nonce,
            challenge,
            body,
            signature: String::new(),
        };
        answer.signature = secret.sign(ANSWER, &answer.signed())?;
        Ok(answer)
    }

    fn signed(&self) -> Value {
        let PollAnswer { protocol, from, to, answers, challenge, body, .. } = self;
        json!({ "protocol": protocol, "from": from, "to": to, "answers": answers, "challenge": challenge, "body": body })
    }

    /// Parses an answer, without verifying it.
    ///
    /// # Errors
    /// A different version first, then any invalid answer.
    pub fn parse(bytes: &[u8]) -> Result<PollAnswer, MessageError> {
        protocol_of(bytes)?;
        serde_json::from_slice(bytes).map_err(|_| MessageError::Malformed)
    }

    /// Verifies and returns the answer of the server with this key to `request`.
    ///
    /// # Errors
    /// The first problem.
    pub fn said(&self, key: &PeerKey, request: &PollRequest) -> Result<PollReply, MessageError> {
        if self.from != key.fingerprint() || self.to != request.from {
            return Err(MessageError::WrongServer);
        }
        if !key.verifies(ANSWER, &self.signed(), &self.signature) {
            return Err(MessageError::BadSignature);
        }
        if self.answers != request.nonce {
            return Err(MessageError::OtherQuestion);
        }
        PollReply::deserialize(&self.body).map_err(|_| MessageError::Malformed)
    }
}
