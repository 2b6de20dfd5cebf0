use std::fmt;

use ed25519_dalek::SigningKey;
use hpke::{Deserializable, Kem, Serializable, kem::X25519HkdfSha256};

use super::VendorKey;

/// The type of X25519 keys.
type SealingKey = <X25519HkdfSha256 as Kem>::PrivateKey;

/// The private halves of a node's keys. Wiped from memory when dropped; never shown.
#[derive(Clone)]
pub struct VendorSecret {
    signing: SigningKey,
    sealing: SealingKey,
}

impl VendorSecret {
    /// The keys derived from two random seeds of 32 bytes.
    #[must_use]
    pub fn from_seeds(signing_seed: [u8; 32], sealing_seed: [u8; 32]) -> VendorSecret {
        let sealing = SealingKey::from_bytes(&sealing_seed).expect("any 32 bytes are an X25519 key");
        VendorSecret { signing: SigningKey::from_bytes(&signing_seed), sealing }
    }

    /// The public halves.
    #[must_use]
    pub fn public(&self) -> VendorKey {
        VendorKey {
            signing: self.signing.verifying_key().to_bytes(),
            sealing: X25519HkdfSha256::sk_to_pk(&self.sealing).to_bytes().into(),
        }
    }

    /// Both seeds, for storage. (Of the sealing seed the bits that X25519 does not use come back cleared or set.)
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(self.signing.as_bytes());
        bytes[32..].copy_from_slice(&self.sealing.to_bytes());
        bytes
    }

    /// From [`VendorSecret::to_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 64]) -> VendorSecret {
        let [mut signing, mut sealing] = [[0; 32]; 2];
        signing.copy_from_slice(&bytes[..32]);
        sealing.copy_from_slice(&bytes[32..]);
        VendorSecret::from_seeds(signing, sealing)
    }

    pub(crate) fn signing_key(&self) -> &SigningKey {
        &self.signing
    }

    pub(crate) fn sealing_key(&self) -> &SealingKey {
        &self.sealing
    }
}

impl fmt::Debug for VendorSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VendorSecret(of {})", self.public().fingerprint())
    }
}
