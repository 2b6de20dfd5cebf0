//! The certificate of a node.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not what it should be.
    #[error("{what} found in {}: {reason}. Give a PEM file.", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// "No certificate" or "No private key".
        what: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// Certificate and key do not fit.
    #[error("The certificate {} does not work with the key {}: {reason}. Give the key it was made for.", cert.display(), key.display())]
    Pair {
        /// Certificate file.
        cert: PathBuf,
        /// Key file.
        key: PathBuf,
        /// What the library said.
        reason: String,
    },
}

/// TLS with the certificate chain and key in these PEM files.
///
/// # Errors
/// [`TlsError`] names the file at fault.
pub fn tls(cert: &Path, key: &Path) -> Result<RustlsConfig, TlsError> {
    let unreadable = |path: &Path, what, reason: &dyn std::fmt::Display| TlsError::File {
        path: path.to_owned(),
        what,
        reason: reason.to_string(),
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(cert, "No certificate", &error))?;
    if chain.is_empty() {
        return Err(unreadable(cert, "No certificate", &"the file has none"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, "No private key", &error))?;
    let pair =
        |error: rustls::Error| TlsError::Pair { cert: cert.to_owned(), key: key.to_owned(), reason: error.to_string() };
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}
