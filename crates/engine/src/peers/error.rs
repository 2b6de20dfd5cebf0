use licensing::peers::{InvitationError, JoinRefusal, MessageError, PeerUrlError, RemoveRefusal};

pub use super::key::KeyFileError;

/// Why no code was created.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// Only another server can do that.
    #[error("{0}")]
    Refused(#[from] JoinRefusal),
    /// The key of this server.
    #[error("{0}")]
    Key(#[from] KeyFileError),
    /// The database.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

/// Why this server did not join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The code.
    #[error("{0}")]
    Code(#[from] InvitationError),
    /// An address.
    #[error("{0}")]
    Url(#[from] PeerUrlError),
    /// Not allowed by the rules, as far as this server knows.
    #[error("{0}")]
    Rule(#[from] JoinRefusal),
    /// It is already in an installation.
    #[error(
        "This server is already in an installation with {0}. Remove that one first with `leasehold peer remove {0}`."
    )]
    Elsewhere(String),
    /// The other server refused.
    #[error("{0}")]
    Refused(String),
    /// An unsigned refusal, which could come from anyone on the way.
    #[error("{url} refused the code, in an unsigned answer: “{says}”.")]
    Unsigned {
        /// Address.
        url: String,
        /// Its text.
        says: String,
    },
    /// No answer.
    #[error(
        "{url} did not respond: {reason}. Check the address, and that this machine can reach the port of its console."
    )]
    Unreached {
        /// Address.
        url: String,
        /// Why.
        reason: String,
    },
    /// An answer that can't be verified.
    #[error(
        "The answer from {url} is not from the server that created the code, or was altered on the way: {reason} Nothing was changed."
    )]
    Untrusted {
        /// Address.
        url: String,
        /// Why.
        reason: MessageError,
    },
    /// Another version.
    #[error("{0}")]
    Version(MessageError),
    /// The key of this server.
    #[error("{0}")]
    Key(#[from] KeyFileError),
    /// The client.
    #[error("{0}")]
    Client(String),
    /// The database.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl JoinError {
    /// Whether the input is at fault, not the network or this machine.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Code(_) | Self::Url(_) | Self::Rule(_) | Self::Elsewhere(_) | Self::Refused(_) | Self::Version(_)
        )
    }
}

/// Why a server was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// No such server.
    #[error("This installation has no other server named {0}. `leasehold peer list` lists them.")]
    Unknown(String),
    /// Only another server can do that.
    #[error("{0}")]
    Refused(#[from] RemoveRefusal),
    /// The database.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

/// Why a peer's message gets no signed answer.
#[derive(Debug, thiserror::Error)]
pub enum PeerFault {
    /// Reported as not found, to reveal nothing to strangers.
    #[error("Nothing at this address.")]
    Unknown,
    /// It is invalid, or of another version.
    #[error("{0}")]
    Message(#[from] MessageError),
    /// Too many failed attempts, by anyone.
    #[error("Too many failed join attempts. Try again in {0} s.")]
    Throttled(i64),
    /// An internal error, which is logged.
    #[error("{0}")]
    Internal(String),
}

impl From<sqlx::Error> for PeerFault {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(format!("The database did not respond: {error}."))
    }
}

impl From<licensing::canonical::CanonicalError> for PeerFault {
    fn from(error: licensing::canonical::CanonicalError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<KeyFileError> for PeerFault {
    fn from(error: KeyFileError) -> Self {
        Self::Internal(error.to_string())
    }
}
