//! How a command ends. Use [`Failure`] for everything a person can act on; its code is the process's exit code.

use std::fmt;

/// Exit codes others rely on.
pub mod code {
    /// It failed, or there are findings.
    pub const FAILED: u8 = 1;
    /// Wrong usage, or the input was refused.
    pub const REFUSED: u8 = 2;
    /// The server it needs does not answer.
    pub const NO_SERVER: u8 = 3;
}

/// A command that did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// Exit code.
    pub code: u8,
    /// What happened, and what to do.
    pub sentence: String,
}

impl Failure {
    /// Something went wrong.
    pub fn failed(reason: impl fmt::Display) -> Self {
        Self { code: code::FAILED, sentence: reason.to_string() }
    }

    /// The input was refused.
    pub fn refused(reason: impl fmt::Display) -> Self {
        Self { code: code::REFUSED, sentence: reason.to_string() }
    }

    /// The server does not answer.
    pub fn no_server(reason: impl fmt::Display) -> Self {
        Self { code: code::NO_SERVER, sentence: reason.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// What commands return.
pub type Done = Result<(), Failure>;
