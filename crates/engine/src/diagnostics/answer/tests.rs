use super::*;
use crate::diagnostics::ProbeStage;
use proptest::prelude::*;
use tokio::io::duplex;

const LIMIT: Duration = Duration::from_secs(20);

/// Whether it is the expected one.
type Is = fn(&Trouble) -> bool;

fn target(https: bool) -> ProbeTarget {
    ProbeTarget { host: "node.example".to_owned(), port: 8080, https }
}

/// What is made of an answer after which the other side hangs up.
async fn answered(https: bool, answer: &[u8]) -> Result<u16, Trouble> {
    let (client, mut server) = duplex(64 * 1024);
    server.write_all(answer).await.unwrap();
    drop(server);
    ask(client, &target(https), LIMIT).await.map(|answer| answer.status)
}

#[tokio::test]
async fn a_node_tells_its_clock_and_what_it_runs() {
    let (client, mut server) = duplex(64 * 1024);
    let answer =
        "HTTP/1.1 200 OK\r\nDate: Sun, 29 Nov 2026 20:00:07 GMT\r\nServer: node/2\u{202e}\r\nContent-Length: 0\r\n\r\n";
    server.write_all(answer.as_bytes()).await.unwrap();
    drop(server);
    let answer = ask(client, &target(false), LIMIT).await.unwrap();
    assert_eq!(answer.clock_ms, Some(1_795_982_407_000));
    assert_eq!(answer.software.as_deref(), Some("node/2\u{fffd}"));
    assert_eq!(instant("yesterday"), None);
}

#[tokio::test]
async fn any_status_that_is_no_page_counts_as_reached() {
    for (answer, status) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
        ("HTTP/1.0 404 Not Found\n\n", 404),
        ("HTTP/1.1 503 \r\nContent-Type: application/json\r\n\r\n{\"detail\":\"<html\"}", 503),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", 304),
        ("HTTP/2 200\r\n\r\n", 200),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200),
        ("HTTP/1.1 400 Bad Request\r\n\r\nno such thing", 400),
    ] {
        assert_eq!(answered(false, answer.as_bytes()).await, Ok(status), "{answer}");
    }
}

#[tokio::test]
async fn pages_redirects_and_sign_ins_are_no_nodes() {
    let page: Is = |trouble| matches!(trouble, Trouble::WebPage { .. });
    let sent_on: Is = |trouble| matches!(trouble, Trouble::SentOn { .. });
    let sign_in: Is = |trouble| matches!(trouble, Trouble::SignIn { .. });
    let wants_https: Is = |trouble| matches!(trouble, Trouble::WantsHttps { .. });
    let cases: [(&str, Is); 10] = [
        ("HTTP/1.1 200 OK\r\ncontent-type: TEXT/HTML; charset=utf-8\r\n\r\n<p>", page),
        ("HTTP/1.1 403 Forbidden\r\n\r\n  <!DOCTYPE HTML><title>Blocked</title>", page),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n<HTML>", page),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://login.example/?back=1\r\nContent-Type: text/html\r\n\r\n<html>",
            sent_on,
        ),
        ("HTTP/1.1 307 Temporary Redirect\r\n\r\n", sent_on),
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", sign_in),
        ("HTTP/1.1 511 Network Authentication Required\r\nContent-Type: text/html\r\n\r\n<html>", sign_in),
        ("HTTP/1.1 301 Moved Permanently\r\nLocation: https://NODE.example/livez\r\n\r\n", wants_https),
        ("HTTP/1.1 301 Moved Permanently\r\nLocation: https://node.example.evil.test/\r\n\r\n", sent_on),
        (
            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>The plain HTTP request was sent to HTTPS port",
            wants_https,
        ),
    ];
    for (answer, expected) in cases {
        let trouble = answered(false, answer.as_bytes()).await.unwrap_err();
        assert!(expected(&trouble), "{answer}: {trouble:?}");
        assert_eq!(trouble.stage(), ProbeStage::Http);
    }
}

#[tokio::test]
async fn what_is_not_http_is_named() {
    let not_http: Is = |trouble| matches!(trouble, Trouble::NotHttp { .. });
    let tls: Is = |trouble| matches!(trouble, Trouble::SpeaksTls { .. });
    let nothing: Is = |trouble| matches!(trouble, Trouble::NoAnswer { .. });
    let cut: Is = |trouble| matches!(trouble, Trouble::AnswerCut { .. });
    let cases: [(&[u8], Is); 8] = [
        (b"SSH-2.0-something\r\n", not_http),
        (b"\0\0\x12\x04\0", not_http),
        (b"\x15\x03\x01\0\x02\x02\x0a", tls),
        (b"", nothing),
        (b"HTTP/1.1 200 OK\r\nContent-", cut),
        (b"HTT", cut),
        (b"HTTP/1.1 OK\r\n\r\n", cut),
        (b"HTTP/1.1 +20 OK\r\n\r\n", cut),
    ];
    for (answer, expected) in cases {
        let trouble = answered(false, answer).await.unwrap_err();
        assert!(expected(&trouble), "{answer:?}: {trouble:?}");
    }
}

#[tokio::test]
async fn headers_without_end_are_read_up_to_the_bound_only() {
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Pad: 0123456789\r\n".repeat(MOST)].concat();
    let (client, mut server) = duplex(1024);
    let feeding = tokio::spawn(async move {
        let mut sent = 0;
        for chunk in endless.chunks(256) {
            match server.write(chunk).await {
                Ok(n) => sent += n,
                Err(_) => break,
            }
        }
        sent
    });
    let trouble = ask(client, &target(false), LIMIT).await.unwrap_err();
    assert!(matches!(trouble, Trouble::NotHttp { .. }), "{trouble:?}");
    // What lay in the pipe besides.
    assert!(feeding.await.unwrap() <= MOST + 2 * 1024);
}

#[tokio::test]
async fn the_request_tells_nothing_but_what_is_asked_for() {
    let (client, mut server) = duplex(64 * 1024);
    server.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    ask(client, &target(true), LIMIT).await.unwrap();
    let mut request = String::new();
    server.read_to_string(&mut request).await.unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "GET /livez HTTP/1.1\r\nHost: node.example:8080\r\nUser-Agent: leasehold/{version}\r\nAccept: */*\r\n\
         Connection: close\r\n\r\n"
    );
    assert_eq!(request, expected);
}

#[test]
fn a_redirect_is_named_without_its_path_its_query_and_its_user() {
    for (location, shown) in [
        (Some("https://portal.example:8443/login?token=secret"), "https://portal.example:8443"),
        (Some("http://me:secret@portal.example#x"), "http://portal.example"),
        (Some("/login?token=secret"), "another page"),
        (None, "another page"),
    ] {
        assert_eq!(place(location), shown);
    }
}

proptest! {
    #[test]
    fn no_answer_makes_it_fall_over(answer in proptest::collection::vec(any::<u8>(), 0..600), as_http: bool) {
        let answer = if as_http { [b"HTTP/1.1 200 \r\n".as_slice(), &answer, b"\r\n\r\n"].concat() } else { answer };
        let _ = enough(&answer);
        if let Some(head) = Head::of(&answer) {
            let _ = judge(&target(false), &head);
        }
        prop_assert!(!as_http || Head::of(&answer).is_some());
    }
}
