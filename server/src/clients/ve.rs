//! The port of VE addresses (FORMATS §4: 8083 unless the address names another): the license port once more, where clients of virtual
//! environments look for it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use engine::Engine;
use licensing::ve::DEFAULT_PORT;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::bind::acceptor;
use super::listen::{CONNECTIONS, accept};
use crate::exit::Failure;
use crate::settings::{Settings, VePort};

/// A port that another program has is tried again after this time.
const AGAIN: Duration = Duration::from_secs(30);

/// The port, taken where it was named.
pub struct Ve {
    listener: Option<TcpListener>,
    address: Option<SocketAddr>,
    tls: TlsAcceptor,
}

/// Takes the port that was named; otherwise it is taken while a license of this machine is installed. None when it is off.
///
/// # Errors
/// A sentence that says why a named address cannot be used.
pub async fn bind(settings: &Settings) -> Result<Option<Ve>, Failure> {
    let everywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), DEFAULT_PORT);
    let (address, listener) = match settings.ve {
        VePort::Off => return Ok(None),
        VePort::WhileLicensed => (everywhere, None),
        VePort::At(address) => {
            let listener = TcpListener::bind(address).await.map_err(|error| {
                Failure::failed(format!(
                    "VE clients cannot connect at {address} (--ve): {error}. Choose another address."
                ))
            })?;
            (address, Some(listener))
        }
    };
    let bound = listener.as_ref().and_then(|listener| listener.local_addr().ok());
    let tls = acceptor(settings, bound.unwrap_or(address)).await?;
    Ok(Some(Ve { listener, address: bound, tls }))
}

impl Ve {
    /// Where it listens from the start.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Answers clients until `stop`.
    pub async fn serve(self, engine: Arc<Engine>, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let start = |listener: TcpListener| {
            let here = stop.child_token();
            let tls = Some(self.tls.clone());
            tokio::spawn(accept(listener, engine.clone(), tls, places.clone(), here.clone(), stop.clone()));
            here
        };
        if let Some(listener) = self.listener {
            start(listener);
            return stop.cancelled().await;
        }
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), DEFAULT_PORT);
        let mut changes = engine.ve.changes();
        let mut here: Option<CancellationToken> = None;
        let mut told = false;
        loop {
            let wanted = changes.borrow_and_update().installed.is_some();
            match (wanted, &here) {
                (true, None) => match TcpListener::bind(address).await {
                    Ok(listener) => {
                        tracing::info!(%address, "VE clients connect here");
                        (here, told) = (Some(start(listener)), false);
                    }
                    Err(error) if !told => {
                        tracing::warn!(%address, %error, "VE clients can use the license port only: the port of VE addresses could not be taken. Choose one with --ve, or off");
                        told = true;
                    }
                    Err(_) => {}
                },
                (false, Some(_)) => {
                    if let Some(before) = here.take() {
                        before.cancel();
                    }
                }
                _ => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                changed = changes.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(AGAIN), if wanted && here.is_none() => {}
            }
        }
    }
}
