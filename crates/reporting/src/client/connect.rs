use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use super::error::Unreachable;
use super::{Address, ClientError, ConnectStage, TlsChoice};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A channel whose connection is made stage by stage, so that an error can say where it stopped.
pub(super) async fn channel(address: &Address, tls: TlsChoice, time: Duration) -> Result<Channel, ClientError> {
    let tls = tls.config()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    // Always http here, for tonic itself adds no TLS; what the API is told is the origin.
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .ok()
        .zip(format!("{scheme}://{address}").parse().ok())
        .map(|(endpoint, origin)| endpoint.origin(origin))
        .ok_or_else(|| ClientError::Unreachable {
            address: address.clone(),
            stage: ConnectStage::Lookup,
            reason: "not an address".to_owned(),
        })?;
    let target = address.clone();
    let connector = tower::service_fn(move |_| {
        let (target, tls) = (target.clone(), tls.clone());
        async move { reach(&target, tls, time).await.map(TokioIo::new) }
    });
    endpoint.connect_with_connector(connector).await.map_err(|error| match Unreachable::within(&error) {
        Some(Unreachable { stage, reason }) => {
            ClientError::Unreachable { address: address.clone(), stage: *stage, reason: reason.clone() }
        }
        None => ClientError::Unreachable {
            address: address.clone(),
            stage: ConnectStage::Http2,
            reason: "the server there does not use HTTP/2".to_owned(),
        },
    })
}

async fn reach(
    target: &Address,
    tls: Option<Arc<ClientConfig>>,
    time: Duration,
) -> Result<Box<dyn Stream>, Unreachable> {
    let end = Instant::now() + time;
    let slow =
        |stage| move |_| Unreachable { stage, reason: format!("no answer within {} seconds", time.as_secs().max(1)) };
    let looked_up = timeout_at(end, tokio::net::lookup_host((target.host(), target.port())));
    let addresses: Vec<SocketAddr> =
        looked_up.await.map_err(slow(ConnectStage::Lookup))?.map_err(Unreachable::lookup)?.collect();
    if addresses.is_empty() {
        return Err(Unreachable { stage: ConnectStage::Lookup, reason: "the name has no address".to_owned() });
    }
    let connected = timeout_at(end, dial::first_of(&addresses));
    let stream = connected.await.map_err(slow(ConnectStage::Tcp))?.map_err(Unreachable::tcp)?;
    stream.set_nodelay(true).map_err(Unreachable::tcp)?;
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    let name = ServerName::try_from(target.host().to_owned()).map_err(|_| Unreachable {
        stage: ConnectStage::Tls,
        reason: "this host name can't have a certificate".to_owned(),
    })?;
    let greeted = timeout_at(end, TlsConnector::from(tls).connect(name, stream));
    let stream = greeted.await.map_err(slow(ConnectStage::Tls))?.map_err(Unreachable::tls)?;
    Ok(Box::new(stream))
}
