//! Accepting clients.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::Engine;
use licensing::self_check::PortState;
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::connection::{Caller, converse};
use crate::places::Places;

/// Pause after the system refuses another connection (too many open files).
const PAUSE: Duration = Duration::from_millis(200);
/// Pause before trying again a port that another program has.
pub const AGAIN: Duration = Duration::from_secs(5);
/// Connections the system may keep before they are accepted.
const BACKLOG: u32 = 1024;

/// Listens at an address; the address of all IPv6 addresses includes those of IPv4.
///
/// # Errors
/// [`std::io::Error`] of the system.
pub fn open(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
    if address.is_ipv6() && address.ip().is_unspecified() {
        rustix::net::sockopt::set_ipv6_v6only(&socket, false)?;
    }
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Listens on a port of all addresses of this machine; of those of IPv4 where it has no IPv6.
///
/// # Errors
/// [`std::io::Error`] of the system.
pub fn open_everywhere(port: u16) -> std::io::Result<TcpListener> {
    let no_ipv6 = [rustix::io::Errno::AFNOSUPPORT, rustix::io::Errno::ADDRNOTAVAIL, rustix::io::Errno::PROTONOSUPPORT];
    match open(everywhere(port)) {
        Err(error) if no_ipv6.into_iter().any(|code| error.raw_os_error() == Some(code.raw_os_error())) => {
            open((Ipv4Addr::UNSPECIFIED, port).into())
        }
        opened => opened,
    }
}

/// A port of all addresses.
pub fn everywhere(port: u16) -> SocketAddr {
    (Ipv6Addr::UNSPECIFIED, port).into()
}

/// A listener for clients. It stays open when the task that serves it restarts.
pub struct ClientListener {
    open: Mutex<Option<Arc<TcpListener>>>,
    /// Why it last could not listen.
    trouble: Mutex<Option<String>>,
    tls: TlsAcceptor,
    places: Arc<Places>,
}

impl ClientListener {
    pub fn new(open: Option<TcpListener>, tls: TlsAcceptor, places: Arc<Places>) -> Self {
        Self { open: Mutex::new(open.map(Arc::new)), trouble: Mutex::default(), tls, places }
    }

    fn open(&self) -> MutexGuard<'_, Option<Arc<TcpListener>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its address; `None` while it doesn't listen.
    pub fn address(&self) -> Option<SocketAddr> {
        self.open().as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Moves to a port of all addresses. Connected clients stay connected; new ones connect there.
    pub fn listen(&self, port: u16) -> std::io::Result<()> {
        let listener = open_everywhere(port)?;
        *self.open() = Some(Arc::new(listener));
        self.note_trouble(None);
        Ok(())
    }

    /// Keeps why it could not listen, for [`Self::state`]. Whether that is news.
    pub fn note_trouble(&self, why: Option<String>) -> bool {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = *trouble != why;
        *trouble = why;
        is_news
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
                    let Some(place) = self.places.take(from) else {
                        tracing::debug!(client.address = %from, "too many connections to the license port");
                        metrics::counter!("leasehold_refused_connections_total").increment(1);
                        continue;
                    };
                    let caller = Caller::new(from.ip(), place);
                    let (engine, tls, end) = (engine.clone(), Some(self.tls.clone()), end.clone());
                    tokio::spawn(async move {
                        tokio::select! {
                            () = end.cancelled() => {}
                            () = caller.must_go() => {}
                            ended = Box::pin(converse(stream, caller.clone(), engine, tls)) => if let Err(reason) = ended {
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

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn every_address_is_those_of_ipv4_and_of_ipv6() {
        let listener = open_everywhere(0).unwrap();
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let (_, from) = listener.accept().await.unwrap();
        assert_eq!(from.ip().to_canonical(), Ipv4Addr::LOCALHOST);
        // Where this machine has IPv6.
        if listener.local_addr().unwrap().is_ipv6() && open((Ipv6Addr::LOCALHOST, 0).into()).is_ok() {
            TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await.unwrap();
            assert_eq!(listener.accept().await.unwrap().1.ip(), Ipv6Addr::LOCALHOST);
        }
        assert!(open_everywhere(port).is_err(), "it is in use");
    }
}
