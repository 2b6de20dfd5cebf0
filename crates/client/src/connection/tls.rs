use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::ConnectError;

/// Whose certificates are trusted at the license servers.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    without_system: bool,
    certificates: Vec<CertificateDer<'static>>,
}

impl Tls {
    /// Those this machine trusts.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// Only those given here, PEM: an authority of one's own, or the server's certificate itself.
    ///
    /// # Errors
    /// [`ConnectError::Tls`] when there is none in it.
    pub fn only(pem: &[u8]) -> Result<Self, ConnectError> {
        Self { without_system: true, ..Self::default() }.and(pem)
    }

    /// These as well, PEM.
    ///
    /// # Errors
    /// [`ConnectError::Tls`] when there is none in it.
    pub fn and(mut self, pem: &[u8]) -> Result<Self, ConnectError> {
        let before = self.certificates.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| {
                ConnectError::Tls(format!("Can't read a certificate: {error}. Give certificates as PEM."))
            })?;
            self.certificates.push(certificate);
        }
        if self.certificates.len() == before {
            return Err(ConnectError::Tls(
                "No certificate found. Give a PEM file with -----BEGIN CERTIFICATE-----.".to_owned(),
            ));
        }
        Ok(self)
    }

    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, ConnectError> {
        let mut roots = RootCertStore::empty();
        if !self.without_system {
            // Single certificates of the system that cannot be read are no reason to trust none.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        for certificate in &self.certificates {
            roots
                .add(certificate.clone())
                .map_err(|error| ConnectError::Tls(format!("Can't trust a given certificate: {error}.")))?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| ConnectError::Tls(format!("Can't set up TLS: {error}.")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}
