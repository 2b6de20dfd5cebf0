use std::fmt;

use super::line::span;
use crate::error::ServerProblem;

/// Events of a VE client. Each displays as a sentence. Servers are `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VeEvent {
    /// It has a license.
    LoggedIn {
        /// The server.
        server: String,
        /// Its id; may be empty.
        license_id: String,
        /// `NORMAL` or `COUNTDOWN`; may be empty.
        key_type: String,
    },
    /// Failover: the license comes from another server.
    Switched {
        /// The previous server.
        from: String,
        /// The new server.
        to: String,
    },
    /// Failback: the license comes from the primary again.
    Returned {
        /// The primary.
        server: String,
    },
    /// The same server provides the license again.
    Regained {
        /// Which.
        server: String,
    },
    /// All the primary's licenses are in use: the client waits for one, without asking backups. It has no license
    /// until then.
    Waiting {
        /// The primary.
        server: String,
    },
    /// No server provides the license.
    Lost {
        /// How long the client may keep running, milliseconds.
        grace_ms: u64,
        /// Until when that is, Unix milliseconds.
        grace_until_ms: i64,
    },
    /// The end is near.
    Warned {
        /// How near, milliseconds.
        left_ms: u64,
    },
    /// The grace period is over.
    Stopped,
    /// Every server refused the login before the client had a license.
    Refused {
        /// Why, for each.
        servers: Vec<ServerProblem>,
    },
    /// The server's grant ends soon.
    Notice {
        /// In how many milliseconds.
        ends_in_ms: u64,
        /// Why, and what to do.
        sentence: String,
    },
    /// The client logged out.
    LoggedOut,
}

impl fmt::Display for VeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoggedIn { server, license_id, .. } if license_id.is_empty() => {
                write!(f, "Using the license of {server}.")
            }
            Self::LoggedIn { server, license_id, key_type } => {
                write!(f, "Using license {license_id} ({key_type}) of {server}.")
            }
            Self::Switched { from, to } => {
                write!(f, "{from} no longer provides the license. Using the license of {to}.")
            }
            Self::Returned { server } => write!(f, "{server} provides the license again. Back to using its license."),
            Self::Regained { server } => write!(f, "{server} provides the license again."),
            Self::Waiting { server } => write!(f, "All licenses of {server} are in use. Waiting for one."),
            Self::Lost { grace_ms, .. } => write!(
                f,
                "No license server provides the license. If none does within {}, the guest stops: shut it down before then.",
                span(*grace_ms)
            ),
            Self::Warned { left_ms } => {
                write!(f, "Still no license server. The virtual machine stops in {}.", span(*left_ms))
            }
            Self::Stopped => f.write_str("The grace period is over. The virtual machine has stopped."),
            Self::Refused { servers } => {
                f.write_str("The login was refused.")?;
                servers.iter().try_for_each(|problem| write!(f, " {problem}"))
            }
            Self::Notice { sentence, .. } => f.write_str(sentence),
            Self::LoggedOut => f.write_str("Logged out."),
        }
    }
}

/// When a virtual machine stops: the argument of [`on_stop`](super::Builder::on_stop).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopWarning {
    /// Soon: shut the guest down.
    Soon {
        /// Time left, milliseconds; one minute unless the license allows less.
        left_ms: u64,
    },
    /// Now.
    Now,
}
