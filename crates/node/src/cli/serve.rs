use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;

use crate::addresses::{Advertised, Scheme, reachable};
use crate::http::{self, Listen};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::folder::NodeFolder;
use commands::exit::{Done, Failure};
use commands::output::print;

/// `leasehold-node serve`
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    place: NodeFolder,
    /// Address and port without TLS, such as 0.0.0.0:80; accepts only sealed reports from other machines
    #[arg(long, value_name = "ADDR", value_parser = address)]
    http: Option<SocketAddr>,
    /// Address and port with TLS, such as 0.0.0.0:443
    #[arg(long, value_name = "ADDR", value_parser = address)]
    https: Option<SocketAddr>,
    /// Certificate chain for --https, PEM
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Private key of that certificate, PEM
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Address to put into registration files instead; prefix http:// or https:// to replace only that one. May be
    /// repeated
    #[arg(long, value_name = "HOST:PORT")]
    advertise: Vec<Advertised>,
    /// Log level: error, warn, info or debug; or a filter
    #[arg(long, value_name = "LEVEL", env = "LEASEHOLD_LOG", default_value = "info")]
    log: String,
}

impl Serve {
    pub async fn run(self) -> Done {
        let tls = self.tls()?;
        self.start_logging()?;
        let mut listening = Vec::new();
        let mut listen = Vec::new();
        for (scheme, address, tls) in
            [(Scheme::Http, self.http, None), (Scheme::Https, self.https, tls)].into_iter().filter_map(given)
        {
            let listener = bind(scheme, address)?;
            let own = listener.local_addr().map_err(|error| unusable(scheme, address, &error))?;
            listening.push((scheme, own));
            listen.push(Listen { listener, tls });
        }
        let node = Arc::new(self.place.open_or_make().await?);
        node.note_addresses(&reachable(&listening, &self.advertise))
            .await
            .map_err(|error| Failure::failed(format!("The node's database did not respond: {error}.")))?;
        let stop = CancellationToken::new();
        // Listens for signals before printing `ready`, because a reader of that line may send one at once.
        let signals = signals()?;
        tokio::spawn({
            let stop = stop.clone();
            async move {
                signals.await;
                stop.cancel();
            }
        });
        let mut text = String::new();
        for (scheme, address) in &listening {
            let _ = writeln!(text, "node: {}://{}", scheme.as_str(), shown(*address));
        }
        let _ = write!(text, "fingerprint: {}\nready\n", node.key().fingerprint());
        print(text.as_bytes())?;
        tracing::info!(data = %node.folder().display(), "the licensing node is ready");
        let served = http::serve(node.clone(), listen, stop).await;
        node.close().await;
        served.map_err(|error| Failure::failed(format!("The node stopped: {error}. Start it again.")))
    }

    fn start_logging(&self) -> Result<(), Failure> {
        let filter = EnvFilter::try_new(&self.log).map_err(|_| {
            Failure::refused(format!("log = “{}” is not a level (error, warn, info, debug) or a filter.", self.log))
        })?;
        let lines = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr);
        // What can't be written to stderr is dropped; saying so there would panic.
        lines.log_internal_errors(false).with_ansi(std::io::stderr().is_terminal()).init();
        Ok(())
    }

    /// Checks the arguments before anything is touched.
    fn tls(&self) -> Result<Option<axum_server::tls_rustls::RustlsConfig>, Failure> {
        match (self.https, &self.cert, &self.key) {
            (Some(_), Some(cert), Some(key)) => http::tls(cert, key).map(Some).map_err(Failure::refused),
            (Some(_), _, _) => Err(Failure::refused("--https needs a certificate. Give --cert and --key.")),
            (None, None, None) if self.http.is_none() => Err(Failure::refused(
                "The node needs an address to listen on. Give --http, or --https with --cert and --key.",
            )),
            (None, None, None) => Ok(None),
            (None, _, _) => Err(Failure::refused("--cert and --key need --https. Add its address.")),
        }
    }
}

fn given<T>((scheme, address, tls): (Scheme, Option<SocketAddr>, T)) -> Option<(Scheme, SocketAddr, T)> {
    address.map(|address| (scheme, address, tls))
}

/// An address with a port; a host name resolves to its first address.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let found = text.trim().to_socket_addrs().ok().and_then(|mut found| found.next());
    found.ok_or("Not an address of this machine with a port. Write it like 127.0.0.1:4711.")
}

fn bind(scheme: Scheme, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| unusable(scheme, address, &error))
}

fn unusable(scheme: Scheme, address: SocketAddr, error: &std::io::Error) -> Failure {
    let flag = scheme.as_str();
    Failure::failed(match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "Another program is using port {} on {}. Stop it, or choose another port with --{flag}.",
            address.port(),
            address.ip()
        ),
        std::io::ErrorKind::PermissionDenied => {
            format!("This user may not listen on port {}. Choose one above 1023 with --{flag}.", address.port())
        }
        std::io::ErrorKind::AddrNotAvailable => {
            format!("This machine has no address {}. Choose one of its own with --{flag}.", address.ip())
        }
        _ => format!("Can't listen on {address}: {error}. Choose another address with --{flag}."),
    })
}

/// Where a program on this machine finds an address that means "all".
fn shown(address: SocketAddr) -> String {
    match (address.ip().is_unspecified(), address.is_ipv6()) {
        (true, true) => format!("[::1]:{}", address.port()),
        (true, false) => format!("127.0.0.1:{}", address.port()),
        _ => address.to_string(),
    }
}

/// Ends with the first signal to stop.
fn signals() -> Result<impl Future<Output = ()>, Failure> {
    let listen = |kind| {
        signal(kind).map_err(|error| Failure::failed(format!("Can't listen for stop signals: {error}. Try again.")))
    };
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
