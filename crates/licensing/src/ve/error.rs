use super::text::LARGEST;
use crate::{
    excerpt::quoted,
    vendor_key::{Fingerprint, KeyId},
};

/// Why a text is no license. Each message names the line and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Beyond [`LARGEST`].
    #[error("This text has {bytes} bytes; a license has at most {LARGEST}. Choose the license file from your vendor.")]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// Nothing.
    #[error("There is no text here. Choose the license file from your vendor, or paste its whole text.")]
    Empty,
    /// Bytes that are no text.
    #[error("Line {line} is not text (UTF-8). Choose the license file from your vendor, as it was sent.")]
    NotText {
        /// Counted from 1.
        line: usize,
    },
    /// Something else.
    #[error(
        "Line {line}, {}, begins no license. A license begins with KEYSEC, or with “License fingerprint:”. Choose the license file from your vendor.",
        quoted(.found)
    )]
    NotALicense {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
    /// It ends too early.
    #[error("The text ends at line {line}, before {missing}: its end was cut off. Copy the whole text again.")]
    CutOff {
        /// The last line.
        line: usize,
        /// What should have come.
        missing: &'static str,
    },
    /// A section, a key or a line where none belongs.
    #[error("Line {line}: {} does not belong there; {expected} was expected. Copy the whole text again.", quoted(.found))]
    OutOfOrder {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// Neither a key with a value nor a section.
    #[error("Line {line}, {}, has no key and value. Copy the whole text again.", quoted(.found))]
    NoKey {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
    /// The same key twice in a section.
    #[error("Line {line}: {key} stands twice in this section. Ask the vendor for the license again.")]
    Twice {
        /// Counted from 1.
        line: usize,
        /// Which.
        key: String,
    },
    /// A key that must be there.
    #[error("The section that ends at line {line} has no {key}. Ask the vendor for the license again.")]
    Missing {
        /// The last line of the section.
        line: usize,
        /// Which.
        key: &'static str,
    },
    /// A value that cannot be used.
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

/// Why the signature of a license is not good. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// None.
    #[error(
        "This license text is not signed, so nobody can tell who wrote it. It can be looked at, not installed. Ask the vendor for the signed text: it ends with SIGNEND."
    )]
    Unsigned,
    /// By a key that is not trusted.
    #[error(
        "This license is signed with the key {key_id}, which this server does not trust. Compare its fingerprint with what your vendor told you; if it is the same, install again and name it: --vendor-key {fingerprint}."
    )]
    UnknownKey {
        /// Which.
        key_id: KeyId,
        /// By what people compare it.
        fingerprint: Fingerprint,
    },
    /// The text is not the one that was signed.
    #[error(
        "This license is not as the vendor signed it: a character was changed on its way, or somebody changed it. Ask the vendor for the license again."
    )]
    Broken,
}
