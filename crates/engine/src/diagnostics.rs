//! Whether the licensing nodes can be reached: DNS → TCP → TLS → HTTP, per node and port.
//!
//! Knows nothing of the engine's state. A probe goes straight to a node of the configuration, never through a proxy, and
//! tells it nothing about this server: it asks for `/livez` and reads how the answer begins.

mod answer;
mod certificate;
mod dial;
mod firewall;
mod foreign;
mod lookup;
mod matrix;
mod prober;
mod run;
mod targets;
mod tls;
mod trouble;

use std::net::IpAddr;

pub use firewall::{FirewallRow, firewall_csv, firewall_rows, firewall_text};
pub use lookup::resolve;
pub use matrix::Matrix;
pub use prober::{ProbeError, Prober, STAGE_LIMIT};
pub use run::{AT_ONCE, run};
pub use targets::{ProbeTarget, allowed_ports, targets};

/// How far a probe came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeStage {
    /// The name of the node has an address.
    Dns,
    /// A connection to its port can be made.
    Tcp,
    /// The connection is encrypted, and with a certificate that is trusted.
    Tls,
    /// Something there speaks HTTP as a node does.
    Http,
}

impl ProbeStage {
    /// All, in the order they are passed.
    pub const ALL: [ProbeStage; 4] = [ProbeStage::Dns, ProbeStage::Tcp, ProbeStage::Tls, ProbeStage::Http];

    /// The word on the screen and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ProbeStage::Dns => "DNS",
            ProbeStage::Tcp => "TCP",
            ProbeStage::Tls => "TLS",
            ProbeStage::Http => "HTTP",
        }
    }
}

/// What came of probing one port of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What was probed.
    pub target: ProbeTarget,
    /// Whether an exchange with the node could pass here.
    pub ok: bool,
    /// The last stage: passed when `ok`, else the one that failed.
    pub stage: ProbeStage,
    /// Milliseconds from the look-up of the name to the end. A name is looked up once for all ports of its node, and that
    /// time counts for each of them.
    pub ms: u32,
    /// What happened; for a failure also what it usually means and what to do.
    pub sentence: String,
    /// The addresses of the node, as its name was looked up.
    pub addresses: Vec<IpAddr>,
    /// Who issued the certificate, as `CN=…, O=…`, when it was not trusted: often a proxy that opens encrypted connections.
    pub issuer: Option<String>,
}

#[cfg(test)]
mod tests;
