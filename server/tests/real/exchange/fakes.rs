use std::time::{Duration, Instant};

use super::listener::TestListener;
use super::world::{ExchangePair, text_of};

/// A whole answer of HTTP.
fn http(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

const SEALED: &str = "200 OK\r\ncontent-type: application/vnd.leasehold.sealed";

/// What answers in place of a node, and what is said of it.
fn impostors() -> Vec<(&'static str, TestListener, &'static str)> {
    let page = b"<!DOCTYPE html><html><title>Hotel Wi-Fi</title><form>Sign in</form></html>";
    let huge = vec![b'x'; 10 * 1024 * 1024];
    let endless =
        [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n", &huge[..]].concat();
    let redirect = "302 Found\r\nlocation: http://login.example/portal";
    let error = br#"{"error":true,"response-message":"Who are you?"}"#;
    vec![
        ("a login page", TestListener::saying(http("200 OK\r\ncontent-type: text/html", page)), "web page"),
        (
            "a page of a proxy",
            TestListener::saying(http("503 Unavailable\r\ncontent-type: text/html", page)),
            "web page",
        ),
        ("a redirect", TestListener::saying(http(redirect, b"")), "redirects to http://login.example/portal"),
        (
            "an empty object",
            TestListener::saying(http("200 OK\r\ncontent-type: application/json", b"{}")),
            "without a sealed",
        ),
        (
            "an unsigned reason",
            TestListener::saying(http("400 Bad\r\ncontent-type: application/json", error)),
            "unsigned: “Who are you?”",
        ),
        ("nothing", TestListener::saying(http("204 No Content", b"")), "without a sealed response"),
        ("ten megabytes", TestListener::saying(http(SEALED, &huge)), "is larger than"),
        ("ten megabytes without a word before", TestListener::saying(endless), "is larger than"),
        (
            "no sealed body under its name",
            TestListener::saying(http(SEALED, b"LHA1 but not really")),
            "Can't open its answer",
        ),
        ("garbage", TestListener::saying(b"\x00\xff\x16\x03SSH-2.0-OpenSSH\r\n".to_vec()), "connection was lost"),
        (
            "an answer cut short",
            TestListener::saying(http(SEALED, &huge[..4096])[..2000].to_vec()),
            "connection was lost",
        ),
        ("a closed door", TestListener::closing(), "connection was lost"),
    ]
}

#[test]
fn what_is_no_node_is_told_for_what_it_is_and_passed_over() {
    let world = ExchangePair::new();
    let before = world.licenses();
    for (name, fake, says) in impostors() {
        world.set_nodes(&[&fake.address]);
        let began = Instant::now();
        let failed = world.sync();
        assert_eq!(failed.status, 502, "{name}: {}", failed.body);
        let sentence = failed.body["attempts"][0]["sentence"].as_str().unwrap();
        assert!(sentence.contains(says), "{name}: {sentence}");
        assert!(began.elapsed() < Duration::from_secs(10), "{name}: {:?}", began.elapsed());
        assert_eq!(world.licenses(), before, "{name}");
        assert_eq!(text_of(&world.server, "/livez"), "ok\n", "{name}");

        world.set_nodes(&[&fake.address, &world.node.address]);
        let alone = fake.taken();
        for _ in 0..40 {
            let synced = world.sync();
            assert_eq!(synced.status, 200, "{name}: {}", synced.body);
            if fake.taken() > alone {
                break;
            }
        }
        assert!(fake.taken() > alone, "{name}: it was asked first at least once");
        assert_eq!(world.licenses(), before, "{name}");
    }
    let ledger = world.server.get("/api/v1/exchange/ledger?state=open").body;
    assert_eq!(ledger["items"].as_array().map(Vec::len), Some(0), "no report waits for an answer that cannot come");
}

#[test]
fn nobody_follows_a_redirect() {
    let world = ExchangePair::new();
    let elsewhere = TestListener::saying(http("200 OK\r\ncontent-type: application/json", b"{}"));
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let fake = TestListener::saying(http(&format!("{status}\r\nlocation: http://{}/", elsewhere.address), b""));
        world.set_nodes(&[&fake.address]);
        assert_eq!(world.sync().status, 502);
        assert_eq!(fake.taken(), 1);
    }
    assert_eq!(elsewhere.taken(), 0);
}
