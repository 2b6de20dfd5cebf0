use licensing::ve::AddressError;

use crate::error::{ConnectError, ServerProblem};

/// Why there is no license at startup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// No server given.
    #[error("No license server given. Give at least one, such as VE://10.1.1.1:8083/1111-2222-3333-4444.")]
    NoServers,
    /// Not a VE address. It is not quoted, because it may contain a passphrase.
    #[error("License server {number}: {error}")]
    Address {
        /// Its number, from 1.
        number: usize,
        /// What is wrong with it.
        error: AddressError,
    },
    /// No product given.
    #[error("No product given. Give the virtual hardware, such as Charon-SSP/4U.")]
    NoProduct,
    /// Another invalid setting.
    #[error(transparent)]
    Setup(#[from] ConnectError),
    /// Every server refuses the login.
    #[error("The login was refused. {}", list(.servers))]
    Refused {
        /// Why, for each.
        servers: Vec<ServerProblem>,
    },
    /// No server provides a license now.
    #[error("No license server provides a license. {}", list(.servers))]
    NoServer {
        /// Why, for each.
        servers: Vec<ServerProblem>,
    },
    /// The client stopped before that was decided.
    #[error("The client stopped before any server responded. Start it again.")]
    Ended,
}

fn list(servers: &[ServerProblem]) -> String {
    servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
