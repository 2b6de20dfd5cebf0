//! Certificates a channel trusts: the authorities this machine trusts, and a company's own in the channel's CA file.

use std::error::Error;
use std::fmt::Display;
use std::io::Read;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, RootCertStore};

use crate::https;

/// Maximum size of a CA file, bytes; a system's whole list is smaller.
const MOST_BYTES: u64 = 1024 * 1024;
/// Longest path, bytes: that of Linux.
const LONGEST: usize = 4096;

/// The certificates in a channel's CA file; empty without one. The file is read each time, so a renewed certificate
/// takes effect at once.
///
/// # Errors
/// A sentence that says what is wrong, without quoting the file.
pub(super) async fn read(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    if path.len() > LONGEST || path.chars().any(char::is_control) || !Path::new(path).is_absolute() {
        return Err(
            "Enter the full path of a PEM file on this server, such as /etc/leasehold/company-ca.pem.".to_owned()
        );
    }
    let file = PathBuf::from(path);
    let read = tokio::task::spawn_blocking(move || whole(&file)).await.map_err(|error| error.to_string())?;
    let bytes = read.map_err(|reason| format!("Can't read the CA file {path}: {reason}."))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let unusable = || {
        format!("The CA file {path} has no usable certificate. Use a PEM file with the certificate of the authority.")
    };
    let certificates = certificates.map_err(|_| unusable())?;
    let mut roots = RootCertStore::empty();
    let usable = certificates.iter().all(|certificate| roots.add(certificate.clone()).is_ok());
    if usable && !certificates.is_empty() { Ok(certificates) } else { Err(unusable()) }
}

fn whole(path: &Path) -> Result<Vec<u8>, String> {
    let plain = |error: std::io::Error| {
        let text = error.to_string();
        text.split(" (os error").next().unwrap_or(&text).to_lowercase()
    };
    let meta = std::fs::metadata(path).map_err(plain)?;
    if !meta.is_file() {
        return Err("not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(plain)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("larger than {MOST_BYTES} bytes"));
    }
    Ok(bytes)
}

/// A sentence in place of the error, if the certificate of `target` was refused.
pub(super) fn refused(error: &(dyn Error + 'static), target: impl Display, ca: &str) -> Option<String> {
    use CertificateError as E;
    let rustls::Error::InvalidCertificate(certificate) = https::cause(error)? else { return None };
    let advice = match certificate {
        E::Expired | E::ExpiredContext { .. } => {
            "has expired. Ask its operator to renew it; if it was renewed, check this machine's clock".to_owned()
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "is not valid yet. Check this machine's clock".to_owned()
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "is for another name. Enter the name it is for, or ask its operator".to_owned()
        }
        E::UnknownIssuer | E::BadSignature if ca.is_empty() => {
            "is from an issuer this machine does not trust. If that is your company's own CA, enter its CA file in the channel".to_owned()
        }
        E::UnknownIssuer | E::BadSignature => {
            format!("is from an issuer that neither this machine nor the CA file {ca} trusts. Add the issuer's certificate to that file")
        }
        E::Other(other) if other.0.to_string().contains("CaUsedAsEndEntity") => {
            "is a CA certificate, not a server certificate. The server needs its own".to_owned()
        }
        other => format!("was not accepted ({other}). Ask its operator"),
    };
    Some(format!("The certificate of {target} {advice}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ca_file_is_a_pem_file_with_certificates_or_refused_without_a_word_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let pem = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let (one, two) = (pem("a.example"), pem("b.example"));
        let key = write("key", &one.signing_key.serialize_pem());
        for (path, expected) in [
            (String::new(), 0),
            (write("one", &one.cert.pem()), 1),
            (write("two", &format!("# company\n{}\n{}", one.cert.pem(), two.cert.pem())), 2),
        ] {
            assert_eq!(read(&path).await.unwrap().len(), expected, "{path}");
        }
        for (path, expected) in [
            ("company-ca.pem".to_owned(), "Enter the full path"),
            (format!("/{}", "x".repeat(5_000)), "Enter the full path"),
            ("/a\nb".to_owned(), "Enter the full path"),
            (folder.path().join("none").to_str().unwrap().to_owned(), ": no such file"),
            (folder.path().to_str().unwrap().to_owned(), ": not a regular file"),
            ("/dev/zero".to_owned(), ": not a regular file"),
            (write("large", &"x".repeat(1024 * 1024 + 1)), ": larger than"),
            (write("empty", ""), "no usable certificate"),
            (write("text", "top secret"), "no usable certificate"),
            (
                write("broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                "no usable certificate",
            ),
            (write("cut", &one.cert.pem()[..200]), "no usable certificate"),
            (key, "no usable certificate"),
        ] {
            let why = read(&path).await.unwrap_err();
            assert!(why.contains(expected) && why.ends_with('.'), "{path}: {why}");
            assert!(!why.contains("top secret") && !why.contains("PRIVATE"), "{why}");
        }
    }
}
