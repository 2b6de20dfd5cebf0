//! Whether the licensing nodes can be reached: DNS → TCP → TLS → HTTP, per node and port.
//!
//! Independent of the engine's state. A probe connects directly to a configured node, never through a proxy, and
//! reveals nothing about this server: it requests `/livez` and reads the start of the answer.

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
pub use lookup::{look_up, resolve};
pub use matrix::Matrix;
pub use prober::{ProbeError, Prober, STAGE_LIMIT};
pub use run::{AT_ONCE, run};
pub use targets::{ProbeTarget, allowed_ports, targets};

/// The stages of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeStage {
    /// The node's name resolves.
    Dns,
    /// Its port accepts a connection.
    Tcp,
    /// The TLS handshake succeeds with a trusted certificate.
    Tls,
    /// The server there uses HTTP as a node does.
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

/// The result of probing one port of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What was probed.
    pub target: ProbeTarget,
    /// Whether an exchange could pass here.
    pub ok: bool,
    /// The last stage: passed when `ok`, else the one that failed.
    pub stage: ProbeStage,
    /// Milliseconds from resolving the name to the end. A name is resolved once for all ports of its node, and that
    /// time is included for each.
    pub ms: u32,
    /// What happened; for a failure also the usual cause and what to do.
    pub sentence: String,
    /// The resolved addresses of the node.
    pub addresses: Vec<IpAddr>,
    /// The node's clock as its answer tells it, Unix milliseconds, in whole seconds.
    pub clock_ms: Option<i64>,
    /// What the node says it runs.
    pub software: Option<String>,
    /// Issuer of an untrusted certificate, as `CN=…, O=…`: often a proxy that inspects TLS.
    pub issuer: Option<String>,
}

#[cfg(test)]
mod tests;
