use std::net::SocketAddr;
use std::sync::Arc;

use engine::Engine;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::exit::Failure;
use crate::http::tls;
use crate::settings::Settings;

/// A port that is taken and not served yet.
pub struct BoundPort {
    listener: std::net::TcpListener,
    address: SocketAddr,
    tls: Arc<rustls::ServerConfig>,
}

/// Takes the port of the reporting API; none when it is off. The default port is done without when another program has it; one
/// that was named must be had.
///
/// # Errors
/// A sentence that says why the port or the certificate cannot be used.
pub async fn bind(settings: &Settings) -> Result<Option<BoundPort>, Failure> {
    let Some(wanted) = settings.reporting else { return Ok(None) };
    let listener = match TcpListener::bind(wanted).await {
        Ok(listener) => listener,
        Err(error) if !settings.reporting_is_named => {
            eprintln!("The reporting API is off: {}", why_not(wanted, &error));
            return Ok(None);
        }
        Err(error) => return Err(Failure::failed(why_not(wanted, &error))),
    };
    let address = listener
        .local_addr()
        .map_err(|error| Failure::failed(format!("The reporting API's address is not known: {error}.")))?;
    let listener = listener
        .into_std()
        .map_err(|error| Failure::failed(format!("The port of the reporting API cannot be used: {error}.")))?;
    let tls = tls::given_or_made(settings, address).await?.config.get_inner();
    Ok(Some(BoundPort { listener, address, tls }))
}

fn why_not(address: SocketAddr, error: &std::io::Error) -> String {
    let (ip, port) = (address.ip(), address.port());
    match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "Port {port} on {ip} is in use by another program. Stop that program, choose another port with --reporting, or \
             turn the reporting API off with --reporting off."
        ),
        std::io::ErrorKind::PermissionDenied => {
            format!("Port {port} may not be used by this user. Choose one above 1023 with --reporting.")
        }
        std::io::ErrorKind::AddrNotAvailable => {
            format!("{ip} is not an address of this machine. Choose one of its own with --reporting.")
        }
        _ => format!("It cannot listen on {address}: {error}. Choose another address with --reporting."),
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
