use super::LARGEST;
use crate::{canonical::members::FieldError, guid::GuidError, vendor_key::KeyError};

/// Why a file is not a registration. Each message is a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// Beyond [`LARGEST`].
    #[error(
        "This file has {bytes} bytes; a registration file has at most {LARGEST}. Choose the file from your vendor."
    )]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// Not JSON.
    #[error(
        "This is not a registration file: it stops being JSON at line {line}, column {column}. Choose the file from your vendor, unchanged."
    )]
    NotJson {
        /// Counted from 1; 0 when the text ends too early.
        line: usize,
        /// Counted from 1; 0 at a line break.
        column: usize,
    },
    /// Other JSON.
    #[error("This is JSON, but not a registration file. Choose the file from your vendor; it begins with “format”.")]
    NotARegistration,
    /// A registration of another version.
    #[error(
        "This registration file is of another version than this server reads. Update the server, or ask the vendor for a file of version 1."
    )]
    OtherVersion,
    /// A member that is missing or of the wrong type.
    #[error("In this registration file “{field}” {problem}. Ask the vendor for the file again.")]
    Field {
        /// Which member.
        field: String,
        /// What is wrong with it, as a clause.
        problem: String,
    },
    /// The GUID cannot be read.
    #[error("The GUID in this registration file cannot be used. {0}")]
    Guid(#[from] GuidError),
    /// No usable auth string.
    #[error("This registration file has no usable auth string. Ask the vendor for the file again.")]
    AuthString,
    /// No key.
    #[error(
        "This registration file has no vendor key, so no answer could be trusted. Ask the vendor for the file again."
    )]
    NoKey,
    /// A key that is wrong, or has another fingerprint.
    #[error("A vendor key in this registration file cannot be trusted. {0}")]
    Key(#[from] KeyError),
}

impl From<FieldError> for RegistrationError {
    fn from(error: FieldError) -> RegistrationError {
        RegistrationError::Field { field: error.field, problem: error.problem }
    }
}
