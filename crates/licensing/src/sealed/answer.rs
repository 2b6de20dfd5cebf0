use std::fmt;

use hpke::{
    HpkeError,
    aead::ChaCha20Poly1305,
    danger::streaming_enc::{AeadKey, AeadNonce, ExporterSecret, create_receiver_context, create_sender_context},
    kdf::HkdfSha256,
    kem::X25519HkdfSha256,
};

use super::{SealError, body, hkdf};

/// Magic bytes of a sealed answer.
const ANSWER_MARK: &[u8; 4] = b"LHA1";
/// Label for deriving the answer's secret from the request's.
const ANSWER_LABEL: &[u8] = b"leasehold answer 1";
/// The mark and the nonce.
const ANSWER_HEADER: usize = 4 + 16;

type Cipher = ChaCha20Poly1305;

/// The secret shared by both ends of one request. Wiped from memory when dropped.
struct Shared {
    encapped: [u8; 32],
    secret: ExporterSecret<HkdfSha256>,
}

impl Shared {
    fn new(
        encapped: [u8; 32],
        export: impl FnOnce(&[u8], &mut [u8]) -> Result<(), HpkeError>,
    ) -> Result<Shared, HpkeError> {
        let mut secret = ExporterSecret::default();
        export(ANSWER_LABEL, &mut secret.0)?;
        Ok(Shared { encapped, secret })
    }

    /// Key and nonce of the answer (RFC 9458, 4.4).
    fn key(&self, nonce: &[u8; 16]) -> (AeadKey<Cipher>, AeadNonce<Cipher>) {
        let salt = [&self.encapped[..], nonce].concat();
        let fresh = hkdf::extract(&salt, &self.secret.0);
        let mut key = AeadKey::<Cipher>::default();
        key.0.copy_from_slice(&hkdf::expand(&fresh, b"key"));
        let mut base = AeadNonce::<Cipher>::default();
        let length = base.0.len();
        base.0.copy_from_slice(&hkdf::expand(&fresh, b"nonce")[..length]);
        (key, base)
    }
}

/// Opens the answer to one request.
pub struct AnswerOpener(Option<Shared>);

impl AnswerOpener {
    pub(super) fn new(
        encapped: [u8; 32],
        export: impl FnOnce(&[u8], &mut [u8]) -> Result<(), HpkeError>,
    ) -> Result<AnswerOpener, HpkeError> {
        Shared::new(encapped, export).map(|shared| AnswerOpener(Some(shared)))
    }

    /// Opens nothing.
    pub(super) fn closed() -> AnswerOpener {
        AnswerOpener(None)
    }

    /// Opens the answer to the request this came with.
    ///
    /// # Errors
    /// For any changed byte, and the answer to any other request.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let shared = self.0.as_ref().ok_or(SealError::UnusableKey)?;
        let rest = body(sealed, ANSWER_MARK, ANSWER_HEADER)?;
        let (nonce, ciphertext) = rest.split_first_chunk().ok_or(SealError::TooShort { bytes: sealed.len() })?;
        let (key, base) = shared.key(nonce);
        create_receiver_context::<Cipher, HkdfSha256, X25519HkdfSha256>(&key, base, ExporterSecret::default())
            .open(ciphertext, b"")
            .map_err(|_| SealError::Damaged)
    }
}

impl fmt::Debug for AnswerOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener(…)")
    }
}

/// Seals the answer to one request.
pub struct AnswerSealer(Shared);

impl AnswerSealer {
    pub(super) fn new(
        encapped: [u8; 32],
        export: impl FnOnce(&[u8], &mut [u8]) -> Result<(), HpkeError>,
    ) -> Result<AnswerSealer, HpkeError> {
        Shared::new(encapped, export).map(AnswerSealer)
    }

    /// Seals the answer. `nonce` must be fresh random bytes each time.
    #[must_use]
    pub fn seal(&self, plain: &[u8], nonce: [u8; 16]) -> Vec<u8> {
        let (key, base) = self.0.key(&nonce);
        let ciphertext =
            create_sender_context::<Cipher, HkdfSha256, X25519HkdfSha256>(&key, base, ExporterSecret::default())
                .seal(plain, b"")
                .expect("the first message under a key, of far less than 256 GiB, is always sealed");
        [ANSWER_MARK, &nonce[..], &ciphertext].concat()
    }
}

impl fmt::Debug for AnswerSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replier(…)")
    }
}
