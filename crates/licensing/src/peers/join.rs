use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::message::{MessageError, protocol_of};
use super::{Invitation, MemberListing, Nonce, PeerKey, PeerSecret, PeerUrl, Role, VERSION};
use crate::{canonical::CanonicalError, context::Context, guid::Guid};

/// Domain of the joiner's own signature.
const JOIN: &str = "leasehold server join 1";
/// Domain of the signature with the code.
const PROOF: &str = "leasehold server join proof 1";
/// Domain of the answer's signature.
const WELCOME: &str = "leasehold server join answer 1";

/// A joining server's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The name it would like.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its context; `None` while it is not registered.
    pub context: Option<Context>,
    /// Its GUID; `None` while it is not registered.
    pub guid: Option<Guid>,
    /// Its address, if it can be reached.
    pub url: Option<PeerUrl>,
    /// The inviting server's address from there.
    pub reached_at: PeerUrl,
}

/// `POST /peer/v1/join`: a server with a code asks to join.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// [`VERSION`].
    pub protocol: u32,
    /// The public half of the key derived from the code.
    pub invitation: PeerKey,
    /// The joiner's key.
    pub key: PeerKey,
    /// Of this request alone.
    pub nonce: Nonce,
    /// A [`Candidate`].
    pub body: Value,
    /// The signature over all of this with the code, base64.
    pub proof: String,
    /// The same with the joiner's key.
    pub signature: String,
}

impl JoinRequest {
    /// Signs a server's data with its key and with the code.
    ///
    /// # Errors
    /// When it has no canonical form.
    pub fn sign(
        secret: &PeerSecret,
        code: &Invitation,
        nonce: Nonce,
        candidate: &Candidate,
    ) -> Result<JoinRequest, CanonicalError> {
        let body = serde_json::to_value(candidate)
            .map_err(|error| CanonicalError::Unwritable { reason: error.to_string() })?;
        let mut request = JoinRequest {
            protocol: VERSION,
            invitation: code.public(),
            key: secret.public(),
            nonce,
            body,
            proof: String::new(),
            signature: String::new(),
        };
        let signed = request.signed();
        request.proof = code.key().sign(PROOF, &signed)?;
        request.signature = secret.sign(JOIN, &signed)?;
        Ok(request)
    }

    fn signed(&self) -> Value {
        let JoinRequest { protocol, invitation, key, nonce, body, .. } = self;
        json!({ "protocol": protocol, "invitation": invitation, "key": key, "nonce": nonce, "body": body })
    }

    /// Reads a request; nothing of it is believed yet.
    ///
    /// # Errors
    /// Another version first, then anything that is no request.
    pub fn parse(bytes: &[u8]) -> Result<JoinRequest, MessageError> {
        protocol_of(bytes)?;
        serde_json::from_slice(bytes).map_err(|_| MessageError::Malformed)
    }

    /// The joiner's data, if it has the code and its key. Doesn't check whether the code is this server's and still
    /// valid.
    ///
    /// # Errors
    /// What is not right with it.
    pub fn candidate(&self) -> Result<Candidate, MessageError> {
        let signed = self.signed();
        let good =
            self.invitation.verifies(PROOF, &signed, &self.proof) && self.key.verifies(JOIN, &signed, &self.signature);
        if !good {
            return Err(MessageError::BadSignature);
        }
        Candidate::deserialize(&self.body).map_err(|_| MessageError::Malformed)
    }
}

/// The result for a server that has joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinWelcome {
    /// The joiner's name from now on.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Who invited it.
    pub inviter: MemberListing,
    /// The other members; empty unless the inviting server is the primary.
    pub members: Vec<MemberListing>,
}

/// The content of an answer to a [`JoinRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinSaid {
    /// It has joined.
    Welcome(Box<JoinWelcome>),
    /// It has not, and why: a sentence.
    Refused(String),
}

/// The answer to a [`JoinRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JoinAnswer {
    /// [`VERSION`].
    pub protocol: u32,
    /// The answering server's key.
    pub key: PeerKey,
    /// The joiner's key.
    pub to: PeerKey,
    /// The nonce of the request.
    pub answers: Nonce,
    /// A [`JoinSaid`].
    pub body: Value,
    /// Ed25519 over all of this, base64.
    pub signature: String,
}

impl JoinAnswer {
    /// Signs an answer.
    ///
    /// # Errors
    /// When it has no canonical form.
    pub fn sign(secret: &PeerSecret, request: &JoinRequest, said: &JoinSaid) -> Result<JoinAnswer, CanonicalError> {
        let body =
            serde_json::to_value(said).map_err(|error| CanonicalError::Unwritable { reason: error.to_string() })?;
        let mut answer = JoinAnswer {
            protocol: VERSION,
            key: secret.public(),
            to: request.key,
            answers: request.nonce,
            body,
            signature: String::new(),
        };
        answer.signature = secret.sign(WELCOME, &answer.signed())?;
        Ok(answer)
    }

    fn signed(&self) -> Value {
        let JoinAnswer { protocol, key, to, answers, body, .. } = self;
        json!({ "protocol": protocol, "key": key, "to": to, "answers": answers, "body": body })
    }

    /// Reads an answer; nothing of it is believed yet.
    ///
    /// # Errors
    /// Another version first, then anything that is no answer.
    pub fn parse(bytes: &[u8]) -> Result<JoinAnswer, MessageError> {
        protocol_of(bytes)?;
        serde_json::from_slice(bytes).map_err(|_| MessageError::Malformed)
    }

    /// Verifies and returns the inviting server's answer to `request`.
    ///
    /// # Errors
    /// The first problem, above all a key that doesn't match the code.
    pub fn said(&self, code: &Invitation, request: &JoinRequest) -> Result<JoinSaid, MessageError> {
        if !code.is_of(&self.key.fingerprint()) || self.to != request.key {
            return Err(MessageError::WrongServer);
        }
        if !self.key.verifies(WELCOME, &self.signed(), &self.signature) {
            return Err(MessageError::BadSignature);
        }
        if self.answers != request.nonce {
            return Err(MessageError::OtherQuestion);
        }
        JoinSaid::deserialize(&self.body).map_err(|_| MessageError::Malformed)
    }
}
