//! What the diagnostics show: which nodes answer at which ports, and what to ask of a firewall.

use crate::request::Tone;

/// The reachability of the nodes. Times are Unix milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DiagnosticsPage {
    /// The protocol in use: `HTTP` or `HTTPS`.
    pub protocol: String,
    /// A check is under way.
    pub running: bool,
    /// Connections tried so far, of `total`.
    pub done: usize,
    pub total: usize,
    /// When the last finished check began; none before the first.
    pub ran_ms: Option<i64>,
    /// One per protocol that was checked.
    pub matrix: Vec<MatrixBlock>,
    /// The ports by which nodes were reached, the best first.
    pub works: Vec<WorkingPort>,
    /// "HTTP, port 80": what the configuration says now.
    pub current: String,
    /// The proxy that connections go through, when there is one.
    pub proxy: Option<String>,
    pub firewall: FirewallModel,
    /// How things stand.
    pub sentence: String,
    pub tone: Tone,
}

/// The nodes of one protocol against its ports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatrixBlock {
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The columns.
    pub ports: Vec<u16>,
    pub rows: Vec<MatrixRow>,
    /// The protocol in use.
    pub active: bool,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatrixRow {
    pub node: String,
    /// Ports that are missing were not asked for.
    pub cells: Vec<Cell>,
}

/// One node at one port.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    pub port: u16,
    /// `ok`, `failed` or `not_probed`.
    pub state: String,
    /// How far it came: `DNS`, `TCP`, `TLS` or `HTTP`.
    pub stage: String,
    pub ms: u32,
    /// What happened, what it usually means and what to do.
    pub sentence: String,
    /// Who issued the certificate, when it is not the expected one.
    pub issuer: Option<String>,
}

/// A port by which nodes were reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkingPort {
    pub https: bool,
    pub port: u16,
    pub nodes_ok: usize,
    /// The nodes that were asked at this port.
    pub nodes: usize,
    /// What the configuration says now.
    pub current: bool,
}

impl WorkingPort {
    /// "HTTPS, port 8443".
    pub fn words(&self) -> String {
        format!("{}, port {}", if self.https { "HTTPS" } else { "HTTP" }, self.port)
    }
}

/// What to ask of whoever keeps the firewall.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirewallModel {
    pub rows: Vec<FirewallRow>,
    /// The request, ready to hand over.
    pub text: String,
}

/// One rule of the firewall request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirewallRow {
    pub host: String,
    /// What the name stands for now; empty when it could not be resolved.
    pub addresses: Vec<String>,
    pub ports: Vec<u16>,
    /// `TCP`, with what runs over it.
    pub protocol: String,
    /// `outbound`.
    pub direction: String,
}
