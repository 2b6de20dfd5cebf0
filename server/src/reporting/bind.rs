use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::reporting::listen::StandardServices;
use engine::Engine;
use licensing::self_check::PortState;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cli::output::note;
use crate::clients::AGAIN;
use crate::exit::Failure;
use crate::http::tls::Certificate;
use crate::settings::Settings;

/// The port of the reporting API, not served yet.
pub struct ReportingPort {
    wanted: SocketAddr,
    /// The listener, or why there is none.
    listener: Mutex<Result<std::net::TcpListener, String>>,
    tls: Arc<rustls::ServerConfig>,
    services: StandardServices,
}

/// Binds the port of the reporting API; `None` if it is off. If another program has the default port, the server
/// starts without and takes it when it is free; an address that was given must be free.
///
/// # Errors
/// A sentence that says why the port cannot be used.
pub async fn bind(settings: &Settings, certificate: &Arc<Certificate>) -> Result<Option<ReportingPort>, Failure> {
    let Some(wanted) = settings.reporting else { return Ok(None) };
    let listener = match open(wanted).await {
        Err(why) if settings.reporting_is_named => return Err(Failure::failed(why)),
        Err(why) => {
            note(format_args!("the reporting API is off: {why}"));
            Err(why)
        }
        opened => opened,
    };
    let (tls, services) = (certificate.server_config(), settings.reporting_services);
    Ok(Some(ReportingPort { wanted, listener: Mutex::new(listener), tls, services }))
}

async fn open(wanted: SocketAddr) -> Result<std::net::TcpListener, String> {
    let listener = TcpListener::bind(wanted).await.map_err(|error| why_not(wanted, &error))?;
    listener.into_std().map_err(|error| why_not(wanted, &error))
}

fn why_not(address: SocketAddr, error: &std::io::Error) -> String {
    let (ip, port) = (address.ip(), address.port());
    match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "Another program is using port {port} on {ip}. Stop it, choose another port with --reporting, or turn the reporting API off with --reporting off."
        ),
        std::io::ErrorKind::PermissionDenied => {
            format!("This user may not listen on port {port}. Choose one above 1023 with --reporting.")
        }
        std::io::ErrorKind::AddrNotAvailable => {
            format!("This machine has no address {ip}. Choose one of its own with --reporting.")
        }
        _ => format!("Can't listen on {address}: {error}. Choose another address with --reporting."),
    }
}

impl ReportingPort {
    fn listener(&self) -> MutexGuard<'_, Result<std::net::TcpListener, String>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it listens; `None` while another program has the port.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener().as_ref().ok().and_then(|listener| listener.local_addr().ok())
    }

    /// What it does now, and why not.
    pub fn state(&self) -> PortState {
        match &*self.listener() {
            Ok(listener) => PortState::Listening(listener.local_addr().unwrap_or(self.wanted)),
            Err(why) => PortState::Closed(why.clone()),
        }
    }

    /// Answers calls until `stop`. The port stays open when it ends otherwise and is started again.
    ///
    /// # Errors
    /// [`std::io::Error`] when the transport cannot be set up.
    pub async fn serve(self: Arc<Self>, engine: Arc<Engine>, stop: CancellationToken) -> std::io::Result<()> {
        while self.address().is_none() {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(AGAIN) => {}
            }
            if let Ok(listener) = open(self.wanted).await {
                tracing::info!(address = %self.wanted, "listening for the reporting API");
                *self.listener() = Ok(listener);
            }
        }
        let opened = match &*self.listener() {
            Ok(listener) => listener.try_clone()?,
            Err(why) => return Err(std::io::Error::other(why.clone())),
        };
        super::serve(TcpListener::from_std(opened)?, engine, Some(self.tls.clone()), self.services, stop).await
    }
}
