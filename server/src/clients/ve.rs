//! The port of VE addresses (FORMATS §4: 8083 unless the address names another): the license port once more, where clients of virtual
//! environments look for it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use engine::Engine;
use licensing::ve::DEFAULT_PORT;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::bind::acceptor;
use super::listen::{AGAIN, ClientListener};
use crate::exit::Failure;
use crate::settings::{Settings, VePort};

/// Where the port is unless it was named.
const EVERYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), DEFAULT_PORT);

/// The port, taken where it was named.
pub struct VeListener {
    listener: ClientListener,
    named: bool,
}

/// Takes the port that was named; otherwise it is taken while a license of this machine is installed. None when it is off.
///
/// # Errors
/// A sentence that says why a named address cannot be used.
pub async fn bind(settings: &Settings) -> Result<Option<VeListener>, Failure> {
    let (address, listener) = match settings.ve {
        VePort::Off => return Ok(None),
        VePort::WhileLicensed => (EVERYWHERE, None),
        VePort::At(address) => {
            let listener = TcpListener::bind(address).await.map_err(|error| {
                Failure::failed(format!(
                    "VE clients cannot connect at {address} (--ve): {error}. Choose another address."
                ))
            })?;
            (address, Some(listener))
        }
    };
    let tls = acceptor(settings, address).await?;
    Ok(Some(VeListener { named: listener.is_some(), listener: ClientListener::new(listener, tls) }))
}

impl VeListener {
    /// Where it listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }

    /// Answers clients until `stop`.
    pub async fn serve(self: Arc<Self>, engine: Arc<Engine>, stop: CancellationToken) {
        let mut changes = engine.ve.changes();
        let mut told = false;
        loop {
            let wanted = self.named || changes.borrow_and_update().installed.is_some();
            match (wanted, self.address()) {
                (true, None) => match self.listener.listen(EVERYWHERE).await {
                    Ok(()) => {
                        tracing::info!(address = %EVERYWHERE, "VE clients connect here");
                        told = false;
                    }
                    Err(error) if !told => {
                        tracing::warn!(address = %EVERYWHERE, %error, "VE clients can use the license port only: the port of VE addresses could not be taken. Choose one with --ve, or off");
                        told = true;
                    }
                    Err(_) => {}
                },
                (false, Some(_)) => self.listener.close(),
                _ => {}
            }
            let closed = self.address().is_none();
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.listener.accept(&engine, &stop) => {}
                changed = changes.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(AGAIN), if wanted && closed => {}
            }
        }
    }
}
