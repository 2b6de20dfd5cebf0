//! TLS of the console: the given certificate; without one, beyond loopback, one that Leasehold generates and prints
//! the fingerprint of.

use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use axum_server::tls_rustls::RustlsConfig;

use crate::exit::Failure;
use crate::settings::Settings;

/// The certificate in use.
pub struct Tls {
    /// For the server.
    pub config: RustlsConfig,
    /// SHA-256 fingerprint of a generated certificate.
    pub made_here: Option<String>,
}

/// `None` on loopback without a given certificate.
///
/// # Errors
/// A sentence that names the file at fault.
pub async fn choose(settings: &Settings, address: SocketAddr) -> Result<Option<Tls>, Failure> {
    match &settings.tls {
        None if address.ip().is_loopback() => Ok(None),
        _ => given_or_made(settings, address).await.map(Some),
    }
}

/// Where the certificate is, and whether Leasehold makes it.
pub fn certificate(settings: &Settings) -> (PathBuf, bool) {
    match &settings.tls {
        Some((cert, _)) => (cert.clone(), false),
        None => (settings.data.join("console.crt"), true),
    }
}

/// The given certificate, else the generated one.
///
/// # Errors
/// A sentence that names the file at fault.
pub async fn given_or_made(settings: &Settings, address: SocketAddr) -> Result<Tls, Failure> {
    let (cert, own) = certificate(settings);
    let key = settings.tls.as_ref().map_or_else(|| settings.data.join("console.key"), |(_, key)| key.clone());
    // One provider for the whole process; a second call keeps the first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut made_here = None;
    if own {
        if !cert.exists() || !key.exists() {
            make(&cert, &key, settings, address)?;
        }
        made_here = fingerprint(&cert);
    }
    let config = RustlsConfig::from_pem_file(&cert, &key).await.map_err(|error| {
        Failure::failed(format!(
            "Can't use the certificate {} with the key {}: {error}.",
            cert.display(),
            key.display()
        ))
    })?;
    Ok(Tls { config, made_here })
}

fn make(cert: &Path, key: &Path, settings: &Settings, address: SocketAddr) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("Can't create a certificate for the console: {error}."))
    };
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), super::state::host_name()];
    if !address.ip().is_unspecified() {
        names.push(address.ip().to_string());
    }
    names.extend(settings.hosts.iter().cloned());
    let made = rcgen::generate_simple_self_signed(names).map_err(|e| failed(&e))?;
    std::fs::write(cert, made.cert.pem()).map_err(|e| failed(&e))?;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(key)
        .map_err(|e| failed(&e))?;
    std::io::Write::write_all(&mut file, made.signing_key.serialize_pem().as_bytes()).map_err(|e| failed(&e))
}

fn fingerprint(cert: &Path) -> Option<String> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let der = CertificateDer::from_pem_file(cert).ok()?;
    let hex = engine::secret::digest_hex(&der);
    let pairs: Vec<&str> = (0..hex.len()).step_by(2).filter_map(|i| hex.get(i..i + 2)).collect();
    Some(pairs.join(":").to_uppercase())
}
