use crate::error::ServerProblem;

/// What a virtual environment may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// The servers are asked for the first time.
    LoggingIn,
    /// It has its license.
    Licensed,
    /// It has none and may run on for a while.
    Grace {
        /// Until then, Unix milliseconds.
        until_ms: i64,
    },
    /// The grace is over: it has to have ended.
    Stopped,
    /// Every server refused the login before there was any license.
    Refused,
    /// It logged out.
    LoggedOut,
}

impl Standing {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Stopped | Self::Refused | Self::LoggedOut)
    }
}

/// The status of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What it may do.
    pub standing: Standing,
    /// The server that gave the license last, as `host:port`.
    pub server: Option<String>,
    /// The id of that license.
    pub license_id: Option<String>,
    /// `NORMAL` or `COUNTDOWN`.
    pub key_type: Option<String>,
    /// What was wrong with the servers that gave none when they were asked last.
    pub problems: Vec<ServerProblem>,
}
