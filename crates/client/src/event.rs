use std::fmt;

use licensing::product::ProductCode;

/// Events for an application. Each displays as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The server changed this client's limit.
    Allocation {
        /// Who.
        server: String,
        /// Product.
        product: ProductCode,
        /// Limit.
        limit: u32,
        /// Licensed.
        licensed: u32,
    },
    /// The first server was found.
    Connected {
        /// Which.
        server: String,
    },
    /// Failover: the client has moved to another server.
    Failover {
        /// The previous server.
        from: String,
        /// The new server.
        to: String,
    },
    /// Failback: the client has returned to its primary.
    Returned {
        /// The primary.
        server: String,
    },
    /// No server responds; grants stay valid for a while.
    Disconnected,
    /// All grants expired: no server responded in time.
    Flushed {
        /// Licenses that were in use and have ended.
        leases: u64,
    },
    /// Leases have ended that the server granted to an earlier run of this client, or before it lost its data, and that it has
    /// not granted again.
    NotGrantedAgain {
        /// How many.
        leases: u64,
    },
    /// After a flush a server responded: licenses are available again.
    Resumed {
        /// Which.
        server: String,
    },
    /// Another application with the same client id has taken this client's place; it comes back with a new run.
    Superseded {
        /// On which server.
        server: String,
    },
    /// The server's grant ends soon.
    Notice {
        /// Which.
        server: String,
        /// In how many milliseconds.
        ends_in_ms: u64,
        /// Why, and what to do.
        sentence: String,
    },
    /// A server gave no usable answer.
    Refused {
        /// Which.
        server: String,
        /// Why.
        sentence: String,
    },
}

impl fmt::Display for ClientEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allocation { server, product, limit, licensed } => {
                write!(f, "This client may use {limit} of the {licensed} {product} licenses on {server}.")
            }
            Self::Connected { server } => write!(f, "Using {server}."),
            Self::Failover { from, to } => write!(f, "{from} is not responding. Now using {to}."),
            Self::Returned { server } => write!(f, "{server} is responding again. Now using {server}."),
            Self::Disconnected => f.write_str(
                "No license server is responding; still trying. Licenses already granted stay valid for 2 minutes at most.",
            ),
            Self::Flushed { leases } => {
                f.write_str("No license server has responded for 2 minutes. ")?;
                match leases {
                    0 => {}
                    1 => f.write_str("The license in use is no longer valid. ")?,
                    many => write!(f, "The {many} licenses in use are no longer valid. ")?,
                }
                f.write_str("New ones follow when a server responds.")
            }
            Self::NotGrantedAgain { leases: 1 } => f.write_str(
                "A license in use is no longer valid: the server granted it to an earlier run of this client, and not again.",
            ),
            Self::NotGrantedAgain { leases } => write!(
                f,
                "{leases} licenses in use are no longer valid: the server granted them to an earlier run of this client, and not again."
            ),
            Self::Resumed { server } => write!(f, "{server} is responding. Licenses are available again."),
            Self::Superseded { server } => write!(
                f,
                "Another application has used this client's id on {server}. Coming back with a new run. Give each application a client id of its own."
            ),
            Self::Notice { server, sentence, .. } | Self::Refused { server, sentence } => {
                write!(f, "{server}: {sentence}")
            }
        }
    }
}
