//! What the client says of servers it cannot use.

use std::time::Duration;

use reporting::client::{ClientError, ConnectStage, ReportingClient, TlsChoice};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::standin::{Standin, short, start, start_with, who};

async fn fails(address: &str, tls: TlsChoice) -> ClientError {
    let address = address.parse().unwrap();
    match ReportingClient::connect_within(address, tls, Duration::from_secs(2)).await {
        Ok(client) => client.usage_report(who(), "").await.unwrap_err(),
        Err(error) => error,
    }
}

fn stage(error: &ClientError) -> ConnectStage {
    match error {
        ClientError::Unreachable { stage, .. } => *stage,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_stage_that_failed_is_named() {
    let server = start(Standin::registered()).await;
    let port = server.address.port();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let lookup = fails("no-such-host.invalid:443", TlsChoice::Off).await;
    assert_eq!(stage(&lookup), ConnectStage::Lookup);
    let tcp = fails(&free.to_string(), TlsChoice::Off).await;
    assert_eq!(stage(&tcp), ConnectStage::Tcp);
    assert_eq!(
        tcp.to_string(),
        format!("Can't reach the reporting API at {free}: connecting (TCP): nothing is listening on this port.")
    );
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    for (host, ca, words) in [
        ("localhost", stranger.into_bytes(), "does not trust the issuer of its certificate"),
        ("127.0.0.1", server.certificate.clone().into_bytes(), "for another name"),
    ] {
        let error = fails(&format!("{host}:{port}"), TlsChoice::On { ca: Some(ca) }).await;
        assert_eq!(stage(&error), ConnectStage::Tls);
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.answered());
    }
}

#[tokio::test]
async fn authorities_that_cannot_be_used_are_told_before_anything_is_sent() {
    for (pem, words) in [
        (&b""[..], "no PEM certificate"),
        (b"hello", "no PEM certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "invalid certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "not valid PEM"),
    ] {
        let error = fails("127.0.0.1:1", TlsChoice::On { ca: Some(pem.to_vec()) }).await;
        assert!(matches!(error, ClientError::Authorities(_)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_port_that_speaks_something_else_is_no_reporting_api() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut some = [0; 16];
            let _ = stream.read(&mut some).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nno").await;
        }
    });
    let clear = fails(&address, TlsChoice::Off).await;
    assert!(matches!(clear, ClientError::Broken { .. }), "{clear}");
    let tls = fails(&address, TlsChoice::On { ca: None }).await;
    assert!(tls.to_string().contains("does not use TLS"), "{tls}");
    let server = start(Standin::registered()).await;
    // A port that speaks only TLS hangs up on cleartext or answers with an alert.
    assert!(!fails(&address, TlsChoice::Off).await.answered());
    drop(server);
}

#[tokio::test]
async fn a_server_that_never_answers_is_waited_for_only_so_long() {
    let server = start_with(Standin::registered(), short(), false).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap();
    let time = Duration::from_millis(500);
    let tls =
        ReportingClient::connect_within(silent.to_string().parse().unwrap(), server.trusted(), time).await.unwrap_err();
    assert!(matches!(tls, ClientError::Unreachable { stage: ConnectStage::Tls, .. }), "{tls}");
    let client =
        ReportingClient::connect_within(silent.to_string().parse().unwrap(), TlsChoice::Off, time).await.unwrap();
    let error = client.usage_report(who(), "").await.unwrap_err();
    assert!(matches!(error, ClientError::Timeout { .. }), "{error}");
    assert!(!error.answered());
}
