//! A lean HTTP/1.1 connection: prepared bytes go out, one answer comes back.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Headers an answer may have.
const HEADERS: usize = 40;
/// Room for an ordinary answer, bytes.
const ROOM: usize = 1024;

/// A connection with at most one request under way.
#[derive(Debug)]
pub struct BenchConnection {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// An answer that came back whole.
#[derive(Debug, Clone, Copy)]
pub struct WireAnswer<'a> {
    /// HTTP status.
    pub status: u16,
    /// Status line and headers.
    pub head: &'a [u8],
    /// The body; where it came in chunks, with their sizes between them.
    pub body: &'a [u8],
}

struct Whole {
    status: u16,
    head: usize,
    body: Range<usize>,
}

impl BenchConnection {
    /// Connects, from a certain address of this machine if need be.
    pub async fn to(address: SocketAddr, from: Option<IpAddr>) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(from) = from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        let stream = socket.connect(address).await.with_context(|| format!("{address} accepts no connection"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, bytes: Vec::with_capacity(ROOM) })
    }

    /// Sends a request and takes its answer.
    pub async fn ask(&mut self, request: &[u8]) -> Result<WireAnswer<'_>> {
        self.bytes.clear();
        self.stream.write_all(request).await?;
        let whole = loop {
            if self.stream.read_buf(&mut self.bytes).await? == 0 {
                bail!("The server closed a connection: {}", String::from_utf8_lossy(&self.bytes));
            }
            if let Some(whole) = whole(&self.bytes)? {
                break whole;
            }
        };
        Ok(WireAnswer { status: whole.status, head: &self.bytes[..whole.head], body: &self.bytes[whole.body] })
    }
}

/// The answer in these bytes, once all of it is there.
fn whole(bytes: &[u8]) -> Result<Option<Whole>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes)? else { return Ok(None) };
    let status = response.code.context("An answer has a status")?;
    let header = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok()
    };
    if let Some(length) = header("content-length") {
        let end = head + length.parse::<usize>()?;
        return Ok((bytes.len() >= end).then_some(Whole { status, head, body: head..end }));
    }
    if header("transfer-encoding").is_none() {
        return Ok(Some(Whole { status, head, body: head..head }));
    }
    let mut at = head;
    loop {
        match httparse::parse_chunk_size(&bytes[at..]) {
            Ok(httparse::Status::Complete((line, size))) => {
                at += line + usize::try_from(size)? + 2;
                if at > bytes.len() {
                    return Ok(None);
                }
                if size == 0 {
                    return Ok(Some(Whole { status, head, body: head..at }));
                }
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => bail!("An answer has a chunk without a size."),
        }
    }
}
