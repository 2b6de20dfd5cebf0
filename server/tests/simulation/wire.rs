//! The way from a client to its servers through the simulated network, with somebody who watches refreshes and their answers.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use client::{Address, ByteStream, Connecting, Connector};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::TcpStream;

use super::clock::SimulatedTime;
use super::watch::{ClientWatch, SERVERS, ServerIndex};

/// The watch of the run that uses the wire; empty until it has started.
pub type SharedWatch = Arc<Mutex<Option<ClientWatch>>>;

/// Connects through the simulated network.
#[derive(Debug, Clone)]
pub struct SimulatedWire {
    pub watched: SharedWatch,
    pub now: Arc<SimulatedTime>,
}

impl Connector for SimulatedWire {
    fn connect<'a>(&'a self, address: &'a Address) -> Connecting<'a> {
        Box::pin(async move {
            let stream = TcpStream::connect((address.host(), address.port())).await?;
            let server = SERVERS.iter().position(|name| *name == address.host()).unwrap();
            let wire = self.clone();
            Ok(Box::new(Tapped { stream, server, wire, refresh: None }) as Box<dyn ByteStream>)
        })
    }
}

/// A connection that is watched.
struct Tapped {
    stream: TcpStream,
    server: ServerIndex,
    wire: SimulatedWire,
    /// The refresh under way.
    refresh: Option<u64>,
}

impl Tapped {
    fn with_watch<T>(&self, look: impl FnOnce(&mut ClientWatch) -> T) -> Option<T> {
        self.wire.watched.lock().unwrap().as_mut().map(look)
    }
}

impl AsyncRead for Tapped {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, into);
        let is_good = into.filled()[before..].starts_with(b"HTTP/1.1 200");
        if into.filled().len() > before
            && let Some(sent) = self.refresh.take()
            && is_good
        {
            let (server, now_ms) = (self.server, self.wire.now.ms());
            self.with_watch(|watch| watch.answered(server, sent, now_ms));
        }
        polled
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.starts_with(b"POST ") {
            let is_refresh = bytes.starts_with(b"POST /v1/refresh");
            self.refresh = is_refresh.then(|| self.with_watch(ClientWatch::sent)).flatten();
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
