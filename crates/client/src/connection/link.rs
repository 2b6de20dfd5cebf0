use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::{ByteStream, Connector};
use crate::address::Address;

/// The largest answer that is read, bytes.
const MOST_ANSWER: usize = 1024 * 1024;

/// A server as it is reached, with the connection kept for the next request.
#[derive(Debug)]
pub struct ServerLink {
    address: Address,
    host: HeaderValue,
    connector: Arc<dyn Connector>,
    tls: Option<Arc<ClientConfig>>,
    idle: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

/// What a server answered.
#[derive(Debug)]
pub struct ServerAnswer {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nothing listens.
    #[error("Nothing is listening there. Check that the license server is running, and the port.")]
    Refused,
    /// The name is not known, or the way is closed.
    #[error("Can't reach it: {0}.")]
    Unreachable(String),
    /// TLS failed.
    #[error(
        "Can't secure the connection: {0}. Check that the server uses TLS and that this machine trusts its certificate."
    )]
    Tls(String),
    /// The connection ended early.
    #[error("The connection was lost before the answer arrived.")]
    Broken,
    /// More than a license server says.
    #[error("Its answer is too large for a license server.")]
    TooLarge,
    /// Not HTTP.
    #[error("The server there is not a license server. Check the port.")]
    NotHttp,
}

impl ServerLink {
    /// A way to `address`, with TLS when it is set up.
    pub fn new(address: Address, connector: Arc<dyn Connector>, tls: Option<Arc<ClientConfig>>) -> Self {
        let host = HeaderValue::try_from(address.authority()).unwrap_or(HeaderValue::from_static("localhost"));
        Self { address, host, connector, tls, idle: Mutex::new(None) }
    }

    /// Posts JSON. A connection that was kept may have ended meanwhile: then the request is sent once more over a new
    /// one, which the protocol allows for all of its requests.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn post(&self, path: &'static str, body: Bytes) -> Result<ServerAnswer, LinkError> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(kept) = kept {
            match self.exchange(kept, path, body.clone()).await {
                Err(LinkError::Broken) => {}
                done => return done,
            }
        }
        let fresh = self.open().await?;
        self.exchange(fresh, path, body).await
    }

    async fn open(&self) -> Result<SendRequest<Full<Bytes>>, LinkError> {
        let stream = self.connector.connect(&self.address).await.map_err(|error| unreachable(&error))?;
        let stream: Box<dyn ByteStream> = match &self.tls {
            None => stream,
            Some(tls) => {
                let name = ServerName::try_from(self.address.host().to_owned())
                    .map_err(|error| LinkError::Tls(error.to_string()))?;
                let secured = TlsConnector::from(tls.clone())
                    .connect(name, stream)
                    .await
                    .map_err(|error| LinkError::Tls(error.to_string()))?;
                Box::new(secured)
            }
        };
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| wrong(&error))?;
        // It ends when the sender is dropped or the server closes; its error is that of the request it breaks.
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn exchange(
        &self,
        mut sender: SendRequest<Full<Bytes>>,
        path: &'static str,
        body: Bytes,
    ) -> Result<ServerAnswer, LinkError> {
        sender.ready().await.map_err(|error| wrong(&error))?;
        let request = Request::post(path)
            .header(HOST, self.host.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|_| LinkError::NotHttp)?;
        let response = sender.send_request(request).await.map_err(|error| wrong(&error))?;
        let (parts, body) = response.into_parts();
        let body = match Limited::new(body, MOST_ANSWER).collect().await {
            Ok(whole) => whole.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(LinkError::TooLarge),
            Err(_) => return Err(LinkError::Broken),
        };
        if !sender.is_closed() {
            *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        }
        Ok(ServerAnswer { status: parts.status, body })
    }
}

fn unreachable(error: &io::Error) -> LinkError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => LinkError::Refused,
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => LinkError::Broken,
        _ => LinkError::Unreachable(error.to_string()),
    }
}

fn wrong(error: &hyper::Error) -> LinkError {
    if error.is_parse() || error.is_parse_status() || error.is_parse_too_large() {
        LinkError::NotHttp
    } else {
        LinkError::Broken
    }
}
