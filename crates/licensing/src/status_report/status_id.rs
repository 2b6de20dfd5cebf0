use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of one report, which accepts one response. Written lower case with hyphens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StatusId(Uuid);

impl StatusId {
    /// From a fresh random UUID.
    #[must_use]
    pub fn new(uuid: Uuid) -> StatusId {
        StatusId(uuid)
    }

    /// The UUID.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for StatusId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.hyphenated().to_string())
    }
}

impl fmt::Debug for StatusId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusId({self})")
    }
}

/// Not a status id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Not a status id. It looks like 6f1c0a52-fc38-43a5-a10c-0e7dfd45da47; copy it again, from the first digit to the last."
)]
pub struct StatusIdError;

impl FromStr for StatusId {
    type Err = StatusIdError;

    /// Any case, with or without braces and surrounding white space.
    fn from_str(input: &str) -> Result<StatusId, StatusIdError> {
        let text = input.trim();
        let text = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text).trim();
        Uuid::try_parse(text).map(StatusId).map_err(|_| StatusIdError)
    }
}

impl TryFrom<String> for StatusId {
    type Error = StatusIdError;

    fn try_from(text: String) -> Result<StatusId, StatusIdError> {
        text.parse()
    }
}

impl From<StatusId> for String {
    fn from(id: StatusId) -> String {
        id.to_string()
    }
}
