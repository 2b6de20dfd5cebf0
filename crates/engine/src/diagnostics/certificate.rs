use jiff::{Timestamp, tz::TimeZone};
use tokio_rustls::rustls::CertificateError;
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    prelude::FromDer,
    x509::{AttributeTypeAndValue, X509Name},
};

use super::{ProbeTarget, foreign::shown};

/// Maximum number of names shown of a certificate.
const MAX_NAMES: usize = 3;

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CertificateFault {
    /// It expired on this day.
    Expired(String),
    /// It is valid from this day.
    NotYet(String),
    /// It is for these names.
    OtherName(Vec<String>),
    /// It is self-signed.
    SelfSigned,
    /// Its issuer is not trusted.
    UnknownIssuer,
    /// It is trusted, but a CA certificate.
    OnlyIssues,
    /// This machine has no trusted authorities.
    NobodyTrusted,
    /// Anything else.
    Other(String),
}

/// A certificate as presented.
pub(super) struct ShownCertificate {
    issuer: String,
    own_issuer: bool,
    names: Vec<String>,
    from: String,
    to: String,
}

impl ShownCertificate {
    pub(super) fn read(der: &[u8]) -> Option<ShownCertificate> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.map(|names| names.value.general_names.iter().filter_map(name).take(MAX_NAMES).collect());
        let validity = certificate.validity();
        Some(ShownCertificate {
            issuer: issuer(certificate.issuer()),
            own_issuer: certificate.issuer() == certificate.subject(),
            names: names.unwrap_or_default(),
            from: day(validity.not_before.timestamp()),
            to: day(validity.not_after.timestamp()),
        })
    }

    /// `CN=…, O=…`.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl CertificateFault {
    /// Why `certificate` was rejected. `nobody_trusted`: there was no trusted authority to check it with.
    pub(super) fn of(
        error: &CertificateError,
        certificate: Option<&ShownCertificate>,
        nobody_trusted: bool,
    ) -> CertificateFault {
        use CertificateError as E;
        let date = |date: fn(&ShownCertificate) -> &String| {
            certificate.map_or_else(|| "an unknown day".to_owned(), |c| date(c).clone())
        };
        match error {
            _ if nobody_trusted => CertificateFault::NobodyTrusted,
            E::Expired | E::ExpiredContext { .. } => CertificateFault::Expired(date(|c| &c.to)),
            E::NotValidYet | E::NotValidYetContext { .. } => CertificateFault::NotYet(date(|c| &c.from)),
            E::NotValidForName | E::NotValidForNameContext { .. } => {
                CertificateFault::OtherName(certificate.map(|c| c.names.clone()).unwrap_or_default())
            }
            // webpki's error for a CA certificate used by a server, raised before it searches for the issuer.
            E::Other(other) if other.0.to_string().contains("CaUsedAsEndEntity") => match certificate {
                Some(certificate) if certificate.own_issuer => CertificateFault::SelfSigned,
                _ => CertificateFault::OnlyIssues,
            },
            E::UnknownIssuer if certificate.is_some_and(|c| c.own_issuer) => CertificateFault::SelfSigned,
            // A bad signature: the trusted issuer of that name is a different one, or has a new key.
            E::UnknownIssuer | E::BadSignature => CertificateFault::UnknownIssuer,
            other => CertificateFault::Other(shown(&other.to_string())),
        }
    }

    /// What failed, the usual cause, and what to do.
    pub(super) fn sentence(&self, target: &ProbeTarget, issuer: Option<&str>) -> String {
        let by = issuer.map(|issuer| format!(", issued by {issuer},")).unwrap_or_default();
        match self {
            CertificateFault::Expired(day) => format!(
                "The certificate of {target}{by} expired on {day}. Check this machine's date; if it is right, the node or a proxy in front of it needs a new certificate: tell the vendor or your network administrators."
            ),
            CertificateFault::NotYet(day) => format!(
                "The certificate of {target}{by} is valid only from {day}. Usually this machine's clock is wrong: set it, then try again."
            ),
            CertificateFault::OtherName(names) => {
                let names = match names.as_slice() {
                    [] => "another name".to_owned(),
                    names => names.join(", "),
                };
                format!(
                    "The certificate of {target}{by} is for {names}. Usually a proxy or login page responds in place of the node, or the node list has the wrong name: check the list, or ask your network administrators."
                )
            }
            CertificateFault::SelfSigned => format!(
                "The certificate of {target} is self-signed ({}), and this machine does not trust it. If the node is your own, add its certificate to this machine's trusted ones; otherwise a proxy responds in its place: ask your network administrators.",
                issuer.unwrap_or("without a name")
            ),
            CertificateFault::UnknownIssuer => format!(
                "The certificate of {target} was issued by {}, which this machine does not trust. Usually a proxy inspects TLS connections: ask your network administrators to exempt the nodes, or add that issuer's certificate to this machine's trusted ones.",
                issuer.unwrap_or("an unnamed issuer")
            ),
            CertificateFault::OnlyIssues => format!(
                "The certificate of {target}{by} is a CA certificate, not a server certificate. The node needs its own: tell its operator."
            ),
            CertificateFault::NobodyTrusted => format!(
                "Can't check the certificate of {target}{by}: this machine has no trusted certificate authorities. Install them (usually the package ca-certificates), then restart Leasehold."
            ),
            CertificateFault::Other(reason) => format!(
                "The certificate of {target}{by} was not accepted ({reason}). Ask your network administrators whether there is a proxy in between; if not, tell the node's vendor."
            ),
        }
    }
}

fn issuer(name: &X509Name<'_>) -> String {
    let text = |part: Option<&AttributeTypeAndValue<'_>>| part.and_then(|part| part.as_str().ok()).map(shown);
    let parts = [("CN", text(name.iter_common_name().next())), ("O", text(name.iter_organization().next()))];
    let known: Vec<String> =
        parts.into_iter().filter_map(|(label, text)| text.map(|text| format!("{label}={text}"))).collect();
    if known.is_empty() { shown(&name.to_string()) } else { known.join(", ") }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(shown(name)),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

/// `2026-11-22`, UTC.
fn day(seconds: i64) -> String {
    let instant = Timestamp::from_second(seconds).map(|instant| instant.to_zoned(TimeZone::UTC).date().to_string());
    instant.unwrap_or_else(|_| "an unknown day".to_owned())
}
