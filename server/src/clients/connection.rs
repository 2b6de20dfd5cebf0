//! One connection of a client.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engine::Engine;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use reporting::{HeldStream, ReplayedStream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::answer::{PortAnswer, PortCall, answer};
use super::request::{ParsedRequest, find};
use crate::places::{Arriving, ByteRoom, FIRST, Place, begun};

/// Between two requests of a client lie 2 s; a connection that is silent for this long is closed.
const IDLE: Duration = Duration::from_secs(75);
/// Once begun, a request arrives as a whole, and an answer is taken, within this time.
const ARRIVAL: Duration = Duration::from_secs(10);
/// Bytes read at a time at first; then as many as are there already.
const MORE: usize = 1024;
/// First byte of a TLS connection: a handshake record (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 0x16;
/// Requests of one HTTP/2 connection at a time.
const STREAMS: u32 = 64;

fn out_of_time() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "timed out")
}

/// Who connected: its address and its place.
#[derive(Debug)]
pub struct Caller {
    address: Box<str>,
    place: Place,
}

impl Caller {
    pub fn new(ip: IpAddr, place: Place) -> Arc<Self> {
        Arc::new(Self { address: ip.to_canonical().to_string().into(), place })
    }

    /// Returns when its place is needed for another connection.
    pub async fn must_go(&self) {
        self.place.must_go().await;
    }
}

/// Answers until the client closes the connection or is silent for too long.
///
/// There are thousands of connections, mostly idle: state for rare cases is boxed, so they stay small.
pub async fn converse(
    mut stream: TcpStream,
    caller: Arc<Caller>,
    engine: Arc<Engine>,
    tls: Option<TlsAcceptor>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes: Vec<u8> = Vec::new();
    let mut patience = FIRST;
    loop {
        if bytes.is_empty() {
            // An idle connection allocates nothing.
            bytes = Vec::new();
            timeout(patience, stream.readable()).await.map_err(|_| out_of_time())??;
        }
        let quiet_until = Instant::now() + std::mem::replace(&mut patience, IDLE);
        let mut told = false;
        // From the first byte on; it may not be there yet, whatever the system said.
        let mut end = (!bytes.is_empty()).then(|| Instant::now() + ARRIVAL);
        let mut room = caller.place.room();
        let found = loop {
            match find(&bytes, told) {
                ParsedRequest::Part(missing, call) => {
                    // As it comes, and not as it was announced.
                    if bytes.len() == bytes.capacity() {
                        let more = missing.clamp(MORE, bytes.len().max(MORE));
                        let what = call.map_or(Arriving::Request, PortCall::arriving);
                        if !room.grow_to(bytes.len() + more, what) {
                            break ParsedRequest::Refuse(PortAnswer::busy());
                        }
                        bytes.reserve_exact(more);
                    }
                    let Ok(read) = timeout_at(end.unwrap_or(quiet_until), stream.read_buf(&mut bytes)).await else {
                        if bytes.is_empty() {
                            return Err(out_of_time());
                        }
                        break ParsedRequest::Refuse(PortAnswer::late());
                    };
                    if read? == 0 {
                        return Ok(());
                    }
                    end.get_or_insert_with(|| Instant::now() + ARRIVAL);
                    if bytes.first() == Some(&TLS_HANDSHAKE) {
                        let Some(tls) = tls else {
                            return Err(io::Error::new(
                                io::ErrorKind::Unsupported,
                                "the client uses TLS, which is off here",
                            ));
                        };
                        return Box::pin(secure(tls, ReplayedStream::new(bytes, stream), engine, caller.clone())).await;
                    }
                }
                ParsedRequest::Continue => {
                    told = true;
                    send(&mut stream, b"HTTP/1.1 100 Continue\r\n\r\n").await?;
                }
                found => break found,
            }
        };
        match found {
            ParsedRequest::Call { call, body, keep } => {
                let end = body.end;
                let answer = Box::pin(answer(&engine, call, &bytes[body], &caller.address)).await;
                bytes = bytes.split_off(end);
                if answer.status == 200 {
                    caller.place.prove();
                }
                send(&mut stream, &written(&answer, keep)).await?;
                if !keep {
                    return Box::pin(close(stream)).await;
                }
            }
            ParsedRequest::Refuse(answer) => {
                send(&mut stream, &written(&answer, false)).await?;
                return Box::pin(close(stream)).await;
            }
            _ => return Box::pin(serve(ReplayedStream::new(bytes, stream), engine, caller.clone())).await,
        }
    }
}

/// TLS.
async fn secure(
    tls: TlsAcceptor,
    stream: ReplayedStream<TcpStream>,
    engine: Arc<Engine>,
    caller: Arc<Caller>,
) -> io::Result<()> {
    let greeted = timeout(FIRST, async { begun(tls.accept(stream).await?).await });
    serve(greeted.await.map_err(|_| out_of_time())??, engine, caller).await
}

/// An answer as HTTP/1.1.
fn written(answer: &PortAnswer, keep: bool) -> Vec<u8> {
    use std::io::Write as _;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut bytes = Vec::with_capacity(160 + answer.body.len());
    let connection = if keep { "" } else { "connection: close\r\n" };
    let _ = write!(
        bytes,
        "HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\ncache-control: no-store\r\n{connection}\r\n",
        status.as_u16(),
        status.canonical_reason().unwrap_or("Other"),
        answer.content_type(),
        answer.body.len(),
    );
    bytes.extend_from_slice(&answer.body);
    bytes
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    timeout(ARRIVAL, stream.write_all(bytes)).await.map_err(|_| out_of_time())?
}

/// Closes the connection after reading what the client still sends for a moment, so that the client gets the answer.
async fn close(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; 1024];
    let drain = async {
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    timeout(Duration::from_millis(500), drain).await.unwrap_or(Ok(()))
}

/// HTTP/2, TLS and unusual HTTP/1.1.
async fn serve<S>(stream: S, engine: Arc<Engine>, caller: Arc<Caller>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = HeldStream::new(stream, (), IDLE);
    let activity = stream.activity().clone();
    let service = hyper::service::service_fn(move |request| {
        let (engine, caller, under_way) = (engine.clone(), caller.clone(), activity.begin());
        async move {
            let response = handle(request, &engine, &caller).await;
            drop(under_way);
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(IDLE).max_buf_size(16 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(Some(IDLE))
        .keep_alive_timeout(ARRIVAL);
    builder.serve_connection(TokioIo::new(stream), service).await.map_err(io::Error::other)
}

async fn handle(request: Request<Incoming>, engine: &Arc<Engine>, caller: &Caller) -> Response<Full<Bytes>> {
    let answer = match PortCall::of(request.uri().path()) {
        None => PortAnswer::not_found(),
        Some(call) if request.method().as_str() != call.method() => PortAnswer::wrong_method(call),
        Some(call) => {
            let mut room = caller.place.room();
            match timeout(ARRIVAL, collected(request.into_body(), call, &mut room)).await {
                Ok(Ok(body)) => answer(engine, call, &body, &caller.address).await,
                Ok(Err(refused)) => refused,
                Err(_) => PortAnswer::late(),
            }
        }
    };
    if answer.status == 200 {
        caller.place.prove();
    }
    let content_type = answer.content_type();
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A whole body, as long as there is room for it.
async fn collected(mut body: Incoming, call: PortCall, room: &mut ByteRoom<'_>) -> Result<Vec<u8>, PortAnswer> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| PortAnswer::other(400, "The body was cut off."))?;
        let Ok(data) = frame.into_data() else { continue };
        let length = bytes.len() + data.len();
        if length > call.most() {
            return Err(PortAnswer::too_large(call));
        }
        if !room.grow_to(length, call.arriving()) {
            return Err(PortAnswer::busy());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}
