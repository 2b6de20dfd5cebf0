use crate::{canonical::members::FieldError, vendor_key::KeyId};

/// Why a bundle is refused. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Signed with a key that is not pinned.
    #[error(
        "These licenses are signed with the key {key_id}, which this server does not trust. Ask the vendor for the registration file with the current key, and register again."
    )]
    UnknownKey {
        /// The key it names.
        key_id: KeyId,
    },
    /// The signature is not the key's.
    #[error(
        "The signature of these licenses is invalid: they were changed after the vendor signed them. Get them from the vendor again."
    )]
    BadSignature,
    /// A field that is missing or wrong.
    #[error("In these licenses “{field}” {problem}. Ask the vendor to issue them again.")]
    Field {
        /// Which field.
        field: String,
        /// What is wrong with it, as a clause.
        problem: String,
    },
}

impl From<FieldError> for BundleError {
    fn from(error: FieldError) -> BundleError {
        let field = if error.field.is_empty() { "license-bundle".to_owned() } else { error.field };
        BundleError::Field { field, problem: error.problem }
    }
}
