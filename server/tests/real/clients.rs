//! The license port of the real binary: what its document says, what may be sent to it, and a crash among clients that go on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::exchange::world::ExchangePair;
use crate::harness::{ServerOptions, leasehold, within};

const PRODUCT: &str = "TTS3_QUIXOTIC";

struct Port(String);

impl Port {
    fn post(&self, call: &str, body: &str) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
        let mut answer = agent.post(format!("http://{}/v1/{call}", self.0)).send(body).unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap())
    }

    fn say(&self, call: &str, body: Value) -> (u16, Value) {
        self.post(call, &body.to_string())
    }

    fn hello(&self, client: &str) -> u64 {
        let (status, welcome) =
            self.say("hello", json!({"protocol":1,"client":client,"run":format!("{client}-run"),"name":client}));
        assert_eq!(status, 200, "{welcome}");
        welcome["epoch"].as_u64().unwrap()
    }

    fn refresh(&self, client: &str, sequence: u64, uses: Value) -> (u16, Value) {
        self.say(
            "refresh",
            json!({"protocol":1,"client":client,"run":format!("{client}-run"),"epoch":1,"sequence":sequence,"products":uses}),
        )
    }

    /// What comes back for these bytes, whatever they are; empty when the connection is just closed.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.0).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.take(4096).read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn port(world: &ExchangePair) -> Port {
    Port(world.server.clients.clone())
}

/// What the next report says was used of a product.
fn total(world: &ExchangePair, product: &str) -> u64 {
    let report: Value = serde_json::from_str(&world.pull().1).unwrap();
    let usage = &report["deployments"][0]["speech_usage"]["license_usage"][product];
    usage["usage_count"].as_u64().unwrap_or(0)
}

/// The examples of the document, in their order, are taken as they stand there.
#[test]
fn the_examples_of_the_document_work() {
    let world = ExchangePair::new();
    let port = port(&world);
    let document = include_str!("../../../docs/CLIENT-PROTOCOL.md");
    let examples: Vec<Value> = document
        .split("```json\n")
        .skip(1)
        .filter_map(|rest| serde_json::from_str::<Value>(rest.split("```").next()?).ok())
        .filter(|example| example.get("client").is_some())
        .collect();
    let calls = ["hello", "refresh", "records", "goodbye"];
    assert_eq!(examples.len(), calls.len());
    for (call, example) in calls.into_iter().zip(examples) {
        let (status, answer) = port.post(call, &example.to_string().replace("SPEECH", PRODUCT));
        assert_eq!(status, 200, "{call}: {answer}");
        match call {
            "refresh" => assert_eq!(answer["products"][PRODUCT], json!({"limit":4,"version":1,"licensed":50})),
            "records" => assert_eq!(answer["acknowledged"], 3),
            "goodbye" => assert_eq!(answer["saved"], 2),
            _ => assert_eq!(answer["server"]["guid"], world.registration.guid),
        }
    }
}

#[test]
fn what_is_not_as_the_protocol_says_gets_a_sentence_and_changes_nothing() {
    let world = ExchangePair::new();
    let port = port(&world);
    port.hello("a");
    let many: serde_json::Map<String, Value> = (0..1000).map(|n| (format!("P{n}"), json!({"want":1}))).collect();
    let million = (0..1_000_000).map(|n| format!("\"P{n}\":{{\"want\":1}}")).collect::<Vec<_>>().join(",");
    let long = "x".repeat(10 * 1024);
    for (call, body, status, says) in [
        ("hello", json!({"protocol":7,"client":"a","run":"r","name":"n"}).to_string(), 400, "License protocol version is invalid."),
        ("hello", json!({"protocol":2,"something":"else"}).to_string(), 400, "License protocol version is invalid."),
        ("hello", json!({"protocol":1,"client":long,"run":"r","name":"n"}).to_string(), 422, "`client` must be"),
        ("hello", json!({"protocol":1,"client":"b","run":"a-run","name":"n"}).to_string(), 422, "belongs to another client"),
        ("hello", json!({"protocol":1,"client":"b","run":"b","name":"n","deployment":"no"}).to_string(), 422, "no deployment no"),
        ("refresh", "nonsense".to_owned(), 422, "not valid JSON"),
        ("refresh", json!({"protocol":1,"client":"a","run":"guess","epoch":1,"sequence":1}).to_string(), 404, "Send a hello"),
        ("refresh", json!({"protocol":1,"client":"a","run":"a-run","epoch":1,"sequence":1,"products":many}).to_string(), 413, "256"),
        ("refresh", json!({"protocol":1,"client":"a","run":"a-run","epoch":1,"sequence":1,"products":{"A B":{"want":1}}}).to_string(), 422, "product code"),
        ("refresh", json!({"protocol":1,"client":"a","run":"a-run","epoch":1,"sequence":1,"products":{"A":{"want":-1}}}).to_string(), 422, "invalid value"),
        ("refresh", format!("{{\"protocol\":1,\"products\":{{{million}}}}}"), 413, "65536"),
        ("records", json!({"protocol":1,"client":"a","run":"a-run","epoch":1,"first":1,"records":[{"product":"A","from":5,"outcome":"denied"}]}).to_string(), 422, "Record 1"),
        ("nothing", "{}".to_owned(), 404, "license port"),
    ] {
        let (answered, answer) = port.post(call, &body);
        let start: String = body.chars().take(120).collect();
        assert_eq!(answered, status, "{call} {start}: {answer}");
        assert!(answer["detail"].as_str().unwrap().contains(says), "{call} {start}: {answer}");
    }
    let (status, answer) = port.refresh("a", 1, json!({PRODUCT: {"want": 50}}));
    assert_eq!((status, &answer["products"][PRODUCT]["limit"]), (200, &json!(50)));
}

#[test]
fn a_client_that_lies_is_counted_named_and_given_nothing_more() {
    let world = ExchangePair::new();
    let port = port(&world);
    port.hello("liar");
    port.hello("honest");
    port.refresh("liar", 1, json!({PRODUCT: {"want": 2}}));
    let (_, answer) =
        port.refresh("liar", 2, json!({PRODUCT: {"want": 50, "held": 9, "version": 1, "usage_count": 9}}));
    assert_eq!(answer["products"][PRODUCT]["limit"], 2);
    assert_eq!(answer["products"][PRODUCT]["why"], "over_limit");
    let (_, answer) = port.refresh("honest", 1, json!({PRODUCT: {"want": 50}}));
    assert_eq!(answer["products"][PRODUCT]["limit"], 48, "others lose nothing by it");
    let clients = world.server.get("/api/v1/clients").body;
    let liar = clients["items"].as_array().unwrap().iter().find(|client| client["name"] == "liar").unwrap().clone();
    assert_eq!(liar["over_limit"], true, "{liar}");
    // What it says it has used is counted all the same, and never goes back.
    port.refresh("liar", 3, json!({PRODUCT: {"usage_count": 3, "version": 1}}));
    assert!(within(5_000, || (total(&world, PRODUCT) == 9).then_some(())).is_some());
}

#[test]
fn garbage_half_open_and_slow_connections_hold_up_nobody() {
    let world = ExchangePair::new();
    let port = port(&world);
    port.hello("a");
    assert!(port.raw(b"\x00\x01\x02 garbage\r\n\r\n").starts_with("HTTP/1.1 400 "));
    assert!(port.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404 "));
    assert!(port.raw(b"GET /v1/refresh HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 405 "));
    assert!(
        port.raw(format!("POST /v1/hello HTTP/1.1\r\n{}\r\n\r\n", "A: b\r\n".repeat(99)).as_bytes())
            .starts_with("HTTP/1.1 431 ")
    );
    let chunked = "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    assert!(port.raw(chunked.as_bytes()).starts_with("HTTP/1.1 422 "));
    // Half a request, nothing at all, and one that never reads its answers.
    let mut open = Vec::new();
    for bytes in [&b"POST /v1/refresh HTTP/1.1\r\nContent-Length: 500\r\n\r\n{"[..], b"", b"PRI * HTTP/2.0"] {
        let mut stream = TcpStream::connect(&port.0).unwrap();
        stream.write_all(bytes).unwrap();
        open.push(stream);
    }
    let mut deaf = TcpStream::connect(&port.0).unwrap();
    deaf.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    let request = b"POST /v1/refresh HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}".repeat(1000);
    while deaf.write_all(&request).is_ok() && open.len() < 100 {
        open.push(deaf.try_clone().unwrap());
    }
    // Five thousand connections that say nothing.
    let limit = open_files();
    for _ in 0..limit.saturating_sub(500).min(5_000) {
        open.push(TcpStream::connect(&port.0).unwrap());
    }
    let began = Instant::now();
    let (status, _) = port.refresh("a", 1, json!({PRODUCT: {"want": 1}}));
    assert_eq!(status, 200);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(world.server.get("/api/v1/status").status == 200);
}

/// Files this process may open.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().nth(3).and_then(|soft| soft.parse().ok()).unwrap_or(1024)
}

fn application(address: &str, hold: u32) -> Child {
    let hold = hold.to_string();
    leasehold()
        .args([
            "client",
            "run",
            "--servers",
            address,
            "--product",
            PRODUCT,
            "--rate",
            "20",
            "--hold",
            &hold,
            "--name",
            "app",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Ends an application politely; what it counted.
fn ended(child: Child) -> Value {
    std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// kill −9 of the server, many times, while applications go on: they notice nothing, and the total is exact.
#[test]
fn a_server_that_is_killed_again_and_again_loses_and_doubles_no_use() {
    let mut world = ExchangePair::new();
    let address = world.server.clients.clone();
    let how = ServerOptions {
        more: [world.how().more, vec!["--clients".to_owned(), address.clone()]].concat(),
        ..world.how()
    };
    let applications: Vec<Child> = [50, 400].into_iter().map(|hold| application(&address, hold)).collect();
    for pause in [900, 2_300, 1_700, 3_100] {
        std::thread::sleep(Duration::from_millis(pause));
        world.server.crash();
        std::thread::sleep(Duration::from_millis(pause / 2));
        world.server.again_as(&how);
    }
    std::thread::sleep(Duration::from_secs(3));
    let counted: Vec<Value> = applications.into_iter().map(ended).collect();
    let sum = |key: &str| counted.iter().map(|one| one[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("denied"), 0, "{counted:?}");
    assert_eq!(sum("acquired"), sum("released"));
    assert!(sum("acquired") > 200, "{counted:?}");
    assert_eq!(total(&world, PRODUCT), sum("acquired"));
    let usage = world.server.get("/api/v1/usage").body;
    let product = usage["items"].as_array().unwrap().iter().find(|item| item["product"] == PRODUCT).cloned();
    assert_eq!(product.unwrap()["usage_count"], sum("acquired"), "single records tell the same as the totals: {usage}");
}

/// No client is over its share, and a silent one's is kept: an application killed without a word holds its licenses for two minutes.
#[test]
fn what_a_killed_application_had_is_not_given_to_others_at_once() {
    let world = ExchangePair::new();
    let port = port(&world);
    port.hello("dead");
    port.refresh("dead", 1, json!({PRODUCT: {"want": 30}}));
    port.hello("alive");
    let (_, answer) = port.refresh("alive", 1, json!({PRODUCT: {"want": 50}}));
    assert_eq!(answer["products"][PRODUCT]["limit"], 20);
    assert_eq!(answer["products"][PRODUCT]["why"], "all_in_use");
}
