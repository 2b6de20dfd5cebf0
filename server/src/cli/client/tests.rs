//! The client commands against a license server with a certificate of its own making.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::Command;
use crate::exit::{Done, code};

/// What a server was asked: path and body, in order.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// A server that gives three licenses of everything.
struct Server {
    port: u16,
    certificate: String,
    asked: Asked,
}

impl Server {
    async fn start() -> Server {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let certificate = made.cert.pem();
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Asked::default();
        let heard = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, heard) = (acceptor.clone(), heard.clone());
                tokio::spawn(async move {
                    // A client that does not trust the certificate ends it here.
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(move |request| answer(request, heard.clone()));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Server { port, certificate, asked }
    }

    fn paths(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(path, _)| path.clone()).collect()
    }

    async fn until(&self, wanted: &str, body: impl Fn(&Value) -> bool) {
        let is_there = || self.asked.lock().unwrap().iter().any(|(path, asked)| path == wanted && body(asked));
        while !is_there() {
            tokio::task::yield_now().await;
        }
    }
}

async fn answer(request: Request<Incoming>, asked: Asked) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let path = request.uri().path().to_owned();
    let body: Value = serde_json::from_slice(&request.into_body().collect().await?.to_bytes()).unwrap();
    let products = body["products"].as_object().into_iter().flatten();
    let products: serde_json::Map<String, Value> =
        products.map(|(product, _)| (product.clone(), json!({ "limit": 3, "version": 1, "licensed": 3 }))).collect();
    let terms = json!({ "license_id": "01.1", "key_type": "NORMAL", "grace_min": 120, "interval_min": 60 });
    let said = match path.as_str() {
        "/v1/hello" => json!({
            "protocol": 1, "epoch": 1, "refresh_ms": 2_000, "valid_ms": 120_000, "sequence": 0, "records": 0,
            "server": { "guid": "", "instance": "", "context": "", "version": "" },
            "ve": if body["ve"].is_null() { Value::Null } else { terms },
        }),
        "/v1/refresh" => json!({
            "protocol": 1, "epoch": 1, "sequence": body["sequence"], "saved": body["sequence"],
            "refresh_ms": 2_000, "valid_ms": 120_000, "products": products,
        }),
        "/v1/records" => {
            let records = body["records"].as_array().map_or(0, Vec::len) as u64;
            json!({ "protocol": 1, "acknowledged": body["first"].as_u64().unwrap() + records - 1 })
        }
        _ => json!({ "protocol": 1, "saved": body["sequence"] }),
    };
    asked.lock().unwrap().push((path, body));
    Ok(Response::new(Full::from(said.to_string())))
}

async fn run(line: &[&str]) -> Done {
    #[derive(clap::Parser)]
    struct Cli {
        #[command(subcommand)]
        command: Command,
    }
    let line = ["client"].iter().chain(line);
    let cli: Cli = clap::Parser::try_parse_from(line).unwrap();
    cli.command.run().await
}

fn terminate() {
    use rustix::process::{Signal, getpid, kill_process};
    kill_process(getpid(), Signal::TERM).unwrap();
}

/// One test: the signal reaches every command of this process that listens.
#[tokio::test]
async fn told_to_terminate_a_client_returns_what_it_has_and_logs_out_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, log) = (folder.path().join("ca.pem"), folder.path().join("license.log"));
    let holds = |product: &'static str| move |body: &Value| body["products"][product]["held"] == 1;

    let server = Server::start().await;
    std::fs::write(&ca, &server.certificate).unwrap();
    let (place, ca) = (format!("https://localhost:{}", server.port), ca.to_str().unwrap());
    let line = ["run", "--servers", &place, "--product", "P", "--hold", "600000", "--count", "1", "--ca", ca];
    let (done, ()) = tokio::join!(run(&line), async {
        server.until("/v1/refresh", holds("P")).await;
        terminate();
    });
    assert_eq!(done, Ok(()));
    let last = server.asked.lock().unwrap().last().cloned().unwrap();
    assert_eq!((last.0.as_str(), &last.1["products"]["P"]["held"]), ("/v1/goodbye", &json!(0)));
    assert_eq!(last.1["products"]["P"]["usage_count"], 1);

    let server = Server::start().await;
    std::fs::write(ca, &server.certificate).unwrap();
    let place = format!("VE://localhost:{}/1111-2222-3333-4444", server.port);
    let log_file = log.to_str().unwrap();
    let line =
        ["ve", "--servers", &place, "--product", "Charon-SSP/4U", "--version", "5.3", "--ca", ca, "--log", log_file];
    let (done, ()) = tokio::join!(run(&line), async {
        server.until("/v1/refresh", holds("VE")).await;
        terminate();
    });
    assert_eq!(done, Ok(()));
    assert_eq!(server.paths().last().unwrap(), "/v1/goodbye");
    let text = std::fs::read_to_string(&log).unwrap();
    let messages: Vec<_> =
        text.lines().map(|line| licensing::log_line::LogLine::parse(line).unwrap().message).collect();
    assert_eq!(
        messages,
        [
            "Trying to login to license server: localhost",
            "Connected with license server: localhost",
            "Found available license ID: 01.1.",
            "Logged out from license server: localhost"
        ]
    );
    assert!(!text.contains("1111"), "{text}");
}

#[tokio::test]
async fn an_application_without_a_runtime_logs_in_and_out() {
    let server = Server::start().await;
    let place = format!("VE://localhost:{}/1111-2222-3333-4444", server.port);
    let tls = client::Tls::only(server.certificate.as_bytes()).unwrap();
    let application = tokio::task::spawn_blocking(move || {
        let builder = client::ve::blocking::VeClient::builder().servers([place]).product("Charon-SSP/4U").tls(tls);
        let client = builder.connect_blocking().unwrap();
        let mut events = client.events();
        assert!(matches!(events.try_next(), Some(client::ve::VeEvent::LoggedIn { .. })));
        let before = client.status().standing;
        let parting = client.clone().close();
        (before, parting, client.stopped())
    });
    let (before, parting, after) = application.await.unwrap();
    assert_eq!((before, after), (client::ve::VeStatus::Licensed, client::ve::VeStatus::LoggedOut));
    assert_eq!(parting, client::ClientShutdown::default());
    assert_eq!(server.paths().last().unwrap(), "/v1/goodbye");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_no_server() {
    let server = Server::start().await;
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let tls = client::Tls::only(other.cert.pem().as_bytes()).unwrap();
    let place = format!("localhost:{}", server.port);
    let refused = client::Client::builder().servers([&place]).tls(tls).connect().await.unwrap_err();
    assert!(refused.to_string().contains("Can't secure the connection"), "{refused}");
    let clear = client::Client::builder().servers([&place]).connect().await.unwrap_err();
    assert!(matches!(clear, client::ConnectError::NoServer { .. }), "clear text is not understood there: {clear}");
    let trusted = client::Tls::only(server.certificate.as_bytes()).unwrap();
    let elsewhere = format!("127.0.0.1:{}", server.port);
    let wrong = client::Client::builder().servers([elsewhere]).tls(trusted).connect().await.unwrap_err();
    assert!(wrong.to_string().contains("Can't secure the connection"), "the certificate is another host's: {wrong}");
    assert_eq!(server.paths(), [""; 0], "nothing was asked by any of them");
}

#[tokio::test]
async fn a_virtual_environment_that_cannot_log_in_says_why_by_its_exit_code() {
    // A port where nothing listens any more.
    let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let nobody = format!("VE://127.0.0.1:{free}/7777-7777-7777-7777");
    for (place, more, expected) in [
        ("VE://127.0.0.1/7654", "--json", code::REFUSED),
        ("https://127.0.0.1:1", "--json", code::REFUSED),
        (nobody.as_str(), "--seconds=0", code::NO_SERVER),
    ] {
        let line = ["ve", "--servers", place, "--product", "P", more];
        let ended = tokio::time::timeout(Duration::from_secs(30), run(&line));
        let failure = ended.await.unwrap().unwrap_err();
        assert_eq!(failure.code, expected, "{failure}");
        assert!(!failure.sentence.contains("7654") && !failure.sentence.contains("7777"), "{failure}");
    }
}
