use licensing::ve::AddressError;

use crate::error::{ConnectError, ServerProblem};

/// Why there is no license at the start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// No server was named.
    #[error("No license server given. Give at least one, such as VE://10.1.1.1:8083/1111-2222-3333-4444.")]
    NoServers,
    /// Not a VE address. It is not repeated: it may hold a passphrase.
    #[error("License server {number}: {error}")]
    Address {
        /// Which of those given, counted from 1.
        number: usize,
        /// What is wrong with it.
        error: AddressError,
    },
    /// No product was named.
    #[error("No product given. Give the virtual hardware, such as Charon-SSP/4U.")]
    NoProduct,
    /// Something else is set that cannot be used.
    #[error(transparent)]
    Setup(#[from] ConnectError),
    /// Every server refuses the login.
    #[error("The login was refused. {}", list(.servers))]
    Refused {
        /// Why, for each.
        servers: Vec<ServerProblem>,
    },
    /// No server gives a license now.
    #[error("No license server provides a license. {}", list(.servers))]
    NoServer {
        /// Why, for each.
        servers: Vec<ServerProblem>,
    },
    /// The client ended before that was decided.
    #[error("The client stopped before any server responded. Start it again.")]
    Ended,
}

fn list(servers: &[ServerProblem]) -> String {
    servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
