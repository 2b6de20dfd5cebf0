//! Reads ordinary HTTP/1.1 requests. Anything else is left to hyper.

use super::answer::{PortAnswer, PortCall};
use crate::places::HTTP2;

/// The most bytes of a request line and its headers.
const HEAD: usize = 8 * 1024;
/// The most headers.
const HEADERS: usize = 32;

/// What the received bytes are.
#[derive(Debug)]
pub enum ParsedRequest {
    /// The beginning of a request, with the number of bytes still missing (1 if unknown) and what it is, as far as that is known.
    Part(usize, Option<PortCall>),
    /// A request of the protocol; its body lies at this range, and the next request begins where it ends.
    Call { call: PortCall, body: std::ops::Range<usize>, keep: bool },
    /// The client waits to be told to send its body.
    Continue,
    /// Something answered at once, which ends the connection.
    Refuse(PortAnswer),
    /// HTTP/2, or HTTP/1 of a kind not read here.
    Other,
}

/// Classifies the bytes of a connection. `told`: the client already got its 100 Continue.
pub fn find(bytes: &[u8], told: bool) -> ParsedRequest {
    if !bytes.is_empty() && HTTP2.starts_with(&bytes[..bytes.len().min(HTTP2.len())]) {
        return if bytes.len() < HTTP2.len() { ParsedRequest::Part(1, None) } else { ParsedRequest::Other };
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let head = match request.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) if bytes.len() < HEAD => return ParsedRequest::Part(1, None),
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            return ParsedRequest::Refuse(PortAnswer::other(431, "The headers are too large."));
        }
        Err(_) => return ParsedRequest::Refuse(PortAnswer::other(400, "Not an HTTP request.")),
    };
    let (Some(method), Some(path), Some(version)) = (request.method, request.path, request.version) else {
        return ParsedRequest::Refuse(PortAnswer::other(400, "Not an HTTP request."));
    };
    let path = path.split('?').next().unwrap_or_default();
    let Some(call) = PortCall::of(path) else { return ParsedRequest::Refuse(PortAnswer::not_found()) };
    if method != call.method() {
        return ParsedRequest::Refuse(PortAnswer::wrong_method(call));
    }
    // A request with GET has no body, unless it says so.
    let mut length = None;
    let mut keep = version == 1;
    let mut waits = false;
    for header in request.headers.iter() {
        let name = header.name;
        if name.eq_ignore_ascii_case("content-length") {
            let number = std::str::from_utf8(header.value).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            let Some(number) = number.and_then(|text| text.parse::<usize>().ok()).filter(|_| length.is_none()) else {
                return ParsedRequest::Refuse(PortAnswer::other(400, "The length of the body is not a number."));
            };
            length = Some(number);
        } else if name.eq_ignore_ascii_case("connection") {
            let says = |word: &[u8]| {
                header.value.split(|b| *b == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(word))
            };
            if says(b"upgrade") {
                return ParsedRequest::Other;
            }
            keep = (keep && !says(b"close")) || says(b"keep-alive");
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return ParsedRequest::Other;
        } else if name.eq_ignore_ascii_case("expect") {
            waits = true;
        }
    }
    let Some(length) = length.or((method == "GET").then_some(0)) else {
        return ParsedRequest::Refuse(PortAnswer::other(411, "The header Content-Length is missing."));
    };
    if length > call.most() {
        return ParsedRequest::Refuse(PortAnswer::too_large(call));
    }
    let end = head + length;
    if bytes.len() >= end {
        return ParsedRequest::Call { call, body: head..end, keep };
    }
    let missing = end - bytes.len();
    if waits && !told { ParsedRequest::Continue } else { ParsedRequest::Part(missing, Some(call)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDINARY: &[u8] = b"POST /v1/refresh HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}POST";

    #[test]
    fn an_ordinary_request_is_found_however_it_is_cut() {
        let whole = ORDINARY.len() - 4;
        for cut in 1..whole {
            assert!(matches!(find(&ORDINARY[..cut], false), ParsedRequest::Part(..)), "{cut}");
        }
        let ParsedRequest::Call { call, body, keep } = find(ORDINARY, false) else { panic!("not found") };
        assert_eq!((call, &ORDINARY[body], keep), (PortCall::Refresh, &b"{}"[..], true));
    }

    #[test]
    fn what_is_wrong_is_refused_and_what_is_unusual_is_left_to_others() {
        let status = |text: &str| match find(text.as_bytes(), false) {
            ParsedRequest::Refuse(answer) => answer.status,
            ParsedRequest::Other => 0,
            ParsedRequest::Continue => 100,
            found => panic!("{text}: {found:?}"),
        };
        for (expected, text) in [
            (400, "\u{1}\u{2}garbage\r\n\r\n"),
            (400, "POST /v1/hello HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
            (400, "POST /v1/hello HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
            (404, "GET / HTTP/1.1\r\n\r\n"),
            (405, "GET /v1/hello HTTP/1.1\r\n\r\n"),
            (411, "POST /v1/hello HTTP/1.1\r\n\r\n"),
            (413, "POST /v1/hello HTTP/1.1\r\nContent-Length: 65537\r\n\r\n"),
            (100, "POST /v1/hello HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"),
            (0, "POST /v1/hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            (0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ] {
            assert_eq!(status(text), expected, "{text:?}");
        }
        let long = format!("POST /v1/hello HTTP/1.1\r\nA: {}", "x".repeat(HEAD));
        assert_eq!(status(&long), 431);
    }

    #[test]
    fn a_server_asks_for_the_monitor_license_without_a_body() {
        let text = b"GET /v1/monitor-license HTTP/1.1\r\nHost: a\r\n\r\nGET";
        let ParsedRequest::Call { call, body, keep } = find(text, false) else { panic!("not found") };
        assert_eq!((call, body.is_empty(), keep), (PortCall::MonitorLicense, true, true));
        let post = b"POST /v1/monitor-license HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
        assert!(matches!(find(post, false), ParsedRequest::Refuse(answer) if answer.status == 405));
    }

    #[test]
    fn a_client_may_close_after_the_answer() {
        let text = b"POST /v1/hello HTTP/1.1\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n";
        assert!(matches!(find(text, false), ParsedRequest::Call { keep: false, .. }));
    }
}
