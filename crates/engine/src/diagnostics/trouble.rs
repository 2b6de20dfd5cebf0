use std::{net::IpAddr, time::Duration};

use super::{ProbeStage, ProbeTarget, certificate::CertificateFault};

/// Why a probe failed. Each says what failed, what it usually means, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error(
        "The name {host} is not known to the name server of this machine. Check how it is written in the node list; \
         if it is right, ask your network administrators whether names of the Internet are looked up here."
    )]
    NameUnknown { host: String },
    #[error(
        "The name server of this machine cannot look up {host} at the moment. Usually it is not reachable itself: \
         check this machine's network and its name server, then try again."
    )]
    NameServerFails { host: String },
    #[error(
        "Nobody told within {} what the address of {host} is. Usually the name server of this machine is not \
         reachable: check this machine's network and its name server, then try again.",
        seconds(*limit)
    )]
    NameServerSilent { host: String, limit: Duration },
    #[error(
        "The address given for {host} is {address}, which belongs to no machine. Usually a filter in the network \
         blocks the name in this way: ask your network administrators to allow it."
    )]
    NameBlocked { host: String, address: IpAddr },
    #[error("The address of {host} could not be looked up ({reason}). Check this machine's network, then try again.")]
    LookupFailed { host: String, reason: String },

    #[error(
        "The connection to {target} was refused. Either no node listens on this port, or a firewall turns the \
         connection away. Use a port that works, or have this one opened with the firewall request."
    )]
    Refused { target: ProbeTarget },
    #[error(
        "{target} did not answer within {}. Usually a firewall swallows such connections without a word. Use a port \
         that works, or have this one opened with the firewall request.",
        seconds(*limit)
    )]
    Silent { target: ProbeTarget, limit: Duration },
    #[error(
        "{target} did not answer. Usually a firewall swallows such connections without a word. Use a port that works, \
         or have this one opened with the firewall request."
    )]
    GaveUp { target: ProbeTarget },
    #[error(
        "There is no way from this machine to {target}. Usually it has no route to the Internet, or a router turns \
         the connection away: check its network settings, or ask your network administrators."
    )]
    NoRoute { target: ProbeTarget },
    #[error(
        "This machine does not let the server connect to {target}. Usually its own firewall or a security policy \
         forbids it: allow outgoing TCP connections to port {} for Leasehold.",
        target.port
    )]
    ForbiddenHere { target: ProbeTarget },
    #[error("The connection to {target} failed ({reason}). Try again; if it stays, ask your network administrators.")]
    ConnectFailed { target: ProbeTarget, reason: String },

    #[error("{}", fault.sentence(target, issuer.as_deref()))]
    Certificate { target: ProbeTarget, fault: CertificateFault, issuer: Option<String> },
    #[error(
        "{target} answers, but not encrypted. Either this port is meant for HTTP, or a proxy on the way answers in \
         place of the node: use a port for HTTPS, or ask your network administrators to let the connection through."
    )]
    NotTls { target: ProbeTarget },
    #[error(
        "{target} took the connection but did not begin the encryption within {}. Either this port is meant for HTTP, \
         or a firewall holds encrypted connections back: use another port, or have this one opened with the firewall \
         request.",
        seconds(*limit)
    )]
    TlsSilent { target: ProbeTarget, limit: Duration },
    #[error(
        "The connection to {target} was cut while the encryption was agreed on. Usually a firewall does that to \
         connections it does not want: ask your network administrators to let this one through."
    )]
    TlsCut { target: ProbeTarget },
    #[error(
        "{target} broke off the encryption with “{alert}”. Usually something in front of the node offers only outdated \
         encryption, or does not know this name: ask your network administrators, or the vendor of the node."
    )]
    TlsAlert { target: ProbeTarget, alert: String },
    #[error(
        "No encryption could be agreed on with {target} ({reason}). TLS 1.2 or newer is needed: ask your network \
         administrators what stands between, or the vendor of the node."
    )]
    TlsFailed { target: ProbeTarget, reason: String },

    #[error(
        "{target} answered with a web page, not as a licensing node: a proxy or a login page of the network stands \
         between. Ask your network administrators to let this server through without it."
    )]
    WebPage { target: ProbeTarget },
    #[error(
        "{target} sends on to {to} instead of answering as a licensing node: a proxy or a login page of the network \
         stands between. Ask your network administrators to let this server through without it."
    )]
    SentOn { target: ProbeTarget, to: String },
    #[error(
        "{target} wants to be spoken to by HTTPS. Turn on HTTPS to the nodes, or use a port that is meant for HTTP."
    )]
    WantsHttps { target: ProbeTarget },
    #[error(
        "A proxy on the way to {target} asks for a sign-in (status {status}). Ask your network administrators to let \
         this server through without it."
    )]
    SignIn { target: ProbeTarget, status: u16 },
    #[error(
        "Port {} of {} speaks TLS, and was spoken to in clear. Turn on HTTPS to the nodes, or use a port that is meant \
         for HTTP.",
        target.port, target.host
    )]
    SpeaksTls { target: ProbeTarget },
    #[error(
        "{target} answered with something that is not HTTP: another service listens there. Check host and port in the \
         node list, or use a port that works."
    )]
    NotHttp { target: ProbeTarget },
    #[error(
        "{target} took the connection and closed it without an answer. Usually a firewall or a proxy looks into the \
         connection and drops it: ask your network administrators to let it through, or use a port that works."
    )]
    NoAnswer { target: ProbeTarget },
    #[error(
        "{target} took the connection but gave no answer within {}. Usually a firewall or a proxy holds it back, or \
         the node is overloaded: try again, or use a port that works.",
        seconds(*limit)
    )]
    AnswerSilent { target: ProbeTarget, limit: Duration },
    #[error(
        "{target} began to answer but was not done within {}. The line is very slow, or a proxy holds the answer back: \
         try again, or use a port that works.",
        seconds(*limit)
    )]
    AnswerSlow { target: ProbeTarget, limit: Duration },
    #[error(
        "The answer of {target} broke off in the middle. Usually a firewall or a proxy cuts the connection: try again, \
         or use a port that works."
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
