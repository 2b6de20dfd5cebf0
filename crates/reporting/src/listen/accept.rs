use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::Limits;
use super::connection::{CallerPlace, Connection, ReplayedStream, Stream, read_preface};
use super::quiet::HeldStream;

/// First byte of a TLS connection: a handshake record (RFC 8446, 5.1). HTTP/2 begins with `P`.
const TLS_HANDSHAKE: u8 = 0x16;
/// Pause after the system refuses another connection (too many open files).
const PAUSE: Duration = Duration::from_millis(200);

/// Accepts until `stop` or until the set is dropped; gives the connections that speak HTTP/2.
pub(super) fn start(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    limits: Limits,
    stop: CancellationToken,
) -> (JoinSet<()>, mpsc::Receiver<Connection>) {
    let acceptor = tls.map(|config| {
        let mut config = rustls::ServerConfig::clone(&config);
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    });
    let (ready, connections) = mpsc::channel(limits.connections.max(1));
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut accepting = JoinSet::new();
    accepting.spawn(async move {
        let mut handshakes = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => match places.clone().try_acquire_owned() {
                        Ok(place) => {
                            let (acceptor, ready) = (acceptor.clone(), ready.clone());
                            handshakes.spawn(async move {
                                match greet(stream, CallerPlace { peer, _permit: place }, acceptor, limits).await {
                                    // The queue has room for every connection; sending fails only once the server
                                    // stops.
                                    Ok(connection) => drop(ready.send(connection).await),
                                    Err(reason) => tracing::debug!(%peer, %reason, "closed a connection to the reporting API"),
                                }
                            });
                        }
                        Err(_) => tracing::warn!(%peer, limit = limits.connections, "too many connections to the reporting API"),
                    },
                    Err(reason) => {
                        tracing::warn!(%reason, "could not accept a connection to the reporting API");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
                Some(_) = handshakes.join_next() => {}
            }
        }
    });
    (accepting, connections)
}

async fn greet(
    stream: TcpStream,
    place: CallerPlace,
    acceptor: Option<TlsAcceptor>,
    limits: Limits,
) -> io::Result<Connection> {
    let stream = tokio::time::timeout(limits.handshake, speak_http2(stream, acceptor))
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "it sent nothing in time"))??;
    Ok(HeldStream::new(stream, place, limits.idle))
}

async fn speak_http2(mut stream: TcpStream, acceptor: Option<TlsAcceptor>) -> io::Result<Box<dyn Stream>> {
    stream.set_nodelay(true)?;
    let mut head = vec![stream.read_u8().await?];
    if head == [TLS_HANDSHAKE] {
        let Some(acceptor) = acceptor else {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "the caller uses TLS, which is off here"));
        };
        let mut stream = acceptor.accept(ReplayedStream::new(head, stream)).await?;
        let mut head = Vec::new();
        read_preface(&mut stream, &mut head).await?;
        return Ok(Box::new(ReplayedStream::new(head, stream)));
    }
    read_preface(&mut stream, &mut head).await?;
    Ok(Box::new(ReplayedStream::new(head, stream)))
}
