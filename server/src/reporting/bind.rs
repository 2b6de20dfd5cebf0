use std::net::SocketAddr;
use std::sync::Arc;

use engine::Engine;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::exit::Failure;
use crate::http::tls;
use crate::settings::Settings;

/// A port, bound but not served yet.
pub struct BoundPort {
    listener: std::net::TcpListener,
    address: SocketAddr,
    tls: Arc<rustls::ServerConfig>,
}

/// Binds the port of the reporting API; `None` if it is off. If another program has the default port, the server
/// starts without; an address that was given must be free.
///
/// # Errors
/// A sentence that says why the port or the certificate cannot be used.
pub async fn bind(settings: &Settings) -> Result<Option<BoundPort>, Failure> {
    let Some(wanted) = settings.reporting else { return Ok(None) };
    let listener = match TcpListener::bind(wanted).await {
        Ok(listener) => listener,
        Err(error) if !settings.reporting_is_named => {
            eprintln!("the reporting API is off: {}", why_not(wanted, &error));
            return Ok(None);
        }
        Err(error) => return Err(Failure::failed(why_not(wanted, &error))),
    };
    let address = listener
        .local_addr()
        .map_err(|error| Failure::failed(format!("Can't determine the reporting API's address: {error}.")))?;
    let listener = listener
        .into_std()
        .map_err(|error| Failure::failed(format!("Can't use the reporting API's port: {error}.")))?;
    let tls = tls::given_or_made(settings, address).await?.config.get_inner();
    Ok(Some(BoundPort { listener, address, tls }))
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

impl BoundPort {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers calls until `stop`. The port stays open when it ends otherwise and is started again.
    ///
    /// # Errors
    /// [`std::io::Error`] when the transport cannot be set up.
    pub async fn serve(self: Arc<Self>, engine: Arc<Engine>, stop: CancellationToken) -> std::io::Result<()> {
        let listener = TcpListener::from_std(self.listener.try_clone()?)?;
        super::serve(listener, engine, Some(self.tls.clone()), stop).await
    }
}
