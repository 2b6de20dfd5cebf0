//! What the overview shows.

use crate::pages::audit::AuditItem;
use crate::pages::clients::PoolUse;
use crate::pages::exchange::{ContactModel, Registered};
use crate::request::Tone;

/// The data of the overview.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    pub registration: Registration,
    pub file: FileState,
    /// The newest entries of the audit log, newest first; empty when the viewer may not read it.
    pub changes: Vec<AuditItem>,
    pub version: String,
    pub started_at_ms: i64,
    /// How long ago the nodes last answered, and what follows from it.
    pub contact: ContactModel,
    /// Whether this server can exchange with the nodes.
    pub registered: Registered,
    /// Licenses that are loaded, those that are not, and the products loaded; none before the first exchange.
    pub licenses: Option<(usize, usize, u64)>,
    /// How much of each product is in use.
    pub pools: Vec<PoolUse>,
    /// Clients that are connected.
    pub clients: usize,
    /// How the license of this machine stands, if one is installed.
    pub machine: Option<(Tone, String)>,
    /// An exchange is under way.
    pub running: bool,
    /// Where the viewer is signed in, this browser included.
    pub own_sessions: usize,
}

/// What the configuration file says about this server's identity.
#[derive(Clone, Debug, PartialEq)]
pub enum Registration {
    /// No GUID, or flexible licensing is off.
    NotRegistered {
        /// The GUID in the file, canonical, when only the mode is off.
        guid: Option<String>,
        flexible: bool,
    },
    Registered {
        /// Canonical: `{DF9960A1-…}`.
        guid: String,
        /// Lower case, no braces.
        deployment: String,
    },
}

/// The state of the configuration file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileState {
    pub path: String,
    /// A sentence when the file cannot be read.
    pub problem: Option<String>,
    pub revision: i64,
    /// Who saved the revision; none when it was found as it is.
    pub changed_by: Option<String>,
    pub changed_at_ms: Option<i64>,
    pub errors: usize,
    pub warnings: usize,
    /// When a change from outside was noticed and not yet answered.
    pub changed_outside_ms: Option<i64>,
}
