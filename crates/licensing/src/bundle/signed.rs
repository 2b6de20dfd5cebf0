use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Bundle, BundleError, wire};
use crate::{
    canonical::{self, canonical, sha256_hex},
    vendor_key::{KeyId, VendorKey, VendorSecret},
};

/// What a bundle's signature is for.
pub const DOMAIN: &str = "leasehold bundle 1";

/// A signed bundle, kept as received, so that it can be compared and verified again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SignedBundle {
    /// The bundle.
    pub bundle: Value,
    /// The key of the signature.
    pub key_id: KeyId,
    /// Ed25519 over the canonical bundle, in base64.
    pub signature: String,
}

impl SignedBundle {
    /// Signs a bundle.
    #[must_use]
    pub fn sign(secret: &VendorSecret, bundle: &Bundle) -> SignedBundle {
        let bundle = Value::from(bundle.clone());
        let signature = canonical::sign(secret, DOMAIN, &bundle).expect("a bundle is written with exact numbers only");
        SignedBundle { bundle, key_id: secret.public().id(), signature }
    }

    /// The bundle, when one of `keys` signed it.
    ///
    /// # Errors
    /// The signature first, then the first field that is wrong.
    pub fn verify(&self, keys: &[VendorKey]) -> Result<Bundle, BundleError> {
        let key = keys.iter().find(|key| key.id() == self.key_id);
        let key = key.ok_or(BundleError::UnknownKey { key_id: self.key_id })?;
        if !canonical::verify(key, DOMAIN, &self.bundle, &self.signature) {
            return Err(BundleError::BadSignature);
        }
        Ok(wire::bundle(&self.bundle)?)
    }

    /// SHA-256 of the canonical bundle: equal exactly for equal bundles.
    #[must_use]
    pub fn sha256(&self) -> String {
        // A bundle without a canonical form never verifies; its digest only has to be unique.
        let bytes = canonical(&self.bundle).unwrap_or_else(|_| self.bundle.to_string().into_bytes());
        sha256_hex(&bytes)
    }
}
