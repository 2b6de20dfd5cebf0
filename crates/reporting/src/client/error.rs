use std::error::Error;
use std::fmt;
use std::io;

use rustls::CertificateError;
use tonic::{Code, Status};

use super::Address;

/// Why a call failed. Each is a sentence for the caller, including the server's reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// There is nothing to check a certificate with.
    #[error("{0}")]
    Authorities(String),
    /// No connection.
    #[error("Can't reach the reporting API at {address}: {stage}: {reason}.")]
    Unreachable {
        /// Where.
        address: Address,
        /// How far it got.
        stage: ConnectStage,
        /// What happened then.
        reason: String,
    },
    /// The connection ended, or was none of gRPC.
    #[error("The connection to {address} was lost: {reason}.")]
    Broken {
        /// Where.
        address: Address,
        /// What is known.
        reason: String,
    },
    /// The API said that it cannot serve now.
    #[error("The reporting API at {address} is not available now: {reason}")]
    Unavailable {
        /// Where.
        address: Address,
        /// The API's words.
        reason: String,
    },
    /// No answer in time; the call may still be carried out.
    #[error(
        "The reporting API at {address} did not answer within {seconds} seconds. It may still carry out the request."
    )]
    Timeout {
        /// Where.
        address: Address,
        /// How long.
        seconds: u64,
    },
    /// UNIMPLEMENTED.
    #[error("The server at {address} does not offer this call: it is a different service, or an older version.")]
    NotOffered {
        /// Where.
        address: Address,
    },
    /// NOT_FOUND: the deployment.
    #[error("The server has no such deployment: {reason}")]
    NotFound {
        /// The API's words.
        reason: String,
    },
    /// INVALID_ARGUMENT.
    #[error("The server did not accept the request: {reason}")]
    Invalid {
        /// The API's words.
        reason: String,
    },
    /// The call went well, and its status is a no.
    #[error("The server refused: {reason}")]
    Refused {
        /// Of `google.rpc.Status`.
        code: i32,
        /// The API's words.
        reason: String,
    },
    /// Any other status.
    #[error("The server failed ({code:?}): {reason}")]
    Failed {
        /// Of gRPC.
        code: Code,
        /// The API's words.
        reason: String,
    },
}

/// How far a connection got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectStage {
    /// From name to address.
    Lookup,
    /// TCP connection.
    Tcp,
    /// TLS handshake.
    Tls,
    /// HTTP/2 over it.
    Http2,
}

impl fmt::Display for ConnectStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "looking up the host",
            Self::Tcp => "connecting (TCP)",
            Self::Tls => "TLS handshake",
            Self::Http2 => "HTTP/2",
        })
    }
}

impl ClientError {
    /// Whether an API answered at all, be it with a no.
    pub fn answered(&self) -> bool {
        !matches!(
            self,
            Self::Authorities(_)
                | Self::Unreachable { .. }
                | Self::Broken { .. }
                | Self::Unavailable { .. }
                | Self::Timeout { .. }
        )
    }

    pub(super) fn of(status: Status, address: &Address) -> Self {
        let address = address.clone();
        if let Some(Unreachable { stage, reason }) = status.source().and_then(Unreachable::within) {
            return Self::Unreachable { address, stage: *stage, reason: reason.clone() };
        }
        // A status with a source was made here, of an error of the transport; one without came from the API.
        if status.source().is_some() {
            return Self::Broken {
                address,
                reason: "it was closed, or the server there is not a gRPC service".to_owned(),
            };
        }
        let reason = sentence(status.message());
        match status.code() {
            Code::Unimplemented => Self::NotOffered { address },
            Code::NotFound => Self::NotFound { reason },
            Code::InvalidArgument => Self::Invalid { reason },
            Code::Unavailable => Self::Unavailable { address, reason },
            code => Self::Failed { code, reason },
        }
    }
}

/// Longest excerpt of what a server says.
const LONGEST: usize = 1000;

/// Words of a server, safe for a terminal: one line, no control characters, not endless.
pub(super) fn sentence(words: &str) -> String {
    let line: String = words.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim();
    if line.is_empty() { "no reason given.".to_owned() } else { line.to_owned() }
}

/// Carries stage and reason through tonic's errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{stage}: {reason}")]
pub(super) struct Unreachable {
    pub stage: ConnectStage,
    pub reason: String,
}

impl Unreachable {
    /// Looks for it in an error and its causes.
    pub fn within<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut causes = std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (**error).source());
        causes.find_map(|error| error.downcast_ref())
    }

    pub fn lookup(error: io::Error) -> Self {
        Self { stage: ConnectStage::Lookup, reason: format!("the name can't be resolved ({error})") }
    }

    pub fn tcp(error: io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::ConnectionRefused => "nothing is listening on this port".to_owned(),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "no route to it".to_owned(),
            io::ErrorKind::TimedOut => "no answer".to_owned(),
            _ => error.to_string(),
        };
        Self { stage: ConnectStage::Tcp, reason }
    }

    pub fn tls(error: io::Error) -> Self {
        let reason = match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(problem)) => certificate(problem),
            Some(rustls::Error::InvalidMessage(_)) => "the server there does not use TLS".to_owned(),
            Some(other) => other.to_string(),
            None if error.kind() == io::ErrorKind::UnexpectedEof || error.kind() == io::ErrorKind::ConnectionReset => {
                "it closed the connection; perhaps it does not use TLS".to_owned()
            }
            None => error.to_string(),
        };
        Self { stage: ConnectStage::Tls, reason }
    }
}

fn certificate(problem: &CertificateError) -> String {
    match problem {
        // A wrong signature: another certificate with the same name, such as a regenerated one.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "this machine does not trust the issuer of its certificate".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is the clock right?".to_owned()
        }
        other => format!("its certificate was not accepted ({other})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_server_stay_on_one_line() {
        assert_eq!(sentence("a\nb\u{1b}[2Jc"), "a b [2Jc");
        assert_eq!(sentence("\n"), "no reason given.");
        assert_eq!(sentence(&"é".repeat(5000)).chars().count(), LONGEST);
    }

    #[test]
    fn a_status_of_the_api_is_told_from_one_of_the_transport() {
        let address: Address = "localhost:1".parse().unwrap();
        let of = |status| ClientError::of(status, &address);
        assert!(matches!(of(Status::not_found("x")), ClientError::NotFound { .. }));
        assert!(matches!(of(Status::invalid_argument("x")), ClientError::Invalid { .. }));
        assert!(matches!(of(Status::unimplemented("x")), ClientError::NotOffered { .. }));
        assert!(!of(Status::unavailable("x")).answered());
        assert!(of(Status::internal("x")).answered());
        let broken = of(Status::from_error(Box::new(io::Error::other("reset"))));
        assert!(matches!(broken, ClientError::Broken { .. }));
        let unreachable = Unreachable { stage: ConnectStage::Tcp, reason: "why".into() };
        let status = Status::from_error(Box::new(tonic::ConnectError(Box::new(unreachable))));
        assert_eq!(of(status).to_string(), "Can't reach the reporting API at localhost:1: connecting (TCP): why.");
    }
}
