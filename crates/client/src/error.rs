//! Errors: [`Denied`] for a single license, [`ConnectError`] for the start.

use std::fmt;

use licensing::product::{ProductCode, ProductCodeError};

/// Why there is no license.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The server has none of this product.
    #[error("{server} has no license for {product}. Add one there, or request another product.")]
    NotLicensed {
        /// Product.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
    },
    /// The server's licenses are out of service.
    #[error("{}", sentence(.says, &format!("The licenses for {product} on {server} are out of service: expired, or the last sync was too long ago. Check that server's console.")))]
    OutOfService {
        /// Product.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// The server's sentence.
        says: Option<String>,
    },
    /// All are in use, here or elsewhere.
    #[error(
        "All licenses for {product} are in use: {server} has {licensed}, and this client may use {limit}. Try again when one is returned."
    )]
    AllInUse {
        /// Product.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// Licensed there.
        licensed: u32,
        /// This client's limit.
        limit: u32,
    },
    /// The server granted all earlier requests; the new one is on its way.
    #[error(
        "All {limit} licenses for {product} that this client may use on {server} are in use; it has requested more. Try again in a moment, or wait with `acquire`."
    )]
    Growing {
        /// Product.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// This client's limit.
        limit: u32,
    },
    /// More are in use here than granted, as after a move to another server.
    #[error(
        "This client uses more licenses for {product} than its limit on {server} ({limit}). It gets new ones after it returns some."
    )]
    OverLimit {
        /// Product.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// This client's limit.
        limit: u32,
    },
    /// An administrator released this client's licenses.
    #[error("{}", sentence(.says, &format!("An administrator of {server} has just released the licenses for {product}. Try again in a few minutes.")))]
    Released {
        /// Product.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// The server's sentence.
        says: Option<String>,
    },
    /// It was requested for the first time, and the answer is on its way.
    #[error("The first limit for {product} hasn't arrived yet. Try again in a moment, or wait with `acquire`.")]
    NotYetKnown {
        /// Product.
        product: ProductCode,
    },
    /// No server has responded yet.
    #[error("No license server is responding. {}", list(.servers))]
    NoServer {
        /// Since when, milliseconds ago.
        since_ms: u64,
        /// The problem of each.
        servers: Vec<ServerProblem>,
    },
    /// Earlier grants have expired: no server has responded in time.
    #[error("No license server has responded for 2 minutes, so no licenses are available until one does. {}", list(.servers))]
    Flushed {
        /// Since when, milliseconds ago.
        since_ms: u64,
        /// The problem of each.
        servers: Vec<ServerProblem>,
    },
    /// Not the name of a product.
    #[error(transparent)]
    Product(#[from] ProductCodeError),
    /// More products than one client may use.
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
    /// No server given.
    #[error("No license server given. Give at least one, such as lic1:7569.")]
    NoServers,
    /// An invalid server address.
    #[error("{text} is not the address of a license server. Write it like lic1, lic1:7569 or https://lic1:7569.")]
    Address {
        /// The input.
        text: String,
    },
    /// A name, an id or the like that the protocol does not allow.
    #[error("{0}")]
    Identity(String),
    /// Invalid certificates.
    #[error("{0}")]
    Tls(String),
    /// No runtime.
    #[error("No runtime: call this from within tokio, or use client::blocking.")]
    NoRuntime,
    /// The runtime of a blocking client could not start.
    #[error("Can't start the client: {0}.")]
    Runtime(String),
    /// No server responded.
    #[error("No license server is responding. {}", list(.servers))]
    NoServer {
        /// The problem of each.
        servers: Vec<ServerProblem>,
    },
}

fn list(servers: &[ServerProblem]) -> String {
    servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn sentence(says: &Option<String>, otherwise: &str) -> String {
    says.clone().unwrap_or_else(|| otherwise.to_owned())
}
