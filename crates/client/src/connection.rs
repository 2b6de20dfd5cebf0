//! The way to a server: a byte stream, TLS over it when asked for, HTTP/1.1 on top.

mod link;
mod tls;

pub use link::ServerLink;
pub use tls::Tls;

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::address::Address;

/// A byte stream to a server.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> ByteStream for T {}

/// A connection that is being made.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn ByteStream>>> + Send + 'a>>;

/// How a server is reached. The client's own is [`Tcp`]; tests bring others.
pub trait Connector: Send + Sync + fmt::Debug + 'static {
    /// Makes a connection to a server, without TLS.
    fn connect<'a>(&'a self, address: &'a Address) -> Connecting<'a>;
}

/// Plain TCP.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tcp;

impl Connector for Tcp {
    fn connect<'a>(&'a self, address: &'a Address) -> Connecting<'a> {
        Box::pin(async move {
            let stream = dial::host(address.host(), address.port()).await?;
            // A refresh is one small packet; it must not wait for more to send.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn ByteStream>)
        })
    }
}
