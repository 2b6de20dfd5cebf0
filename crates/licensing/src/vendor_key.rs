//! The keys of a licensing node: Ed25519 for signing answers, X25519 for sealing requests.
//!
//! A server trusts the keys pinned at registration and no others; people compare them by their [`Fingerprint`].

mod error;
mod fingerprint;
mod secret;

pub use error::KeyError;
pub use fingerprint::{Fingerprint, KeyId};
pub use secret::VendorSecret;

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Prefix hashed before the two public halves.
const DOMAIN: &[u8] = b"leasehold vendor key 1\0";

/// The public halves of a node's keys. In JSON `{"signing":"…","sealing":"…","fingerprint":"SHA256:…"}`, the halves in
/// base64; on reading, the fingerprint must match the halves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WrittenKey", into = "WrittenKey")]
pub struct VendorKey {
    /// Ed25519.
    pub signing: [u8; 32],
    /// X25519.
    pub sealing: [u8; 32],
}

impl VendorKey {
    /// SHA-256 over `leasehold vendor key 1`, a zero byte and both halves.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let digest = Sha256::new().chain_update(DOMAIN).chain_update(self.signing).chain_update(self.sealing);
        Fingerprint::from_bytes(digest.finalize().into())
    }

    /// The first 8 bytes of the fingerprint: enough to find a key among the pinned ones.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.fingerprint().key_id()
    }

    /// Whether both halves are safe: with a signing key of small order one signature fits any message, and with such a
    /// sealing key everyone knows the secret.
    fn usable(&self) -> bool {
        VerifyingKey::from_bytes(&self.signing).is_ok_and(|key| !key.is_weak()) && crate::sealed::can_seal_to(self)
    }
}

impl fmt::Debug for VendorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VendorKey({})", self.fingerprint())
    }
}

/// The answer of a node to `GET /keys`: `{"keys":[…]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    /// The node's keys, its signing one first.
    pub keys: Vec<VendorKey>,
}

/// A key in JSON.
#[derive(Serialize, Deserialize)]
pub(crate) struct WrittenKey {
    pub(crate) signing: String,
    pub(crate) sealing: String,
    pub(crate) fingerprint: String,
}

impl From<VendorKey> for WrittenKey {
    fn from(key: VendorKey) -> WrittenKey {
        WrittenKey {
            signing: BASE64_STANDARD.encode(key.signing),
            sealing: BASE64_STANDARD.encode(key.sealing),
            fingerprint: key.fingerprint().to_string(),
        }
    }
}

impl TryFrom<WrittenKey> for VendorKey {
    type Error = KeyError;

    fn try_from(written: WrittenKey) -> Result<VendorKey, KeyError> {
        let key =
            VendorKey { signing: half("signing", &written.signing)?, sealing: half("sealing", &written.sealing)? };
        let stated: Fingerprint = written.fingerprint.parse()?;
        if stated != key.fingerprint() {
            return Err(KeyError::Mismatch { stated, real: key.fingerprint() });
        }
        if key.usable() { Ok(key) } else { Err(KeyError::Unusable) }
    }
}

fn half(name: &'static str, text: &str) -> Result<[u8; 32], KeyError> {
    let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| KeyError::NotBase64 { name })?;
    bytes.try_into().map_err(|_| KeyError::NotBase64 { name })
}

#[cfg(test)]
mod tests;
