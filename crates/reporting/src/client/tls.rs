use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::ClientError;

/// Whether the API speaks TLS, and who vouches for it. Its certificate is always checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsChoice {
    /// Cleartext HTTP/2.
    Off,
    /// TLS.
    On {
        /// PEM of the only authorities to trust, or of the API's own certificate. None: those this machine trusts.
        ca: Option<Vec<u8>>,
    },
}

impl TlsChoice {
    /// None for cleartext.
    pub(super) fn config(self) -> Result<Option<Arc<ClientConfig>>, ClientError> {
        let Self::On { ca } = self else { return Ok(None) };
        let mut roots = RootCertStore::empty();
        match ca {
            Some(pem) => given(&mut roots, &pem)?,
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if roots.is_empty() {
                    return Err(ClientError::Authorities(
                        "This machine has no certificate authorities to check the API's certificate with. Install them (package ca-certificates), or give a file with the right one."
                            .to_owned(),
                    ));
                }
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports the default versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Some(Arc::new(config)))
    }
}

fn given(roots: &mut RootCertStore, pem: &[u8]) -> Result<(), ClientError> {
    let refused = |what: String| ClientError::Authorities(format!("The file with the authorities {what}."));
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| refused("is not valid PEM".to_owned()))?;
        roots.add(certificate).map_err(|reason| refused(format!("has an invalid certificate: {reason}")))?;
    }
    if roots.is_empty() {
        return Err(refused("has no PEM certificate (-----BEGIN CERTIFICATE-----)".to_owned()));
    }
    Ok(())
}
