//! One port for cleartext and TLS, whatever else comes to it.

use std::time::Duration;

use reporting::client::{ReportingClient, TlsChoice};
use reporting::listen::{Limits, StandardServices};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::standin::{Standin, short, start, start_offering, start_with, who};

/// Nothing here should take longer; a hang fails.
async fn soon<F: Future>(what: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), what).await.expect("it hangs")
}

/// The server hangs up: nothing more to read, be it by an end or a reset.
async fn is_closed(mut stream: TcpStream) -> bool {
    let mut rest = Vec::new();
    let _ = soon(stream.read_to_end(&mut rest)).await;
    rest.len() < 100
}

#[tokio::test]
async fn cleartext_and_tls_are_answered_on_one_port() {
    let server = start(Standin::registered()).await;
    let clear = server.client().await;
    let tls = ReportingClient::connect(server.at("localhost"), server.trusted()).await.unwrap();
    for client in [&clear, &tls, &clear] {
        assert_eq!(client.usage_report(who(), "").await.unwrap().session_ms, 615_524);
    }
    let pushed = r#"{"license-status-id":"x"}"#;
    tls.push(who(), "x", pushed).await.unwrap();
    let address = server.source.pushed.lock().unwrap()[0].0.address;
    assert_eq!(address, Some("127.0.0.1".parse().unwrap()), "the peer is known over TLS too");
}

#[tokio::test]
async fn health_and_reflection_are_offered_where_they_are_wanted_and_nowhere_else() {
    const OURS: &str = "lumenvox.api.ReportingAPIService";
    let health = async |channel: Channel, service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        HealthClient::new(channel).check(request).await.map(|answer| answer.into_inner().status())
    };
    let services = async |channel: Channel| {
        let list = MessageRequest::ListServices(String::new());
        let request = ServerReflectionRequest { host: String::new(), message_request: Some(list) };
        let asked = futures::stream::iter([request]);
        let mut answers = ServerReflectionClient::new(channel).server_reflection_info(asked).await?.into_inner();
        let answer = answers.message().await?.and_then(|answer| answer.message_response);
        let Some(MessageResponse::ListServicesResponse(list)) = answer else { return Ok(Vec::new()) };
        Ok::<Vec<String>, tonic::Status>(list.service.into_iter().map(|service| service.name).collect())
    };
    let plain = start(Standin::registered()).await;
    let wanted = StandardServices { health: true, reflection: true };
    let offering = start_offering(Standin::registered(), wanted, Limits::default(), false).await;
    let channel = async |at: std::net::SocketAddr| {
        soon(Endpoint::from_shared(format!("http://{at}")).unwrap().connect()).await.unwrap()
    };
    let (without, with) = (channel(plain.address).await, channel(offering.address).await);
    assert_eq!(soon(health(without.clone(), "")).await.unwrap_err().code(), Code::Unimplemented);
    assert_eq!(soon(services(without)).await.unwrap_err().code(), Code::Unimplemented);
    for service in ["", OURS] {
        assert_eq!(soon(health(with.clone(), service)).await.unwrap(), ServingStatus::Serving, "{service}");
    }
    let found = soon(services(with)).await.unwrap();
    assert!(found.iter().any(|name| name == OURS), "{found:?}");
}

#[tokio::test]
async fn other_protocols_are_closed_and_hold_up_nobody() {
    let server = start(Standin::registered()).await;
    let beginnings: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\0\0\0\0\0\0\0\0",
        b"\xFF\xFE",
        b"SSH-2.0-x\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nand then something that is no frame at all, long enough to be one",
    ];
    for beginning in beginnings {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        assert!(is_closed(stream).await, "{beginning:?}");
        soon(server.client().await.usage_report(who(), "")).await.unwrap();
    }
}

#[tokio::test]
async fn callers_that_do_not_begin_in_time_are_closed() {
    let server = start_with(Standin::registered(), short(), true).await;
    let mut waiting = Vec::new();
    for beginning in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n", b"\x16", b"\x16\x03\x01"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        waiting.push(stream);
    }
    // Meanwhile others are served, in the clear and with TLS.
    soon(server.client().await.usage_report(who(), "")).await.unwrap();
    let tls = soon(ReportingClient::connect(server.at("localhost"), server.trusted())).await.unwrap();
    soon(tls.usage_report(who(), "")).await.unwrap();
    for stream in waiting {
        assert!(is_closed(stream).await);
    }
}

#[tokio::test]
async fn a_port_without_a_certificate_closes_tls_and_serves_cleartext() {
    let server = start_with(Standin::registered(), Limits::default(), false).await;
    let error = soon(ReportingClient::connect(server.at("localhost"), server.trusted())).await.unwrap_err();
    assert!(error.to_string().contains("TLS handshake"), "{error}");
    server.client().await.usage_report(who(), "").await.unwrap();
}

#[tokio::test]
async fn connections_over_the_limit_are_closed_until_a_place_is_free() {
    let limits = Limits { connections: 2, ..Limits::default() };
    let server = start_with(Standin::registered(), limits, false).await;
    let first = server.client().await;
    let second = server.client().await;
    for client in [&first, &second] {
        client.usage_report(who(), "").await.unwrap();
    }
    let third = TcpStream::connect(server.address).await.unwrap();
    assert!(is_closed(third).await);
    drop(first);
    soon(async {
        // The server hears of the end of the first a moment later.
        loop {
            let Ok(client) = ReportingClient::connect(server.at("127.0.0.1"), TlsChoice::Off).await else { continue };
            if client.usage_report(who(), "").await.is_ok() {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    second.usage_report(who(), "").await.unwrap();
}

#[tokio::test]
async fn a_stopped_server_ends_soon_and_frees_its_port() {
    let mut server = start(Standin::registered()).await;
    let client = server.client().await;
    client.usage_report(who(), "").await.unwrap();
    let _silent = TcpStream::connect(server.address).await.unwrap();
    let (at, hanging) = (server.at("127.0.0.1"), client.clone());
    let call = tokio::spawn(async move { hanging.usage_report(who(), "slow").await });
    // The call that hangs is open once a second one on the same connection was answered.
    client.usage_report(who(), "").await.unwrap();
    server.stop.cancel();
    soon(&mut server.ended).await.unwrap().unwrap();
    let error = ReportingClient::connect(at, TlsChoice::Off).await.unwrap_err();
    assert!(error.to_string().contains("nothing is listening on this port"), "{error}");
    call.abort();
}
