//! JSON in the one form that is signed (RFC 8785), so that text that was re-indented, re-ordered or re-encoded on the
//! way still has a valid signature.

pub(crate) mod instant;
pub(crate) mod members;

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signature, Signer, VerifyingKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::vendor_key::{VendorKey, VendorSecret};

/// The largest integer that every JSON reader keeps exactly: 2⁵³ − 1 (RFC 7493).
pub const LARGEST_INTEGER: u64 = (1 << 53) - 1;

/// Why a JSON value has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// A number that re-encoding may change.
    #[error(
        "The number {number} is too large. Numbers in signed JSON must be between −{LARGEST_INTEGER} and {LARGEST_INTEGER}; ask the sender for a smaller one."
    )]
    NumberTooLarge {
        /// The number as it was read.
        number: String,
    },
    /// The value cannot be written as JSON.
    #[error("This has no canonical form to sign ({reason}). Ask the sender for another one.")]
    Unwritable {
        /// What the writer said.
        reason: String,
    },
}

/// The canonical form of RFC 8785.
///
/// # Errors
/// A number beyond ±(2⁵³ − 1): it would change on re-encoding.
pub fn canonical(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    numbers_are_exact(value)?;
    serde_json_canonicalizer::to_vec(value).map_err(|error| CanonicalError::Unwritable { reason: error.to_string() })
}

fn numbers_are_exact(value: &Value) -> Result<(), CanonicalError> {
    match value {
        Value::Number(number) => {
            let magnitude = match (number.as_u64(), number.as_i64()) {
                (Some(whole), _) => Some(whole),
                (_, Some(whole)) => Some(whole.unsigned_abs()),
                // Every float of this size is a whole number, probably a truncated longer one.
                _ => number.as_f64().filter(|float| float.abs() > LARGEST_INTEGER as f64).map(|_| u64::MAX),
            };
            match magnitude {
                Some(magnitude) if magnitude > LARGEST_INTEGER => {
                    Err(CanonicalError::NumberTooLarge { number: number.to_string() })
                }
                _ => Ok(()),
            }
        }
        Value::Array(items) => items.iter().try_for_each(numbers_are_exact),
        Value::Object(members) => members.values().try_for_each(numbers_are_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

/// SHA-256 as 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The Ed25519 signature over `domain`, a zero byte and the canonical form, in base64. The domain keeps a signature
/// for one purpose from being valid for another.
///
/// # Errors
/// When the value has no canonical form.
pub fn sign(secret: &VendorSecret, domain: &str, value: &Value) -> Result<String, CanonicalError> {
    let message = message(domain, value)?;
    Ok(BASE64_STANDARD.encode(secret.signing_key().sign(&message).to_bytes()))
}

/// Whether `signature` is the one of this key over `domain` and `value`. Strict: rejects keys and signatures with more
/// than one form.
#[must_use]
pub fn verify(key: &VendorKey, domain: &str, value: &Value, signature: &str) -> bool {
    let Ok(bytes) = BASE64_STANDARD.decode(signature) else { return false };
    let Ok(signature) = Signature::from_slice(&bytes) else { return false };
    let Ok(key) = VerifyingKey::from_bytes(&key.signing) else { return false };
    message(domain, value).is_ok_and(|message| key.verify_strict(&message, &signature).is_ok())
}

fn message(domain: &str, value: &Value) -> Result<Vec<u8>, CanonicalError> {
    Ok([domain.as_bytes(), &[0], &canonical(value)?].concat())
}

#[cfg(test)]
mod tests;
