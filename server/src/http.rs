//! The HTTP face: console pages, REST API, health.

pub mod access;
pub mod caller;
pub mod confirmed;
pub mod device;
pub mod downloads;
pub mod events;
pub mod forwarded;
mod health;
pub mod metrics;
pub mod middleware;
mod peers;
pub mod problem;
pub mod router;
pub mod state;
pub mod table;
#[cfg(test)]
mod tests;
pub mod tls;

pub use middleware::request_id::current as request_id;
pub use state::App;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use crate::places::{PlacedAcceptor, Places};

/// How much the threads of the console stand back behind those that serve applications.
const NICE: i32 = 5;

/// A runtime for [`serve`], beside the one that serves applications.
///
/// # Errors
/// [`std::io::Error`] when its threads can't be started.
pub fn apart() -> std::io::Result<tokio::runtime::Runtime> {
    // At least two workers: rendering may wait for work that another worker does.
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).max(2);
    let stand_back = || {
        // Where that is not allowed, all threads are equal.
        let _ = rustix::process::nice(NICE);
    };
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .thread_name("console")
        .on_thread_start(stand_back)
        .enable_all()
        .build()
}

use axum_server::tls_rustls::RustlsConfig;

/// Answers requests until the handle shuts down.
///
/// # Errors
/// [`std::io::Error`] of the listener.
pub async fn serve(
    listener: TcpListener,
    app: App,
    tls: Option<RustlsConfig>,
    handle: axum_server::Handle<SocketAddr>,
    places: Arc<Places>,
) -> std::io::Result<()> {
    // Rendering spawns on this runtime; a second call in one process keeps the first.
    let _ = any_spawner::Executor::init_tokio();
    let service = router::router(app).into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        Some(tls) => {
            let placed = |inner| PlacedAcceptor::new(inner, places, KEEP_ALIVE);
            let mut server = axum_server::from_tcp_rustls(listener, tls)?.map(placed).handle(handle);
            limit(server.http_builder());
            server.serve(service).await
        }
        None => {
            let placed = |inner| PlacedAcceptor::new(inner, places, KEEP_ALIVE);
            let mut server = axum_server::from_tcp(listener)?.map(placed).handle(handle);
            limit(server.http_builder());
            server.serve(service).await
        }
    }
}

/// A connection without a request is kept for this time, longer than proxies and balancers keep theirs (60 s), so that
/// they never send a request into a closing one. A request head may take as long.
const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(75);
/// How often an HTTP/2 connection is asked whether it lives, and how long it may take to answer.
const PING: std::time::Duration = std::time::Duration::from_secs(10);

fn limit(http: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>) {
    http.http1().timer(hyper_util::rt::TokioTimer::new()).header_read_timeout(KEEP_ALIVE);
    http.http2().timer(hyper_util::rt::TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(PING);
}
