use licensing::client_protocol::{ExpiryNotice, VeTerms};

use crate::driver::Problem;
use crate::journal::ServerIndex;

/// What the background task tells whoever keeps a license (`crate::ve`), in order and without loss. Applications hear
/// [`crate::ClientEvent`] instead.
#[derive(Debug)]
pub enum KeeperEvent {
    /// This server is asked next.
    Trying(ServerIndex),
    /// The deadline of the server in use or being tried.
    Missed {
        /// Which.
        server: ServerIndex,
        /// Why.
        problem: Problem,
    },
    /// No server gives a license.
    Lost,
    /// A server named the terms of its license.
    Terms {
        /// Which.
        server: ServerIndex,
        /// What it said.
        terms: VeTerms,
    },
    /// The server worked with gives a license; told with every answer.
    Granted(ServerIndex),
    /// The primary has licenses, and all are in use: one is waited for. Told with every answer.
    Full(ServerIndex),
    /// What the server worked with gives ends soon.
    Notice(ExpiryNotice),
}
