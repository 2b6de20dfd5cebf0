use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    canonical::{CanonicalError, canonical},
    vendor_key::Fingerprint,
};

/// Prefix hashed before a key for its fingerprint.
const DOMAIN: &[u8] = b"leasehold server key 1\0";

/// The public half of a server's key (Ed25519). In JSON, base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PeerKey([u8; 32]);

/// Not a server's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This is not a server's key. Invite the server again.")]
pub struct PeerKeyError;

impl PeerKey {
    /// From its 32 bytes.
    ///
    /// # Errors
    /// If they are not a key, or one for which anyone could sign.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<PeerKey, PeerKeyError> {
        match VerifyingKey::from_bytes(&bytes) {
            Ok(key) if !key.is_weak() => Ok(PeerKey(bytes)),
            _ => Err(PeerKeyError),
        }
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 over `leasehold server key 1`, a zero byte and the key.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::from_bytes(Sha256::new().chain_update(DOMAIN).chain_update(self.0).finalize().into())
    }

    /// Whether `signature` is the one of this key over `domain` and `value`. Strict: rejects signatures with a second
    /// form.
    #[must_use]
    pub fn verifies(&self, domain: &str, value: &Value, signature: &str) -> bool {
        let Ok(bytes) = BASE64_STANDARD.decode(signature) else { return false };
        let Ok(signature) = Signature::from_slice(&bytes) else { return false };
        let Ok(key) = VerifyingKey::from_bytes(&self.0) else { return false };
        message(domain, value).is_ok_and(|message| key.verify_strict(&message, &signature).is_ok())
    }
}

fn message(domain: &str, value: &Value) -> Result<Vec<u8>, CanonicalError> {
    Ok([domain.as_bytes(), &[0], &canonical(value)?].concat())
}

impl fmt::Debug for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerKey({})", self.fingerprint())
    }
}

impl From<PeerKey> for String {
    fn from(key: PeerKey) -> String {
        BASE64_STANDARD.encode(key.0)
    }
}

impl TryFrom<String> for PeerKey {
    type Error = PeerKeyError;

    fn try_from(text: String) -> Result<PeerKey, PeerKeyError> {
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| PeerKeyError)?;
        PeerKey::from_bytes(bytes.try_into().map_err(|_| PeerKeyError)?)
    }
}

/// A server's key. Wiped from memory when dropped; never shown.
#[derive(Clone)]
pub struct PeerSecret(SigningKey);

impl PeerSecret {
    /// The key that follows from 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> PeerSecret {
        PeerSecret(SigningKey::from_bytes(&seed))
    }

    /// The seed, for storage.
    #[must_use]
    pub fn to_seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PeerKey {
        PeerKey(self.0.verifying_key().to_bytes())
    }

    /// The signature over `domain`, a zero byte and the canonical form, in base64.
    ///
    /// # Errors
    /// When the value has no canonical form: a number in it is too large.
    pub fn sign(&self, domain: &str, value: &Value) -> Result<String, CanonicalError> {
        Ok(BASE64_STANDARD.encode(self.0.sign(&message(domain, value)?).to_bytes()))
    }
}

impl fmt::Debug for PeerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerSecret(of {})", self.public().fingerprint())
    }
}
