use std::{
    io::{Error, ErrorKind},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{net::TcpStream, time};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
        client::{
            Resumption, WebPkiServerVerifier,
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        },
        crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};

use super::{
    ProbeTarget,
    certificate::{CertificateFault, ShownCertificate},
    foreign::shown,
    trouble::Trouble,
};

/// The trusted certificates and the TLS configuration.
#[derive(Debug, Clone)]
pub(super) struct Trust {
    config: ClientConfig,
    provider: Arc<CryptoProvider>,
    /// `None`: no trusted authorities.
    checker: Option<Arc<WebPkiServerVerifier>>,
}

impl Trust {
    pub(super) fn new(roots: RootCertStore) -> Result<Trust, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let roots = Arc::new(roots);
        let mut config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        // No resumption: every probe is independent.
        config.resumption = Resumption::disabled();
        // Without revocation lists it can only fail if it is empty.
        let checker = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build().ok();
        Ok(Trust { config, provider, checker })
    }

    /// Does the TLS handshake. An untrusted certificate ends it before anything is sent, and is kept to name its
    /// issuer.
    pub(super) async fn wrap(
        &self,
        stream: TcpStream,
        target: &ProbeTarget,
        limit: Duration,
    ) -> Result<TlsStream<TcpStream>, Trouble> {
        let name = target.host.parse::<IpAddr>().map_or_else(
            |_| ServerName::try_from(target.host.clone()),
            |address| Ok(ServerName::IpAddress(address.into())),
        );
        let name = name.map_err(|error| Trouble::TlsFailed { target: target.clone(), reason: error.to_string() })?;
        let witness = Arc::new(Witness {
            checker: self.checker.clone(),
            provider: self.provider.clone(),
            refused: Mutex::default(),
        });
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(witness.clone());
        let connect = TlsConnector::from(Arc::new(config)).connect(name, stream);
        match time::timeout(limit, connect).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(self.trouble(target, &error, &witness)),
            Err(_) => Err(Trouble::TlsSilent { target: target.clone(), limit }),
        }
    }

    fn trouble(&self, target: &ProbeTarget, error: &Error, witness: &Witness) -> Trouble {
        let target = target.clone();
        match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
            Some(TlsError::InvalidCertificate(error)) => {
                let certificate = witness.refused().and_then(|der| ShownCertificate::read(&der));
                let fault = CertificateFault::of(error, certificate.as_ref(), self.checker.is_none());
                Trouble::Certificate { target, fault, issuer: certificate.map(|c| c.issuer().to_owned()) }
            }
            Some(TlsError::InvalidMessage(_)) => Trouble::NotTls { target },
            Some(TlsError::AlertReceived(alert)) => Trouble::TlsAlert { target, alert: format!("{alert:?}") },
            Some(other) => Trouble::TlsFailed { target, reason: shown(&other.to_string()) },
            None => match error.kind() {
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                    Trouble::TlsCut { target }
                }
                _ => Trouble::TlsFailed { target, reason: shown(&error.to_string()) },
            },
        }
    }
}

/// Checks certificates as strictly as any client and remembers a rejected one.
#[derive(Debug)]
struct Witness {
    checker: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    refused: Mutex<Option<CertificateDer<'static>>>,
}

impl Witness {
    fn refused(&self) -> Option<CertificateDer<'static>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let verdict = match &self.checker {
            Some(checker) => checker.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        };
        if verdict.is_err() {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(end_entity.clone().into_owned());
        }
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
