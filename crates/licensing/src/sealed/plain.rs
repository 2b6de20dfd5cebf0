use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SealError;
use crate::canonical::members::{FieldError, Members};

/// Sealed content has a multiple of this many bytes, so that its length tells nothing.
const STEP: usize = 1024;

/// JSON with spaces at its end, up to a multiple of 1024 bytes.
#[must_use]
pub fn padded(json: String) -> Vec<u8> {
    let mut bytes = json.into_bytes();
    bytes.resize(bytes.len().next_multiple_of(STEP), b' ');
    bytes
}

/// What is sealed to a node.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPlain {
    /// What proves to the node who sends this.
    pub auth_string: String,
    /// The report, as its text.
    pub report: String,
}

impl SealedPlain {
    /// The bytes to seal.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        padded(serde_json::json!({ "auth_string": self.auth_string, "report": self.report }).to_string())
    }

    /// What was sealed.
    ///
    /// # Errors
    /// When it has another shape.
    pub fn parse(bytes: &[u8]) -> Result<SealedPlain, SealError> {
        let value = json(bytes)?;
        let members = Members::of(&value, "")?;
        Ok(SealedPlain {
            auth_string: members.text("auth_string")?.to_owned(),
            report: members.text("report")?.to_owned(),
        })
    }
}

impl fmt::Debug for SealedPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedPlain").field("report", &self.report).finish_non_exhaustive()
    }
}

/// What a node seals as its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedAnswer {
    /// The HTTP status that a clear answer would have.
    pub status: u16,
    /// The response, as its text.
    pub body: String,
}

impl SealedAnswer {
    /// The bytes to seal.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        padded(serde_json::json!({ "status": self.status, "body": self.body }).to_string())
    }

    /// What was sealed.
    ///
    /// # Errors
    /// When it has another shape.
    pub fn parse(bytes: &[u8]) -> Result<SealedAnswer, SealError> {
        let value = json(bytes)?;
        let members = Members::of(&value, "")?;
        let status = u16::try_from(members.whole("status")?).ok().filter(|status| (100..=599).contains(status));
        let status = status.ok_or_else(|| members.error("status", "must be a number from 100 to 599"))?;
        Ok(SealedAnswer { status, body: members.text("body")?.to_owned() })
    }
}

fn json(bytes: &[u8]) -> Result<Value, SealError> {
    serde_json::from_slice(bytes).map_err(|_| SealError::Content { problem: "it is not JSON".to_owned() })
}

impl From<FieldError> for SealError {
    fn from(error: FieldError) -> SealError {
        let field = if error.field.is_empty() { "it".to_owned() } else { format!("“{}”", error.field) };
        SealError::Content { problem: format!("{field} {}", error.problem) }
    }
}
