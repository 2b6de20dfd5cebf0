//! Why something was refused. [`Denied`] is for a single license, [`ConnectError`] for the start.

use std::fmt;

use licensing::product::{ProductCode, ProductCodeError};

/// Why there is no license.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The server has none of this product.
    #[error("{server} has no license for {product}. Add one there, or request another product.")]
    NotLicensed {
        /// What was asked for.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
    },
    /// The server has some that are out of service.
    #[error("{}", sentence(.says, &format!("The licenses for {product} on {server} are out of service: expired, or the last sync was too long ago. Check that server's console.")))]
    OutOfService {
        /// What was asked for.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// What the server says about it.
        says: Option<String>,
    },
    /// All are in use, here or elsewhere.
    #[error(
        "All licenses for {product} are in use: {server} has {licensed}, and this client may use {limit}. Try again when one is returned."
    )]
    AllInUse {
        /// What was asked for.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// Licenses that server has.
        licensed: u32,
        /// What this client may use of them now.
        limit: u32,
    },
    /// The server gave all that was wanted so far; that more is wanted now is on its way to it.
    #[error(
        "All {limit} licenses for {product} that this client may use on {server} are in use; it has requested more. Try again in a moment, or wait with `acquire`."
    )]
    Growing {
        /// What was asked for.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// What this client may use now.
        limit: u32,
    },
    /// More are in use here than the server gave, as after a move to another server.
    #[error(
        "This client uses more licenses for {product} than its limit on {server} ({limit}). It gets new ones after it returns some."
    )]
    OverLimit {
        /// What was asked for.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// What this client may use.
        limit: u32,
    },
    /// An administrator released what this client had.
    #[error("{}", sentence(.says, &format!("An administrator of {server} has just released the licenses for {product}. Try again in a few minutes.")))]
    Released {
        /// What was asked for.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// What the server says about it.
        says: Option<String>,
    },
    /// It was asked for the first time, and the server's answer is under way.
    #[error("The first limit for {product} hasn't arrived yet. Try again in a moment, or wait with `acquire`.")]
    NotYetKnown {
        /// What was asked for.
        product: ProductCode,
    },
    /// No server has answered so far.
    #[error("No license server is responding. {}", list(.servers))]
    NoServer {
        /// Since when, milliseconds ago.
        since_ms: u64,
        /// What is wrong with each.
        servers: Vec<ServerProblem>,
    },
    /// No server has answered for so long that what was granted before is no longer good.
    #[error("No license server has responded for 2 minutes, so no licenses are available until one does. {}", list(.servers))]
    Flushed {
        /// Since when, milliseconds ago.
        since_ms: u64,
        /// What is wrong with each.
        servers: Vec<ServerProblem>,
    },
    /// Not the name of a product.
    #[error(transparent)]
    Product(#[from] ProductCodeError),
    /// More products than one client may ask for.
    #[error("This client already uses {most} products, the maximum for one client.", most = licensing::client_protocol::MOST_PRODUCTS)]
    TooManyProducts,
    /// The client said goodbye.
    #[error("This client has disconnected. Connect again to take licenses.")]
    Closed,
}

/// A server that gives no usable answer, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerProblem {
    /// Its address.
    pub server: String,
    /// A sentence.
    pub sentence: String,
}

impl fmt::Display for ServerProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.server, self.sentence)
    }
}

/// Why a client could not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// No server was named.
    #[error("No license server given. Give at least one, such as lic1:7569.")]
    NoServers,
    /// A server that cannot be understood.
    #[error("{text} is not the address of a license server. Write it like lic1, lic1:7569 or https://lic1:7569.")]
    Address {
        /// What was given.
        text: String,
    },
    /// A name, an id or the like that the protocol does not allow.
    #[error("{0}")]
    Identity(String),
    /// Certificates that cannot be used.
    #[error("{0}")]
    Tls(String),
    /// There is no runtime to work in.
    #[error("No runtime: call this from within tokio, or use client::blocking.")]
    NoRuntime,
    /// The runtime of a blocking client could not start.
    #[error("Can't start the client: {0}.")]
    Runtime(String),
    /// No server answered.
    #[error("No license server is responding. {}", list(.servers))]
    NoServer {
        /// What is wrong with each.
        servers: Vec<ServerProblem>,
    },
}

fn list(servers: &[ServerProblem]) -> String {
    servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn sentence(says: &Option<String>, otherwise: &str) -> String {
    says.clone().unwrap_or_else(|| otherwise.to_owned())
}
