//! As much of HTTP/1.1 as two sides that know each other need.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use turmoil::net::TcpStream;

/// A request.
#[derive(Debug, Clone)]
pub struct SimulatedRequest {
    pub path: String,
    pub body: Vec<u8>,
}

/// The next request of a connection; `None` when the other side ends it.
pub async fn read(stream: &mut TcpStream, received: &mut Vec<u8>) -> Option<SimulatedRequest> {
    loop {
        if let Some((request, length)) = whole(received) {
            received.drain(..length);
            return Some(request);
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => received.extend_from_slice(&piece[..length]),
        }
    }
}

fn whole(received: &[u8]) -> Option<(SimulatedRequest, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(received).unwrap() else { return None };
    let length = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length")).unwrap();
    let length: usize = std::str::from_utf8(length.value).unwrap().parse().unwrap();
    let body = received.get(start..start + length)?.to_vec();
    Some((SimulatedRequest { path: head.path.unwrap().to_owned(), body }, start + length))
}

/// Answers in one piece.
pub async fn write(stream: &mut TcpStream, status: u16, body: &[u8]) -> io::Result<()> {
    let mut answer = format!("HTTP/1.1 {status} So\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    stream.write_all(&answer).await
}
