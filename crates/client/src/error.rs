//! Why something was refused. [`Denied`] is for a single license, [`ConnectError`] for the start.

use std::fmt;

use licensing::product::{ProductCode, ProductCodeError};

/// Why there is no license.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The server has none of this product.
    #[error("{server} has no license for {product}. Add one there, or ask for another product.")]
    NotLicensed {
        /// What was asked for.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
    },
    /// The server has some that are out of service.
    #[error("{}", sentence(.says, &format!("The licenses for {product} at {server} are out of service: expired, or without contact to the vendor for too long. Look at that server's console.")))]
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
        "All licenses for {product} are in use: {server} has {licensed}, this client may use {limit} of them. Try again when one is returned."
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
        "All {limit} licenses for {product} that {server} gave this client are in use; more were asked for. Try again in a moment, or wait for them with `acquire`."
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
        "This client has more licenses for {product} in use than {server} gave it ({limit}). New ones follow when some were returned."
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
    #[error("{}", sentence(.says, &format!("An administrator of {server} released the licenses for {product} a short while ago. Try again in a few minutes.")))]
    Released {
        /// What was asked for.
        product: ProductCode,
        /// The server that serves this client.
        server: String,
        /// What the server says about it.
        says: Option<String>,
    },
    /// It was asked for the first time, and the server's answer is under way.
    #[error("The first answer about {product} is under way. Try again in a moment, or wait for it with `acquire`.")]
    NotYetKnown {
        /// What was asked for.
        product: ProductCode,
    },
    /// No server has answered so far.
    #[error("No license server answers. {}", list(.servers))]
    NoServer {
        /// Since when, milliseconds ago.
        since_ms: u64,
        /// What is wrong with each.
        servers: Vec<ServerProblem>,
    },
    /// No server has answered for so long that what was granted before is no longer good.
    #[error("No license server has answered for two minutes, so no licenses are given out until one does. {}", list(.servers))]
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
    #[error("This client has asked for {most} products already; one client may ask for no more.", most = licensing::client_protocol::MOST_PRODUCTS)]
    TooManyProducts,
    /// The client said goodbye.
    #[error("This client has ended. Connect again to take licenses.")]
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
    #[error("No license server was named. Name at least one, such as lic1:7569.")]
    NoServers,
    /// A server that cannot be understood.
    #[error("{text} is not the address of a license server. Write it as lic1, lic1:7569 or https://lic1:7569.")]
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
    #[error("There is no runtime here: call this from within tokio, or use client::blocking.")]
    NoRuntime,
    /// The runtime of a blocking client could not start.
    #[error("The client could not start: {0}.")]
    Runtime(String),
    /// No server answered.
    #[error("No license server answers. {}", list(.servers))]
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
