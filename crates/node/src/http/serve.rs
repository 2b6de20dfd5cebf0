use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::connection::Limits;
use super::router;
use crate::Node;

/// How long requests may take to end once the node is told to.
const GRACE: Duration = Duration::from_millis(1500);

/// Where to answer.
#[derive(Debug)]
pub struct Listen {
    /// A bound listener.
    pub listener: TcpListener,
    /// With TLS, or without.
    pub tls: Option<RustlsConfig>,
}

/// Answers at all listeners until `stop` is cancelled, or one of them fails. A service manager's signal to stop is up to the
/// caller.
///
/// # Errors
/// [`std::io::Error`] of a listener.
pub async fn serve(node: Arc<Node>, listen: Vec<Listen>, stop: CancellationToken) -> std::io::Result<()> {
    let handle = Handle::new();
    let limits = Limits::default();
    let mut servers = JoinSet::new();
    for Listen { listener, tls } in listen {
        listener.set_nonblocking(true)?;
        servers.spawn(answer(node.clone(), listener, tls, limits.clone(), handle.clone()));
    }
    let mut result = Ok(());
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            ended = servers.join_next() => match ended {
                None => break,
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => { result = Err(error); break }
                Some(Err(error)) => { result = Err(std::io::Error::other(error)); break }
            }
        }
    }
    handle.graceful_shutdown(Some(GRACE));
    while servers.join_next().await.is_some() {}
    result
}

async fn answer(
    node: Arc<Node>,
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    limits: Limits,
    handle: Handle<SocketAddr>,
) -> std::io::Result<()> {
    let service = router(node, tls.is_some()).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum_server::from_tcp(listener)?.handle(handle).http1_only();
    match tls {
        Some(tls) => server.acceptor(RustlsAcceptor::new(tls).acceptor(limits)).serve(service).await,
        None => server.acceptor(limits).serve(service).await,
    }
}
