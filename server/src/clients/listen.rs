//! Accepting clients.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::Engine;
use licensing::self_check::PortState;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::connection::converse;

/// Connections at a time: one for each of many thousand clients; further ones are closed at once.
pub const CONNECTIONS: usize = 30_000;
/// Pause after the system refuses another connection (too many open files).
const PAUSE: Duration = Duration::from_millis(200);
/// Pause before trying again a port that another program has.
pub const AGAIN: Duration = Duration::from_secs(30);

/// A listener for clients. It stays open when the task that serves it restarts.
pub struct ClientListener {
    open: Mutex<Option<Arc<TcpListener>>>,
    /// Why it last could not listen.
    trouble: Mutex<Option<String>>,
    tls: TlsAcceptor,
    places: Arc<Semaphore>,
}

impl ClientListener {
    pub fn new(open: Option<TcpListener>, tls: TlsAcceptor) -> Self {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        Self { open: Mutex::new(open.map(Arc::new)), trouble: Mutex::default(), tls, places }
    }

    fn open(&self) -> MutexGuard<'_, Option<Arc<TcpListener>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its address; `None` while it doesn't listen.
    pub fn address(&self) -> Option<SocketAddr> {
        self.open().as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Moves to another address. Connected clients stay connected; new ones connect there.
    pub async fn listen(&self, address: SocketAddr) -> std::io::Result<()> {
        let listener = TcpListener::bind(address).await?;
        *self.open() = Some(Arc::new(listener));
        self.note_trouble(None);
        Ok(())
    }

    /// Keeps why it could not listen, for [`Self::state`].
    pub fn note_trouble(&self, why: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// What the port does now. It may listen elsewhere than it should.
    pub fn state(&self) -> PortState {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (self.address(), trouble) {
            (_, Some(why)) => PortState::Closed(why),
            (Some(address), None) => PortState::Listening(address),
            (None, None) => PortState::Closed("It opens in a moment.".to_owned()),
        }
    }

    pub fn close(&self) {
        *self.open() = None;
    }

    /// Accepts clients while polled. Open connections last until the process ends or `end`.
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
                                tracing::debug!(client.address = %from, %reason, "closed a connection to the license port");
                            }
                        }
                    });
                }
                Err(reason) => {
                    tracing::warn!(%reason, "could not accept a connection on the license port");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}
