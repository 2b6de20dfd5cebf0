//! Accepting clients.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
/// A port that another program has is tried again after this time.
pub const AGAIN: Duration = Duration::from_secs(30);

/// A listener of clients. It stays open when the task that serves it is restarted.
pub struct ClientListener {
    open: Mutex<Option<Arc<TcpListener>>>,
    tls: TlsAcceptor,
    places: Arc<Semaphore>,
}

impl ClientListener {
    pub fn new(open: Option<TcpListener>, tls: TlsAcceptor) -> Self {
        Self { open: Mutex::new(open.map(Arc::new)), tls, places: Arc::new(Semaphore::new(CONNECTIONS)) }
    }

    fn open(&self) -> MutexGuard<'_, Option<Arc<TcpListener>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it listens; none while it does not.
    pub fn address(&self) -> Option<SocketAddr> {
        self.open().as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Listens at another address. Clients that are connected stay so; new ones come in there only.
    pub async fn listen(&self, address: SocketAddr) -> std::io::Result<()> {
        let listener = TcpListener::bind(address).await?;
        *self.open() = Some(Arc::new(listener));
        Ok(())
    }

    pub fn close(&self) {
        *self.open() = None;
    }

    /// Accepts clients for as long as it is polled. Connections that are open go on until the process ends or `end`.
    pub async fn accept(&self, engine: &Arc<Engine>, end: &CancellationToken) {
        let Some(listener) = self.open().clone() else { return std::future::pending().await };
        loop {
            match listener.accept().await {
                Ok((stream, from)) => {
                    let Ok(place) = self.places.clone().try_acquire_owned() else {
                        tracing::warn!(client.address = %from, limit = CONNECTIONS, "too many connections to the license port");
                        continue;
                    };
                    let (engine, tls, end) = (engine.clone(), Some(self.tls.clone()), end.clone());
                    tokio::spawn(async move {
                        let _place = place;
                        tokio::select! {
                            () = end.cancelled() => {}
                            ended = Box::pin(converse(stream, from, engine, tls)) => if let Err(reason) = ended {
                                tracing::debug!(client.address = %from, %reason, "a connection to the license port was closed");
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
}
