//! The port of VE addresses (8083 unless the address names another): the license port again, where VE
//! clients look for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::Engine;
use licensing::self_check::PortState;
use licensing::ve::DEFAULT_PORT;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::listen::{AGAIN, ClientListener, open};
use crate::exit::Failure;
use crate::http::tls::Certificate;
use crate::places::Places;
use crate::settings::{Settings, VePort};

/// The port, bound at once if its address was given.
pub struct VeListener {
    listener: ClientListener,
    named: bool,
    /// A license of this machine is installed.
    wanted: AtomicBool,
}

/// Binds the given address; without one, the port is bound while a license of this machine is installed. `None` if it
/// is off.
///
/// # Errors
/// A sentence that says why a given address can't be used.
pub async fn bind(
    settings: &Settings,
    certificate: &Arc<Certificate>,
    places: Arc<Places>,
) -> Result<Option<VeListener>, Failure> {
    let listener = match settings.ve {
        VePort::Off => return Ok(None),
        VePort::WhileLicensed => None,
        VePort::At(address) => {
            let listener = open(address).map_err(|error| {
                Failure::failed(format!(
                    "Can't listen for VE clients on {address} (--ve): {error}. Choose another address."
                ))
            })?;
            Some(listener)
        }
    };
    let tls = TlsAcceptor::from(certificate.server_config());
    Ok(Some(VeListener {
        named: listener.is_some(),
        listener: ClientListener::new(listener, tls, places),
        wanted: AtomicBool::new(false),
    }))
}

impl VeListener {
    /// Where it listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }

    /// What it does now, and why not.
    pub fn state(&self) -> PortState {
        if self.named || self.wanted.load(Ordering::Relaxed) {
            return self.listener.state();
        }
        PortState::Off("It opens when a license of this machine is installed.".to_owned())
    }

    /// Answers clients until `stop`.
    pub async fn serve(self: Arc<Self>, engine: Arc<Engine>, stop: CancellationToken) {
        let mut changes = engine.ve.changes();
        loop {
            let wanted = self.named || changes.borrow_and_update().installed.is_some();
            self.wanted.store(wanted, Ordering::Relaxed);
            match (wanted, self.address()) {
                (true, None) => match self.listener.listen(DEFAULT_PORT) {
                    Ok(()) => tracing::info!(port = DEFAULT_PORT, "listening for VE clients"),
                    Err(error) => {
                        let why = format!(
                            "Port {DEFAULT_PORT} can't be used: {error}. VE clients can use only the license port. Choose another with --ve, or turn it off."
                        );
                        if self.listener.note_trouble(Some(why)) {
                            tracing::warn!(port = DEFAULT_PORT, %error, "the port for VE addresses is not available; VE clients can use only the license port. Choose another with --ve, or turn it off");
                        }
                    }
                },
                (false, Some(_)) => {
                    self.listener.close();
                    self.listener.note_trouble(None);
                }
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
