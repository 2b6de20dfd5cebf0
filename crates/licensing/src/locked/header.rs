use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_STANDARD};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256, setup_receiver, setup_sender_with_rng,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use serde::{Deserialize, Serialize};

use super::DayRoot;
use crate::{
    canonical::hex,
    guid::Guid,
    vendor_key::{KeyId, VendorKey, VendorSecret},
};

/// Purpose of a sealing.
const INFO: &[u8] = b"leasehold locked day 1";

/// The id of a key header: 8 random bytes, written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderId(pub [u8; 8]);

impl fmt::Display for HeaderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for HeaderId {
    type Err = HeaderError;

    fn from_str(text: &str) -> Result<Self, HeaderError> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        number.map(|number| Self(number.to_be_bytes())).ok_or(HeaderError::Malformed)
    }
}

/// A day's root, sealed to the vendor's key. The report carries it; no record is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyHeader {
    /// Its id, 16 hexadecimal digits.
    pub id: String,
    /// The UTC day, counted from 1970-01-01.
    pub day: i64,
    /// The key it is sealed to.
    pub vendor_key_id: KeyId,
    /// The sealed root, base64.
    pub sealed: String,
}

/// Why a header can't be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a header.
    #[error("This is not the header of a day's key.")]
    Malformed,
    /// Sealed to another key, for another server or day, or changed.
    #[error("The header of this day's key was changed, belongs to another server, or is sealed to another key.")]
    Damaged,
}

/// What a header is bound to.
fn bound(guid: Guid, day: i64, id: HeaderId) -> Vec<u8> {
    [&guid.as_bytes()[..], &day.to_be_bytes(), &id.0].concat()
}

/// Seals a root to the vendor. `seed` must be fresh random bytes each time.
///
/// # Errors
/// [`HeaderError::Damaged`] for a vendor key that nothing can be sealed to.
pub fn seal_header(key: &VendorKey, guid: Guid, root: &DayRoot, seed: [u8; 32]) -> Result<KeyHeader, HeaderError> {
    let sealed = || {
        let to = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&key.sealing)?;
        let mut randomness = ChaCha20Rng::from_seed(seed);
        let (encapped, mut context) = setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &to,
            INFO,
            &mut randomness,
        )?;
        let ciphertext = context.seal(root.bytes(), &bound(guid, root.day, root.id))?;
        Ok::<_, hpke::HpkeError>([&encapped.to_bytes()[..], &ciphertext].concat())
    };
    let sealed = sealed().map_err(|_| HeaderError::Damaged)?;
    Ok(KeyHeader {
        id: root.id.to_string(),
        day: root.day,
        vendor_key_id: key.id(),
        sealed: BASE64_STANDARD.encode(sealed),
    })
}

/// Opens a header of the server with that GUID.
///
/// # Errors
/// [`HeaderError`]
pub fn open_header(secret: &VendorSecret, guid: Guid, header: &KeyHeader) -> Result<DayRoot, HeaderError> {
    let id: HeaderId = header.id.parse()?;
    let sealed = BASE64_STANDARD.decode(&header.sealed).map_err(|_| HeaderError::Malformed)?;
    let (encapped, ciphertext) = sealed.split_first_chunk::<32>().ok_or(HeaderError::Malformed)?;
    let opened = || {
        let mut context = setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            secret.sealing_key(),
            &<X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapped)?,
            INFO,
        )?;
        context.open(ciphertext, &bound(guid, header.day, id))
    };
    let root = opened().map_err(|_| HeaderError::Damaged)?;
    let root: [u8; 32] = root.try_into().map_err(|_| HeaderError::Malformed)?;
    Ok(DayRoot::new(header.day, id.0, root))
}
