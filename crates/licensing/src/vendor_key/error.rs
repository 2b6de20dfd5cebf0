use super::Fingerprint;
use crate::excerpt::named_first;

/// Why something is not a key, a fingerprint or a key id. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A fingerprint of the wrong length.
    #[error(
        "A fingerprint has 64 hexadecimal digits; this one has {found}. Copy it again, from SHA256: to the last digit."
    )]
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
    /// A key's stated fingerprint does not match.
    #[error(
        "The key has the fingerprint {real}, not {stated} as stated. Don't use it; get the key from the vendor again."
    )]
    Mismatch {
        /// The stated one.
        stated: Fingerprint,
        /// The key's own.
        real: Fingerprint,
    },
    /// Unsafe halves.
    #[error("This key is unsafe: it is not a proper key pair. Don't use it; get the key from the vendor again.")]
    Unusable,
}
