//! The address of the license port: the one given, else `port_number` of the conf file, which may change.

use std::net::SocketAddr;
use std::sync::Arc;

use engine::Engine;
use licensing::self_check::PortState;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::listen::{AGAIN, ClientListener, everywhere, open, open_everywhere};
use crate::cli::output::note;
use crate::exit::Failure;
use crate::http::tls::Certificate;
use crate::places::Places;
use crate::settings::{Clients, Settings};

/// The license port, bound but not served yet.
pub struct Port {
    listener: ClientListener,
    follows: bool,
}

/// Binds the license port; `None` if it is off. If another program has the conf file's port, the server starts
/// without; an address that was given must be free.
///
/// # Errors
/// A sentence that says why the port cannot be used.
pub async fn bind(
    settings: &Settings,
    engine: &Engine,
    certificate: &Arc<Certificate>,
    places: Arc<Places>,
) -> Result<Option<Port>, Failure> {
    let (wanted, opened) = match settings.clients {
        Clients::Off => return Ok(None),
        Clients::At(address) => (address, open(address)),
        Clients::PortNumber => (everywhere(port_number(engine)), open_everywhere(port_number(engine))),
    };
    let follows = matches!(settings.clients, Clients::PortNumber);
    let (listener, trouble) = match opened {
        Ok(listener) => (Some(listener), None),
        Err(error) if follows => {
            let why = why_not(wanted, &error);
            note(format_args!("applications can't connect: {why}"));
            (None, Some(why))
        }
        Err(error) => return Err(Failure::failed(why_not(wanted, &error))),
    };
    let listener = ClientListener::new(listener, TlsAcceptor::from(certificate.server_config()), places);
    listener.note_trouble(trouble);
    Ok(Some(Port { listener, follows }))
}

fn port_number(engine: &Engine) -> u16 {
    engine.conf().effective.port_number
}

fn why_not(address: SocketAddr, error: &std::io::Error) -> String {
    let (ip, port) = (address.ip(), address.port());
    let on = if ip.is_unspecified() { String::new() } else { format!(" on {ip}") };
    match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "Another program is using port {port}{on}. Stop it, change port_number in license_server.conf, or choose another address with --clients."
        ),
        std::io::ErrorKind::PermissionDenied => {
            format!("This user may not listen on port {port}. Choose one above 1023.")
        }
        std::io::ErrorKind::AddrNotAvailable => {
            format!("This machine has no address {ip}. Choose one of its own with --clients.")
        }
        _ => format!("Can't listen on {address}: {error}. Choose another address with --clients."),
    }
}

impl Port {
    /// Where it listens; none while another program has the port.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }

    /// What it does now, and why not.
    pub fn state(&self) -> PortState {
        self.listener.state()
    }

    /// Answers clients until `stop`, at the port the conf file names when that is how it was chosen.
    pub async fn serve(self: Arc<Self>, engine: Arc<Engine>, stop: CancellationToken) {
        let mut conf = engine.conf_changes();
        let is_there = |port: u16| self.address().is_some_and(|address| address.port() == port);
        // It may have changed while this task was restarted.
        if self.follows && !is_there(port_number(&engine)) {
            conf.mark_changed();
        }
        loop {
            let is_elsewhere = self.follows && !is_there(port_number(&engine));
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.listener.accept(&engine, &stop) => {}
                changed = conf.changed(), if self.follows => if changed.is_err() { return },
                () = tokio::time::sleep(AGAIN), if is_elsewhere => {}
            }
            let port = port_number(&engine);
            if is_there(port) {
                self.listener.note_trouble(None);
                continue;
            }
            match self.listener.listen(port) {
                Ok(()) => tracing::info!(port, "listening for applications"),
                Err(error) => {
                    let why = why_not(everywhere(port), &error);
                    if self.listener.note_trouble(Some(why.clone())) {
                        tracing::error!("applications can't connect on the port in the conf file: {why}");
                    }
                }
            }
        }
    }
}
