use super::Fingerprint;
use crate::excerpt::named_first;

/// Why something is not a key, a fingerprint or a key id. Each message is a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A fingerprint of the wrong length.
    #[error("A fingerprint has 64 hexadecimal digits; {found} here. Copy it again, from SHA256: to the last digit.")]
    FingerprintLength {
        /// Digits found.
        found: usize,
    },
    /// A character that is no digit.
    #[error("{} is not a hexadecimal digit (0–9, A–F). Copy the fingerprint again, from SHA256: to the last digit.", named_first(*.character))]
    WrongCharacter {
        /// The first such character.
        character: char,
    },
    /// Not the id of a key.
    #[error("A key id has 16 hexadecimal digits (0–9, a–f). Copy it again.")]
    KeyId,
    /// A half of a key that is not 32 bytes in base64.
    #[error("The {name} key is not 32 bytes in base64. Get the key from the vendor again.")]
    NotBase64 {
        /// `signing` or `sealing`.
        name: &'static str,
    },
    /// The fingerprint beside a key is another one.
    #[error(
        "The key does not match the fingerprint written beside it: written is {stated}, the key has {real}. Do not use it; get the key from the vendor again."
    )]
    Mismatch {
        /// The one written beside it.
        stated: Fingerprint,
        /// The one of the key.
        real: Fingerprint,
    },
    /// Halves that protect nothing.
    #[error(
        "This key protects nothing: it is not a proper key pair. Do not use it; get the key from the vendor again."
    )]
    Unusable,
}
