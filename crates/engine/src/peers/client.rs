//! Requests to a peer's console: with limits, and without following redirects.
//!
//! Its certificate is not checked: consoles generate their own. The signature of the answer authenticates it, and a
//! certificate would add nothing.

use std::sync::Arc;
use std::time::Duration;

use licensing::peers::{MOST_BYTES, MessageError, PeerUrl, TIMEOUT_MS, protocol_of};
use licensing::plain_text::one_line;
use reqwest::{Client, StatusCode};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};

use super::Peers;
use crate::https;

/// Why there is no answer to verify.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// No answer, with the reason.
    Unreached(String),
    /// Something else was returned, with this text.
    Says(String),
    /// Not a message of this protocol.
    Message(MessageError),
    /// The client can't start.
    Client(String),
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreached(reason) => write!(f, "It does not respond: {reason}."),
            Self::Says(says) => write!(f, "It refused this server's message: “{says}”."),
            Self::Message(error) => write!(f, "{error}"),
            Self::Client(sentence) => f.write_str(sentence),
        }
    }
}

impl Peers {
    /// Posts a message; returns the answer, if it follows the protocol.
    pub(super) async fn post(&self, url: &PeerUrl, call: &str, body: Vec<u8>) -> Result<Vec<u8>, NoAnswer> {
        let client = match self.client.get() {
            Some(client) => client,
            None => {
                let made = client()
                    .map_err(|error| NoAnswer::Client(format!("Can't start the client for peers: {error}.")))?;
                self.client.get_or_init(|| made)
            }
        };
        let request =
            client.post(format!("{url}/peer/v1/{call}")).header("content-type", "application/json").body(body);
        let mut response = request.send().await.map_err(|error| NoAnswer::Unreached(reason(&error)))?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| NoAnswer::Unreached(reason(&error)))? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err(NoAnswer::Message(MessageError::TooLarge));
            }
            bytes.extend_from_slice(&chunk);
        }
        match protocol_of(&bytes) {
            Err(error @ MessageError::Version { .. }) => Err(NoAnswer::Message(error)),
            Ok(()) if status.is_success() => Ok(bytes),
            _ => Err(NoAnswer::Says(says(status, &bytes))),
        }
    }
}

fn client() -> Result<Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_millis(TIMEOUT_MS))
        .user_agent(concat!("Leasehold/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.to_string())
}

/// Accepts any certificate, as long as the server has its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The deepest cause.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no response within {} s", TIMEOUT_MS / 1_000);
    }
    let text = https::root_cause(error);
    let plain = text.split(" (os error").next().unwrap_or(&text).trim_end_matches('.');
    one_line(plain, 200).to_lowercase()
}

/// The text of an invalid answer: the detail of a problem, else its status.
fn says(status: StatusCode, bytes: &[u8]) -> String {
    let detail = serde_json::from_slice::<serde_json::Value>(bytes).ok();
    let detail = detail.as_ref().and_then(|problem| problem["detail"].as_str());
    match detail {
        Some(detail) => one_line(detail, 300),
        None => status.to_string(),
    }
}
