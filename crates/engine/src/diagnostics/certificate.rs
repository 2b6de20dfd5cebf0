use jiff::{Timestamp, tz::TimeZone};
use tokio_rustls::rustls::CertificateError;
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    prelude::FromDer,
    x509::{AttributeTypeAndValue, X509Name},
};

use super::{ProbeTarget, foreign::shown};

/// At the most this many names of a certificate are repeated.
const MAX_NAMES: usize = 3;

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CertificateFault {
    /// It ended on this day.
    Expired(String),
    /// It begins on this day.
    NotYet(String),
    /// It was made for these names.
    OtherName(Vec<String>),
    /// It was issued by nobody but itself.
    SelfSigned,
    /// Its issuer is not trusted.
    UnknownIssuer,
    /// It is trusted, but made to issue others, not to serve.
    OnlyIssues,
    /// This machine trusts nobody.
    NobodyTrusted,
    /// Anything else.
    Other(String),
}

/// A certificate as it was shown.
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
    /// Why `certificate` was turned down. `nobody_trusted`: there was nothing to hold it against.
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
            // How webpki names a certificate authority that is used as a server; it comes before the search for the issuer.
            E::Other(other) if other.0.to_string().contains("CaUsedAsEndEntity") => match certificate {
                Some(certificate) if certificate.own_issuer => CertificateFault::SelfSigned,
                _ => CertificateFault::OnlyIssues,
            },
            E::UnknownIssuer if certificate.is_some_and(|c| c.own_issuer) => CertificateFault::SelfSigned,
            // A bad signature: an issuer of that name is trusted, but this is another one, or its key was renewed.
            E::UnknownIssuer | E::BadSignature => CertificateFault::UnknownIssuer,
            other => CertificateFault::Other(shown(&other.to_string())),
        }
    }

    /// What failed, what it usually means, and what to do.
    pub(super) fn sentence(&self, target: &ProbeTarget, issuer: Option<&str>) -> String {
        let by = issuer.map(|issuer| format!(", issued by {issuer},")).unwrap_or_default();
        match self {
            CertificateFault::Expired(day) => format!(
                "The certificate of {target}{by} ended on {day}. Check the date of this machine; if it is right, the node, \
                 or a proxy in front of it, needs a new certificate: tell the vendor or your network administrators."
            ),
            CertificateFault::NotYet(day) => format!(
                "The certificate of {target}{by} is good only from {day} on. Usually the clock of this machine is \
                 wrong: set it, then try again."
            ),
            CertificateFault::OtherName(names) => {
                let names = match names.as_slice() {
                    [] => "another name".to_owned(),
                    names => names.join(", "),
                };
                format!(
                    "The certificate of {target}{by} is made for {names}. Usually a proxy or a login page of the network \
                     answers in place of the node, or the node list has another name than the node: check the list, or ask \
                     your network administrators."
                )
            }
            CertificateFault::SelfSigned => format!(
                "The certificate of {target} was issued by itself ({}), and this machine does not trust it. For a node of \
                 your own, add its certificate to the trusted ones of this machine; else a proxy on the way answers in its \
                 place: ask your network administrators.",
                issuer.unwrap_or("without a name")
            ),
            CertificateFault::UnknownIssuer => format!(
                "The certificate of {target} was issued by {}, which this machine does not trust. Usually a proxy on the way \
                 opens encrypted connections: ask your network administrators to exempt the nodes, or add the certificate of \
                 that issuer to the trusted ones of this machine.",
                issuer.unwrap_or("somebody unnamed")
            ),
            CertificateFault::OnlyIssues => format!(
                "The certificate of {target}{by} is made to issue others, not for a server. The node needs a certificate of \
                 its own: tell whoever runs it."
            ),
            CertificateFault::NobodyTrusted => format!(
                "The certificate of {target}{by} could not be checked: this machine has no list of trusted certificate \
                 authorities. Install it (in most systems the package ca-certificates), then restart Leasehold."
            ),
            CertificateFault::Other(reason) => format!(
                "The certificate of {target}{by} is not accepted ({reason}). Ask your network administrators whether a proxy \
                 stands between; if not, tell the vendor of the node."
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
