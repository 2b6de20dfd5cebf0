use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::KeyError;
use crate::{
    canonical::hex,
    plain_text::{is_hyphen, wraps_a_value},
};

/// The fingerprint by which people compare keys. Written `SHA256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// From its 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Fingerprint {
        Fingerprint(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The id of the key that has this fingerprint.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        KeyId([a, b, c, d, e, f, g, h])
    }

    /// For reading aloud: 16 groups of four upper-case digits, with spaces between.
    #[must_use]
    pub fn grouped(&self) -> String {
        let groups: Vec<_> = self.0.chunks(2).map(|pair| hex(pair).to_ascii_uppercase()).collect();
        groups.join(" ")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("SHA256:{}", hex(&self.0)))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Fingerprint {
    type Err = KeyError;

    /// Reads a pasted one: any case, with or without `SHA256:`, with spaces, colons or hyphens between the
    /// digits, in quotes.
    fn from_str(input: &str) -> Result<Fingerprint, KeyError> {
        let body = without_prefix(input.trim_matches(filler));
        let mut bytes = [0_u8; 32];
        let mut found = 0;
        for character in body.chars().filter(|c| !filler(*c)) {
            let value = character.to_digit(16).ok_or(KeyError::WrongCharacter { character })?;
            if let Some(byte) = bytes.get_mut(found / 2) {
                *byte = (*byte << 4) | value as u8;
            }
            found += 1;
        }
        if found == 64 { Ok(Fingerprint(bytes)) } else { Err(KeyError::FingerprintLength { found }) }
    }
}

/// `SHA256` is not mistaken for digits, because S and H are none.
fn without_prefix(text: &str) -> &str {
    let stripped = ["sha256", "sha-256"].iter().find_map(|prefix| {
        let head = text.get(..prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
    });
    stripped.unwrap_or(text)
}

fn filler(c: char) -> bool {
    c == ':' || wraps_a_value(c) || is_hyphen(c)
}

impl TryFrom<String> for Fingerprint {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Fingerprint, KeyError> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> String {
        fingerprint.to_string()
    }
}

/// The first 8 bytes of a fingerprint: identifies the key of a signature. Written as 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// From its 8 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> KeyId {
        KeyId(bytes)
    }

    /// The 8 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(input: &str) -> Result<KeyId, KeyError> {
        let text = input.trim();
        if text.len() != 16 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(KeyError::KeyId);
        }
        u64::from_str_radix(text, 16).map(|number| KeyId(number.to_be_bytes())).map_err(|_| KeyError::KeyId)
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyError;

    fn try_from(text: String) -> Result<KeyId, KeyError> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> String {
        id.to_string()
    }
}
