//! Limits on the number of connections and the time of each.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

/// Connections at the same time; one more is closed at once.
const MOST: usize = 256;

/// A connection is closed after this time, whatever it does: handshake, head, body and answer all fit in it.
const LIFE: Duration = Duration::from_secs(30);

/// Takes connections within these limits.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    places: Arc<Semaphore>,
    life: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), life: LIFE }
    }
}

impl<S> Accept<TcpStream, S> for Limits {
    type Stream = LimitedConnection;
    type Service = S;
    type Future = std::future::Ready<io::Result<(LimitedConnection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = self.places.clone().try_acquire_owned();
        std::future::ready(place.map_err(io::Error::other).map(|place| {
            let end = Box::pin(tokio::time::sleep(self.life));
            (LimitedConnection { stream, end, _place: place }, service)
        }))
    }
}

/// A connection that ends.
#[derive(Debug)]
pub(super) struct LimitedConnection {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl LimitedConnection {
    /// The stream, as long as its time has not come; else an error. Wakes the task at the end.
    fn alive(&mut self, context: &mut Context<'_>) -> io::Result<Pin<&mut TcpStream>> {
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(Pin::new(&mut self.stream)),
        }
    }
}

impl AsyncRead for LimitedConnection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut().alive(context) {
            Ok(stream) => stream.poll_read(context, into),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncWrite for LimitedConnection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut().alive(context) {
            Ok(stream) => stream.poll_write(context, bytes),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut().alive(context) {
            Ok(stream) => stream.poll_flush(context),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut().alive(context) {
            Ok(stream) => stream.poll_shutdown(context),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    async fn connected(listener: &TcpListener) -> (TcpStream, TcpStream) {
        let (client, server) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        (client.unwrap(), server.unwrap().0)
    }

    #[tokio::test]
    async fn a_silent_connection_is_closed_when_its_time_has_come() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let limits = Limits { places: Arc::new(Semaphore::new(1)), life: Duration::from_millis(20) };
        let (_silent, stream) = connected(&listener).await;
        let (mut limited, ()) = limits.accept(stream, ()).await.unwrap();
        let error = limited.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_connection_beyond_the_limit_is_closed_and_an_ended_one_makes_room() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let limits = Limits { places: Arc::new(Semaphore::new(1)), life: LIFE };
        let [(_a, one), (mut refused, two), (_c, three)] =
            [connected(&listener).await, connected(&listener).await, connected(&listener).await];
        let held = limits.accept(one, ()).await.unwrap();
        assert!(limits.accept(two, ()).await.is_err());
        assert_eq!(refused.read(&mut [0]).await.unwrap(), 0, "the caller sees the end");
        drop(held);
        assert!(limits.accept(three, ()).await.is_ok());
    }
}
