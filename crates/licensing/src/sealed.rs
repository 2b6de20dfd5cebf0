//! Sealing of requests to a node over plain HTTP, and of answers (HPKE, RFC 9180; answers as in RFC 9458).
//!
//! A request is `LHQ1`, the id of the node's key (8 bytes), the encapsulated key (32 bytes) and the ciphertext. Its
//! answer is `LHA1`, a nonce (16 bytes) and the ciphertext, under a key that only the two ends of that request know.
//! Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.

mod answer;
mod hkdf;
mod plain;

pub use answer::{AnswerOpener, AnswerSealer};
pub use plain::{SealedAnswer, SealedPlain, padded};

use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256, setup_receiver, setup_sender_with_rng,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use crate::vendor_key::{KeyId, VendorKey, VendorSecret};

/// The media type of a sealed body, in both directions.
pub const CONTENT_TYPE: &str = "application/vnd.leasehold.sealed";

/// Maximum size of a sealed body, bytes: an answer at its own limit, with every character escaped once.
pub const MAX_SEALED: usize = 16 * 1024 * 1024;

/// Magic bytes of a sealed request.
const REQUEST_MARK: &[u8; 4] = b"LHQ1";
/// Purpose of a sealing.
const REQUEST_INFO: &[u8] = b"leasehold request 1";
/// The mark, the key id and the encapsulated key.
const REQUEST_HEADER: usize = 4 + 8 + 32;

type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Why a sealed body can't be opened. Its content is unknown then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a sealed body at all.
    #[error(
        "This is not a sealed message of Leasehold. A proxy may have replaced it: check the address, and proxies on the way."
    )]
    NotSealed,
    /// It ends too early.
    #[error("The sealed message is cut off: only {bytes} bytes arrived. Send it again.")]
    TooShort {
        /// What arrived.
        bytes: usize,
    },
    /// Beyond [`MAX_SEALED`].
    #[error(
        "The sealed message is too large: {bytes} bytes instead of at most {MAX_SEALED}. Check that the address is a licensing node's."
    )]
    TooLarge {
        /// What arrived.
        bytes: usize,
    },
    /// Sealed to a key this node does not have.
    #[error(
        "The message is sealed for the key {key_id}, which this node does not have. Register the server again with the node's current key."
    )]
    OtherKey {
        /// The id in the message.
        key_id: KeyId,
    },
    /// Changed on the way, or sealed by someone else.
    #[error("The sealed message was changed on the way, or answers another request. Send the request again.")]
    Damaged,
    /// Invalid content.
    #[error(
        "The content of the sealed message is invalid: {problem}. Check that server and node have the same version."
    )]
    Content {
        /// What is wrong, as a clause.
        problem: String,
    },
    /// The key is invalid.
    #[error("This key is invalid, so nothing can be sealed for it. Register the server again with the vendor's key.")]
    UnusableKey,
}

/// Seals a request to a node. `seed` must be fresh random bytes each time. Also returns the opener of the answer.
///
/// An invalid key gives an empty body and an opener that opens nothing, so that nothing is sent unsealed by mistake.
#[must_use]
pub fn seal_request(key: &VendorKey, plain: &[u8], seed: [u8; 32]) -> (Vec<u8>, AnswerOpener) {
    try_seal(key, plain, seed).unwrap_or_else(|_| (Vec::new(), AnswerOpener::closed()))
}

fn try_seal(key: &VendorKey, plain: &[u8], seed: [u8; 32]) -> Result<(Vec<u8>, AnswerOpener), hpke::HpkeError> {
    let to = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&key.sealing)?;
    let mut randomness = ChaCha20Rng::from_seed(seed);
    let (encapped, mut context) = setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &to,
        REQUEST_INFO,
        &mut randomness,
    )?;
    let encapped: [u8; 32] = encapped.to_bytes().into();
    let ciphertext = context.seal(plain, b"")?;
    let opener = AnswerOpener::new(encapped, |label, out| context.export(label, out))?;
    Ok(([REQUEST_MARK, &key.id().as_bytes()[..], &encapped, &ciphertext].concat(), opener))
}

/// Whether this key is valid for sealing.
pub(crate) fn can_seal_to(key: &VendorKey) -> bool {
    // Nothing is sent, so the randomness doesn't matter.
    try_seal(key, b"", [7; 32]).is_ok()
}

/// Opens a request that was sealed to `secret`. Also returns the sealer of the answer.
///
/// # Errors
/// For any changed byte, and any body sealed for another key.
pub fn open_request(secret: &VendorSecret, sealed: &[u8]) -> Result<(Vec<u8>, AnswerSealer), SealError> {
    let rest = body(sealed, REQUEST_MARK, REQUEST_HEADER)?;
    let (key_id, rest) = rest.split_first_chunk::<8>().ok_or(SealError::TooShort { bytes: sealed.len() })?;
    let (encapped, ciphertext) = rest.split_first_chunk::<32>().ok_or(SealError::TooShort { bytes: sealed.len() })?;
    let key_id = KeyId::from_bytes(*key_id);
    if key_id != secret.public().id() {
        return Err(SealError::OtherKey { key_id });
    }
    open_with(secret, encapped, ciphertext).map_err(|_| SealError::Damaged)
}

fn open_with(
    secret: &VendorSecret,
    encapped: &[u8; 32],
    ciphertext: &[u8],
) -> Result<(Vec<u8>, AnswerSealer), hpke::HpkeError> {
    let mut context = setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        secret.sealing_key(),
        &EncappedKey::from_bytes(encapped)?,
        REQUEST_INFO,
    )?;
    let plain = context.open(ciphertext, b"")?;
    let replier = AnswerSealer::new(*encapped, |label, out| context.export(label, out))?;
    Ok((plain, replier))
}

/// The part after the magic bytes, if the sizes are valid.
fn body<'a>(sealed: &'a [u8], mark: &[u8; 4], header: usize) -> Result<&'a [u8], SealError> {
    /// Of Poly1305, in bytes.
    const TAG: usize = 16;
    let bytes = sealed.len();
    let rest = sealed.strip_prefix(mark).ok_or(SealError::NotSealed)?;
    if bytes > MAX_SEALED {
        return Err(SealError::TooLarge { bytes });
    }
    if bytes < header + TAG { Err(SealError::TooShort { bytes }) } else { Ok(rest) }
}

#[cfg(test)]
mod tests;
