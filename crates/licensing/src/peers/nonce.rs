use std::fmt;

use serde::{Deserialize, Serialize};

use crate::canonical::hex;

/// 16 random bytes that are used once. In JSON, 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce([u8; 16]);

/// Text that is no nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A nonce has 32 hexadecimal digits.")]
pub struct NonceError;

impl Nonce {
    /// From random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Nonce {
        Nonce(bytes)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({})", hex(&self.0))
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> String {
        hex(&nonce.0)
    }
}

impl TryFrom<String> for Nonce {
    type Error = NonceError;

    fn try_from(text: String) -> Result<Nonce, NonceError> {
        let digits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = u128::from_str_radix(&text, 16).ok().filter(|_| digits).ok_or(NonceError)?;
        Ok(Nonce(number.to_be_bytes()))
    }
}
