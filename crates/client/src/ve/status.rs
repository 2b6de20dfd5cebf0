use crate::error::ServerProblem;

/// The phase of a VE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VeStatus {
    /// Asking the servers for the first time.
    LoggingIn,
    /// It has its license.
    Licensed,
    /// It has none and may run for a while.
    Grace {
        /// Until then, Unix milliseconds.
        until_ms: i64,
    },
    /// The grace period is over: it must have stopped.
    Stopped,
    /// Every server refused the login before it had a license.
    Refused,
    /// It logged out.
    LoggedOut,
}

impl VeStatus {
    /// Whether this is final.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Stopped | Self::Refused | Self::LoggedOut)
    }
}

/// The status of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its phase.
    pub standing: VeStatus,
    /// The server of the last license, as `host:port`.
    pub server: Option<String>,
    /// The id of that license.
    pub license_id: Option<String>,
    /// `NORMAL` or `COUNTDOWN`.
    pub key_type: Option<String>,
    /// The last problems of servers that provided no license.
    pub problems: Vec<ServerProblem>,
}
