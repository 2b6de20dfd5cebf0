use super::text::LARGEST;
use crate::{
    excerpt::quoted,
    vendor_key::{Fingerprint, KeyId},
};

/// Why a text is not a license. Each message names the line and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Beyond [`LARGEST`].
    #[error(
        "This text is too large for a license: {bytes} bytes instead of at most {LARGEST}. Choose the license file from your vendor."
    )]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// Nothing.
    #[error("The license is empty. Choose the license file from your vendor, or paste its whole text.")]
    Empty,
    /// Not text.
    #[error("Line {line} is not text in UTF-8 or UTF-16. Choose the license file from your vendor, as it was sent.")]
    NotText {
        /// Counted from 1.
        line: usize,
    },
    /// Something else.
    #[error(
        "Line {line}, {}, is not the beginning of a license. A license begins with KEYSEC, or with “License fingerprint:”. Choose the license file from your vendor.",
        quoted(.found)
    )]
    NotALicense {
        /// Counted from 1.
        line: usize,
        /// The text there.
        found: String,
    },
    /// It ends too early.
    #[error("The text is cut off: it ends at line {line}, before {missing}. Copy the whole text again.")]
    CutOff {
        /// The last line.
        line: usize,
        /// What should have come.
        missing: &'static str,
    },
    /// An unexpected section, key or line.
    #[error("Line {line}: unexpected {}; expected {expected}. Copy the whole text again.", quoted(.found))]
    OutOfOrder {
        /// Counted from 1.
        line: usize,
        /// The text there.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Neither a key with a value nor a section.
    #[error("Line {line}, {}, has no key and value. Copy the whole text again.", quoted(.found))]
    NoKey {
        /// Counted from 1.
        line: usize,
        /// The text there.
        found: String,
    },
    /// The same key twice in a section.
    #[error("Line {line}: {key} appears twice in this section. Ask the vendor for the license again.")]
    Twice {
        /// Counted from 1.
        line: usize,
        /// Which.
        key: String,
    },
    /// A missing key.
    #[error("The section that ends at line {line} has no {key}. Ask the vendor for the license again.")]
    Missing {
        /// The last line of the section.
        line: usize,
        /// Which.
        key: &'static str,
    },
    /// An invalid value.
    #[error("Line {line}: {key} {problem}. Ask the vendor for the license again.")]
    Value {
        /// Counted from 1.
        line: usize,
        /// Which.
        key: String,
        /// What is wrong with it, as a clause.
        problem: String,
    },
}

/// Why a license's signature is refused. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// None.
    #[error(
        "This license text is not signed, so it can be viewed but not installed. Ask the vendor for the signed text: it ends with SIGNEND."
    )]
    Unsigned,
    /// By a key that is not trusted.
    #[error(
        "This license is signed with the key {key_id}, which this server does not trust. Compare its fingerprint with the one you received from your vendor; if they match, install again with --vendor-key {fingerprint}."
    )]
    UnknownKey {
        /// Which.
        key_id: KeyId,
        /// Its fingerprint.
        fingerprint: Fingerprint,
    },
    /// The text was changed.
    #[error(
        "The signature of this license is invalid: it was changed after the vendor signed it. Ask the vendor for the license again."
    )]
    Broken,
}
