use licensing::client_protocol::{Notice, VeTerms};

use crate::driver::Problem;
use crate::journal::Server;

/// What the background task tells whoever keeps a license (`crate::ve`), in order and without loss. Applications hear
/// [`crate::Event`] instead.
#[derive(Debug)]
pub enum Moment {
    /// This server is asked next.
    Trying(Server),
    /// The deadline of the server in use or being tried.
    Missed {
        /// Which.
        server: Server,
        /// Why.
        problem: Problem,
    },
    /// No server gives a license.
    Lost,
    /// A server named the terms of its license.
    Terms {
        /// Which.
        server: Server,
        /// What it said.
        terms: VeTerms,
    },
    /// The server worked with gives a license; told with every answer.
    Granted(Server),
    /// The primary has licenses, and all are in use: one is waited for. Told with every answer.
    Full(Server),
    /// What the server worked with gives ends soon.
    Notice(Notice),
}
