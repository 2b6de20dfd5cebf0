use super::LARGEST;
use crate::{canonical::members::FieldError, guid::GuidError, vendor_key::KeyError};

/// Why a file is not a registration. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// Beyond [`LARGEST`].
    #[error(
        "This file is too large for a registration file: {bytes} bytes instead of at most {LARGEST}. Choose the file from your vendor."
    )]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// Not JSON.
    #[error(
        "This is not a registration file: invalid JSON at line {line}, column {column}. Choose the file from your vendor, unchanged."
    )]
    NotJson {
        /// From 1; 0 if the text ends too early.
        line: usize,
        /// From 1; 0 at a line break.
        column: usize,
    },
    /// Other JSON.
    #[error("This is JSON, but not a registration file. Choose the file from your vendor; it starts with “format”.")]
    NotARegistration,
    /// A registration of another version.
    #[error(
        "This server can't read this version of the registration file. Update the server, or ask the vendor for a version 1 file."
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
    #[error("The GUID in this registration file is invalid. {0}")]
    Guid(#[from] GuidError),
    /// No usable auth string.
    #[error("This registration file has no usable auth string. Ask the vendor for the file again.")]
    AuthString,
    /// No key.
    #[error(
        "This registration file has no vendor key, so the server couldn't trust any answer. Ask the vendor for the file again."
    )]
    NoKey,
    /// A key that is invalid, or has another fingerprint.
    #[error("A vendor key in this registration file is invalid. {0}")]
    Key(#[from] KeyError),
}

impl From<FieldError> for RegistrationError {
    fn from(error: FieldError) -> RegistrationError {
        RegistrationError::Field { field: error.field, problem: error.problem }
    }
}
