//! Whose certificates a channel trusts: the authorities this machine trusts, and one of a company's own that the channel names.

use std::error::Error;
use std::fmt::Display;
use std::io::Read;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, RootCertStore};

use crate::https;

/// A file of authorities has at most this many bytes; the list of a whole system has less.
const MOST_BYTES: u64 = 1024 * 1024;
/// Longest path, bytes: that of Linux.
const LONGEST: usize = 4096;

/// The certificates in the CA file of a channel; none for a channel that names no file. It is read anew each time, so that a renewed
/// one counts at once.
///
/// # Errors
/// A sentence that says what is wrong with it; nothing of what it holds is repeated.
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
    let bytes = read.map_err(|reason| format!("The CA file {path} cannot be read: {reason}."))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let unusable = || {
        format!(
            "The CA file {path} holds no certificate that can be used. It is a PEM file with the certificate of the authority."
        )
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
        return Err("it is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(plain)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it has more than {MOST_BYTES} bytes"));
    }
    Ok(bytes)
}

/// In place of an error: a sentence, when it was the certificate of `target` that was refused.
pub(super) fn refused(error: &(dyn Error + 'static), target: impl Display, ca: &str) -> Option<String> {
    use CertificateError as E;
    let rustls::Error::InvalidCertificate(certificate) = https::cause(error)? else { return None };
    let advice = match certificate {
        E::Expired | E::ExpiredContext { .. } => {
            "has expired. Its operator must renew it; if it was renewed, check the clock of this machine".to_owned()
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "is not good yet. Check the clock of this machine".to_owned()
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "is made for another name. Enter the name it is made for, or ask its operator".to_owned()
        }
        E::UnknownIssuer | E::BadSignature if ca.is_empty() => {
            "is from an issuer this machine does not trust. If that is your company's own, name the CA file of the channel".to_owned()
        }
        E::UnknownIssuer | E::BadSignature => {
            format!("is neither from an issuer this machine trusts nor from the CA file {ca}. Put the certificate of its issuer there")
        }
        E::Other(other) if other.0.to_string().contains("CaUsedAsEndEntity") => {
            "is made to issue others, not for a server. That server needs one of its own".to_owned()
        }
        other => format!("is not accepted ({other}). Ask its operator"),
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
            (folder.path().join("none").to_str().unwrap().to_owned(), "cannot be read: no such file"),
            (folder.path().to_str().unwrap().to_owned(), "cannot be read: it is not a regular file"),
            ("/dev/zero".to_owned(), "cannot be read: it is not a regular file"),
            (write("large", &"x".repeat(1024 * 1024 + 1)), "cannot be read: it has more than"),
            (write("empty", ""), "holds no certificate"),
            (write("text", "top secret"), "holds no certificate"),
            (write("broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "holds no certificate"),
            (write("cut", &one.cert.pem()[..200]), "holds no certificate"),
            (key, "holds no certificate"),
        ] {
            let why = read(&path).await.unwrap_err();
            assert!(why.contains(expected) && why.ends_with('.'), "{path}: {why}");
            assert!(!why.contains("top secret") && !why.contains("PRIVATE"), "{why}");
        }
    }
}
