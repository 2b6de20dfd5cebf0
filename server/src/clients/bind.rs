//! Where the license port is: at the address that was named, else at `port_number` of the conf file, which may change.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use engine::Engine;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::listen::{CONNECTIONS, accept};
use crate::exit::Failure;
use crate::http::tls;
use crate::settings::{Clients, Settings};

/// The license port, taken and not served yet.
pub struct Port {
    listener: Option<TcpListener>,
    address: SocketAddr,
    tls: TlsAcceptor,
    follows: bool,
}

/// Takes the license port; none when it is off. The port of the conf file is done without while another program has it; an address that was named
/// must be had.
///
/// # Errors
/// A sentence that says why the port or the certificate cannot be used.
pub async fn bind(settings: &Settings, engine: &Engine) -> Result<Option<Port>, Failure> {
    raise_open_files();
    let (wanted, follows) = match settings.clients {
        Clients::Off => return Ok(None),
        Clients::At(address) => (address, false),
        Clients::PortNumber => (everywhere(engine), true),
    };
    let listener = match TcpListener::bind(wanted).await {
        Ok(listener) => Some(listener),
        Err(error) if follows => {
            eprintln!("Applications cannot connect: {}", why_not(wanted, &error));
            None
        }
        Err(error) => return Err(Failure::failed(why_not(wanted, &error))),
    };
    let address = listener.as_ref().and_then(|listener| listener.local_addr().ok()).unwrap_or(wanted);
    let tls = acceptor(settings, address).await?;
    Ok(Some(Port { listener, address, tls, follows }))
}

/// TLS for clients that ask for it.
pub(super) async fn acceptor(settings: &Settings, address: SocketAddr) -> Result<TlsAcceptor, Failure> {
    let mut tls = (*tls::given_or_made(settings, address).await?.config.get_inner()).clone();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(tls)))
}

/// `port_number` of the conf file, at every address of this machine.
fn everywhere(engine: &Engine) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), engine.conf().effective.port_number)
}

fn why_not(address: SocketAddr, error: &std::io::Error) -> String {
    let (ip, port) = (address.ip(), address.port());
    match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "Port {port} on {ip} is in use by another program. Stop that program, change port_number in license_server.conf, or \
             choose another address with --clients."
        ),
        std::io::ErrorKind::PermissionDenied => {
            format!("Port {port} may not be used by this user. Choose one above 1023.")
        }
        std::io::ErrorKind::AddrNotAvailable => {
            format!("{ip} is not an address of this machine. Choose one of its own with --clients.")
        }
        _ => format!("It cannot listen on {address}: {error}. Choose another address with --clients."),
    }
}

/// Every client is an open file.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = CONNECTIONS as u64 + 1_000;
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(limit.maximum.map_or(wanted, |most| most.min(wanted)));
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "this process may open few files, so few clients can connect");
        }
    }
}

impl Port {
    /// Where it listens; none while another program has the port.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|_| self.address)
    }

    /// Answers clients until `stop`, at the port the conf file names when that is how it was chosen.
    pub async fn serve(self, engine: Arc<Engine>, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let start = |listener: TcpListener| {
            let here = stop.child_token();
            tokio::spawn(accept(
                listener,
                engine.clone(),
                Some(self.tls.clone()),
                places.clone(),
                here.clone(),
                stop.clone(),
            ));
            here
        };
        let mut conf = engine.conf_changes();
        let mut wanted = self.address;
        let mut here = self.listener.map(start);
        if !self.follows {
            return stop.cancelled().await;
        }
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = conf.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(std::time::Duration::from_secs(30)), if here.is_none() => {}
            }
            let now = everywhere(&engine);
            if now == wanted && here.is_some() {
                continue;
            }
            match TcpListener::bind(now).await {
                Ok(listener) => {
                    tracing::info!(address = %now, "applications connect here");
                    // Clients that are connected stay so; new ones come in at the new port only.
                    if let Some(before) = here.replace(start(listener)) {
                        before.cancel();
                    }
                    wanted = now;
                }
                Err(error) if now != wanted || here.is_none() => {
                    tracing::error!(
                        "Applications cannot connect at the port of the conf file: {}",
                        why_not(now, &error)
                    );
                }
                Err(_) => {}
            }
        }
    }
}
