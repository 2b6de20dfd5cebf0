use licensing::peer::{InvitationError, JoinRefusal, MessageError, PeerUrlError, RemoveRefusal};

pub use super::key::KeyFileError;

/// Why no code was made.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// Another server does that.
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
    /// Not allowed by the rules, as far as this server can tell.
    #[error("{0}")]
    Rule(#[from] JoinRefusal),
    /// It is in an installation already.
    #[error(
        "This server is in an installation with {0} already. Remove that one first with `leasehold peer remove {0}`."
    )]
    Elsewhere(String),
    /// The other server said no.
    #[error("{0}")]
    Refused(String),
    /// The other server said no, and anybody on the way could have said so.
    #[error("{url} did not take the code. It says, unsigned: “{says}”.")]
    Unsigned {
        /// Where.
        url: String,
        /// What it says.
        says: String,
    },
    /// No answer.
    #[error(
        "{url} did not answer: {reason}. Check the address, and that the port of its console is open for this machine."
    )]
    Unreached {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// An answer that is not to be believed.
    #[error(
        "What answers at {url} is not the server that made the code, or it was altered on its way: {reason} Nothing was changed."
    )]
    Untrusted {
        /// Where.
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
    /// Whether what was given is at fault, not the way or this machine.
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
    #[error("No other server of this installation is called {0}. `leasehold peer list` shows them.")]
    Unknown(String),
    /// Another server does that.
    #[error("{0}")]
    Refused(#[from] RemoveRefusal),
    /// The database.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

/// Why a message of another server gets no signed answer.
#[derive(Debug, thiserror::Error)]
pub enum PeerFault {
    /// Nobody here, as far as a stranger is told.
    #[error("Nothing at this address.")]
    Unknown,
    /// It cannot be read, or is of another version.
    #[error("{0}")]
    Message(#[from] MessageError),
    /// Too many wrong tries, by whomever.
    #[error("Too many failed join attempts. Try again in {0} s.")]
    Throttled(i64),
    /// Something here does not work; it is logged.
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
