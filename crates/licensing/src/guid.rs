//! The identity of a license server at the licensing nodes.

mod error;
mod reading;

pub use error::GuidError;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The number of hexadecimal digits of a GUID.
pub const DIGITS: usize = 32;

/// A server's GUID: 16 bytes, never all zero. Written `{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Guid([u8; 16]);

impl Guid {
    /// Reads a pasted GUID: any case, with or without braces, hyphens, quotes, surrounding white space, a trailing
    /// comma or semicolon, or a leading `LICENSE_SERVER_GUID =` from the conf file.
    ///
    /// # Errors
    /// See [`GuidError`].
    pub fn parse(input: &str) -> Result<Guid, GuidError> {
        reading::read(input).and_then(Guid::from_bytes)
    }

    /// A GUID from its 16 bytes, in the order they are written.
    ///
    /// # Errors
    /// [`GuidError::Nil`] when all are zero.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Guid, GuidError> {
        if bytes == [0; 16] { Err(GuidError::Nil) } else { Ok(Guid(bytes)) }
    }

    /// The 16 bytes, in the order they are written.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Lower case, with hyphens, without braces: the form of a deployment id.
    #[must_use]
    pub fn compact(&self) -> String {
        self.hyphenated().to_ascii_lowercase()
    }

    /// First and last four digits, for where space is short: `{DF99…0B8E}`.
    #[must_use]
    pub fn short(&self) -> String {
        let [a, b, .., y, z] = self.0;
        format!("{{{a:02X}{b:02X}…{y:02X}{z:02X}}}")
    }

    fn hyphenated(&self) -> String {
        let mut text = String::with_capacity(DIGITS + 4);
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02X}"));
        }
        text
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{{{}}}", self.hyphenated()))
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guid({self})")
    }
}

impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(input: &str) -> Result<Guid, GuidError> {
        Guid::parse(input)
    }
}

impl TryFrom<String> for Guid {
    type Error = GuidError;

    fn try_from(input: String) -> Result<Guid, GuidError> {
        Guid::parse(&input)
    }
}

impl From<Guid> for String {
    fn from(guid: Guid) -> String {
        guid.to_string()
    }
}

#[cfg(test)]
mod tests;
