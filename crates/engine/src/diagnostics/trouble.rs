use std::{net::IpAddr, time::Duration};

use super::{ProbeStage, ProbeTarget, certificate::CertificateFault};

/// Why a probe failed. Each says what failed, what it usually means, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error(
        "This machine's DNS server has no entry for {host}. Check its spelling in the node list; if it is right, ask your network administrators whether public names can be resolved here."
    )]
    NameUnknown { host: String },
    #[error(
        "This machine's DNS server can't resolve {host} at the moment. Usually it can't be reached: check this machine's network and its DNS server, then try again."
    )]
    NameServerFails { host: String },
    #[error(
        "Resolving {host} timed out after {}. Usually this machine's DNS server can't be reached: check this machine's network and its DNS server, then try again.",
        seconds(*limit)
    )]
    NameServerSilent { host: String, limit: Duration },
    #[error(
        "{host} resolves to {address}, which is not a real address. Usually a DNS filter blocks the name: ask your network administrators to allow it."
    )]
    NameBlocked { host: String, address: IpAddr },
    #[error("Can't resolve {host} ({reason}). Check this machine's network, then try again.")]
    LookupFailed { host: String, reason: String },

    #[error(
        "The connection to {target} was refused. Either no node is listening on this port, or a firewall rejects the connection. Use a port that works, or send the firewall request to have this one opened."
    )]
    Refused { target: ProbeTarget },
    #[error(
        "{target} did not respond within {}. Usually a firewall drops the connection. Use a port that works, or send the firewall request to have this one opened.",
        seconds(*limit)
    )]
    Silent { target: ProbeTarget, limit: Duration },
    #[error(
        "{target} did not respond. Usually a firewall drops the connection. Use a port that works, or send the firewall request to have this one opened."
    )]
    GaveUp { target: ProbeTarget },
    #[error(
        "This machine has no route to {target}. Usually it has no Internet route, or a router rejects the connection: check its network settings, or ask your network administrators."
    )]
    NoRoute { target: ProbeTarget },
    #[error(
        "This machine does not let Leasehold connect to {target}. Usually its own firewall or a security policy blocks it: allow outgoing TCP connections to port {} for Leasehold.",
        target.port
    )]
    ForbiddenHere { target: ProbeTarget },
    #[error(
        "The connection to {target} failed ({reason}). Try again; if it keeps failing, ask your network administrators."
    )]
    ConnectFailed { target: ProbeTarget, reason: String },

    #[error("{}", fault.sentence(target, issuer.as_deref()))]
    Certificate { target: ProbeTarget, fault: CertificateFault, issuer: Option<String> },
    #[error(
        "{target} responds without TLS. Either this port is for HTTP, or a proxy responds in place of the node: use an HTTPS port, or ask your network administrators to let the connection through."
    )]
    NotTls { target: ProbeTarget },
    #[error(
        "{target} accepted the connection but did not start TLS within {}. Either this port is for HTTP, or a firewall blocks TLS: use another port, or send the firewall request to have this one opened.",
        seconds(*limit)
    )]
    TlsSilent { target: ProbeTarget, limit: Duration },
    #[error(
        "The connection to {target} was closed during the TLS handshake. Usually a firewall does this: ask your network administrators to let the connection through."
    )]
    TlsCut { target: ProbeTarget },
    #[error(
        "{target} rejected TLS with “{alert}”. Usually something in front of the node supports only outdated TLS, or not this name: ask your network administrators or the node's vendor."
    )]
    TlsAlert { target: ProbeTarget, alert: String },
    #[error(
        "The TLS handshake with {target} failed ({reason}). TLS 1.2 or newer is required: ask your network administrators about proxies in between, or the node's vendor."
    )]
    TlsFailed { target: ProbeTarget, reason: String },

    #[error(
        "{target} returned a web page: a proxy or login page responds in place of the licensing node. Ask your network administrators to let this server bypass it."
    )]
    WebPage { target: ProbeTarget },
    #[error(
        "{target} redirects to {to}: a proxy or login page responds in place of the licensing node. Ask your network administrators to let this server bypass it."
    )]
    SentOn { target: ProbeTarget, to: String },
    #[error("{target} requires HTTPS. Turn on HTTPS to the nodes, or use an HTTP port.")]
    WantsHttps { target: ProbeTarget },
    #[error(
        "A proxy on the way to {target} requires a sign-in (status {status}). Ask your network administrators to let this server bypass it."
    )]
    SignIn { target: ProbeTarget, status: u16 },
    #[error(
        "Port {} of {} requires TLS, but HTTPS to the nodes is off. Turn it on, or use an HTTP port.",
        target.port, target.host
    )]
    SpeaksTls { target: ProbeTarget },
    #[error(
        "{target} does not use HTTP: a different service is listening there. Check host and port in the node list, or use a port that works."
    )]
    NotHttp { target: ProbeTarget },
    #[error(
        "{target} accepted the connection but closed it without an answer. Usually a firewall or proxy inspects and drops it: ask your network administrators to let it through, or use a port that works."
    )]
    NoAnswer { target: ProbeTarget },
    #[error(
        "{target} accepted the connection but sent no answer within {}. Usually a firewall or proxy holds it back, or the node is overloaded: try again, or use a port that works.",
        seconds(*limit)
    )]
    AnswerSilent { target: ProbeTarget, limit: Duration },
    #[error(
        "{target} did not finish its answer within {}. The line is very slow, or a proxy holds the answer back: try again, or use a port that works.",
        seconds(*limit)
    )]
    AnswerSlow { target: ProbeTarget, limit: Duration },
    #[error(
        "The answer of {target} was cut off. Usually a firewall or proxy closes the connection: try again, or use a port that works."
    )]
    AnswerCut { target: ProbeTarget },
}

impl Trouble {
    /// The stage that failed.
    pub(super) fn stage(&self) -> ProbeStage {
        use Trouble::*;
        match self {
            NameUnknown { .. }
            | NameServerFails { .. }
            | NameServerSilent { .. }
            | NameBlocked { .. }
            | LookupFailed { .. } => ProbeStage::Dns,
            Refused { .. }
            | Silent { .. }
            | GaveUp { .. }
            | NoRoute { .. }
            | ForbiddenHere { .. }
            | ConnectFailed { .. } => ProbeStage::Tcp,
            Certificate { .. }
            | NotTls { .. }
            | TlsSilent { .. }
            | TlsCut { .. }
            | TlsAlert { .. }
            | TlsFailed { .. } => ProbeStage::Tls,
            WebPage { .. }
            | SentOn { .. }
            | WantsHttps { .. }
            | SignIn { .. }
            | SpeaksTls { .. }
            | NotHttp { .. }
            | NoAnswer { .. }
            | AnswerSilent { .. }
            | AnswerSlow { .. }
            | AnswerCut { .. } => ProbeStage::Http,
        }
    }

    /// Who issued a certificate that is not trusted.
    pub(super) fn issuer(&self) -> Option<String> {
        match self {
            Trouble::Certificate { issuer, .. } => issuer.clone(),
            _ => None,
        }
    }
}

/// A limit in words. Whole seconds, except in tests.
fn seconds(limit: Duration) -> String {
    if limit == Duration::from_secs(1) { "1 second".to_owned() } else { format!("{} seconds", limit.as_secs_f64()) }
}
