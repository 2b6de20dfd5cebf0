//! Accepting clients.

use std::sync::Arc;
use std::time::Duration;

use engine::Engine;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::connection::converse;

/// Connections at a time: one for each of many thousand clients; further ones are closed at once.
pub const CONNECTIONS: usize = 30_000;
/// Pause when the system hands out no more connections (too many open files).
const PAUSE: Duration = Duration::from_millis(200);

/// Accepts clients until `stop`. Connections that are open go on until the process ends or `end`.
pub async fn accept(
    listener: TcpListener,
    engine: Arc<Engine>,
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    stop: CancellationToken,
    end: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Ok(place) = places.clone().try_acquire_owned() else {
                    tracing::warn!(%peer, limit = CONNECTIONS, "too many connections to the license port");
                    continue;
                };
                let (engine, tls, end) = (engine.clone(), tls.clone(), end.clone());
                tokio::spawn(async move {
                    let _place = place;
                    tokio::select! {
                        () = end.cancelled() => {}
                        ended = Box::pin(converse(stream, peer, engine, tls)) => if let Err(reason) = ended {
                            tracing::debug!(%peer, %reason, "a connection to the license port was closed");
                        }
                    }
                });
            }
            Err(reason) => {
                tracing::warn!(%reason, "the license port could not accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
