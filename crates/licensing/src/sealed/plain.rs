use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SealError;
use crate::canonical::members::{FieldError, Members};

/// Sealed content is padded to a multiple of this many bytes, so that its length reveals nothing.
const STEP: usize = 1024;

/// JSON padded with spaces to a multiple of 1024 bytes.
#[must_use]
pub fn padded(json: String) -> Vec<u8> {
    let mut bytes = json.into_bytes();
    bytes.resize(bytes.len().next_multiple_of(STEP), b' ');
    bytes
}

/// The content sealed for a node.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPlain {
    /// Auth string.
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
    /// If it is invalid.
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

/// The content of a node's sealed answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedAnswer {
    /// The HTTP status of an unsealed answer.
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
    /// If it is invalid.
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
