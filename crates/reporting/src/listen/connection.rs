use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tonic::transport::server::Connected;

use super::quiet::{Activity, HeldStream};

/// How every HTTP/2 connection begins (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What carries a connection: TCP, or TLS over it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// Who connected, and the place that is free again when the connection ends.
pub(super) struct CallerPlace {
    pub peer: SocketAddr,
    pub _permit: OwnedSemaphorePermit,
}

/// A connection that has begun to speak HTTP/2.
pub(super) type Connection = HeldStream<Box<dyn Stream>, CallerPlace>;

impl Connected for Connection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> ConnectionInfo {
        ConnectionInfo { peer: self.place.peer, activity: self.activity().clone() }
    }
}

/// What the requests of a connection know of it.
#[derive(Debug, Clone)]
pub struct ConnectionInfo {
    /// The address it came from.
    pub peer: SocketAddr,
    /// Which of them are under way.
    pub activity: Activity,
}

/// Reads until `head` holds the beginning of HTTP/2.
///
/// # Errors
/// At the first byte that differs, at the end of the stream.
pub(super) async fn read_preface<T: AsyncRead + Unpin>(stream: &mut T, head: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; PREFACE.len()];
    loop {
        if !PREFACE.starts_with(head) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the caller does not use HTTP/2"));
        }
        // Never more than the rest: what follows is for HTTP/2 itself.
        let rest = PREFACE.len() - head.len();
        if rest == 0 {
            return Ok(());
        }
        let read = stream.read(&mut buffer[..rest]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&buffer[..read]);
    }
}

/// A stream of which the first bytes were read already: it gives them once more.
#[derive(Debug)]
pub struct ReplayedStream<T> {
    head: Vec<u8>,
    given: usize,
    stream: T,
}

impl<T> ReplayedStream<T> {
    /// Gives `head` first, then what `stream` gives.
    pub fn new(head: Vec<u8>, stream: T) -> Self {
        Self { head, given: 0, stream }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for ReplayedStream<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let rest = this.head.get(this.given..).unwrap_or_default();
        if rest.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        let count = rest.len().min(buf.remaining());
        buf.put_slice(&rest[..count]);
        this.given += count;
        Poll::Ready(Ok(()))
    }
}

/// What is written goes to the field `stream`, of type `T`.
macro_rules! write_to_stream {
    (impl<T $(, $name:ident)?> for $type:ty) => {
        impl<T: AsyncWrite + Unpin $(, $name: Unpin)?> AsyncWrite for $type {
            fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.stream).poll_write(cx, buf)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.stream).poll_flush(cx)
            }

            fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.stream).poll_shutdown(cx)
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                self.stream.is_write_vectored()
            }
        }
    };
}

write_to_stream!(impl<T> for ReplayedStream<T>);
pub(super) use write_to_stream;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_beginning_is_read_piece_by_piece_and_given_once_more() {
        let (mut ours, theirs) = tokio::io::duplex(64);
        let (first, second) = PREFACE.split_at(1);
        let whole = [second, b"after"].concat();
        tokio::io::AsyncWriteExt::write_all(&mut ours, &whole).await.unwrap();
        drop(ours);
        let (mut head, mut theirs) = (first.to_vec(), theirs);
        read_preface(&mut theirs, &mut head).await.unwrap();
        assert_eq!(head, PREFACE);
        let mut all = Vec::new();
        ReplayedStream::new(head, theirs).read_to_end(&mut all).await.unwrap();
        assert_eq!(all, [PREFACE, b"after"].concat());
    }

    #[tokio::test]
    async fn anything_else_ends_at_the_first_byte_that_differs() {
        for (text, kind) in [
            (&b"GET / HTTP/1.1\r\n\r\n"[..], io::ErrorKind::InvalidData),
            (b"PRI * HTTP/1.1", io::ErrorKind::InvalidData),
            (b"PRI * HTTP/2.0", io::ErrorKind::UnexpectedEof),
            (b"", io::ErrorKind::UnexpectedEof),
        ] {
            let error = read_preface(&mut &text[..], &mut Vec::new()).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{text:?}");
        }
    }
}
