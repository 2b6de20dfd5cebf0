//! Against listeners on this machine.

mod listener;

use std::{sync::atomic::Ordering, time::Duration};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::RootCertStore;

use super::*;
use listener::{Certificate, ConnectionBehavior, full, listen, refused, tls};

/// Enough for any answer, however busy the machine.
const PATIENT: Duration = Duration::from_secs(30);
/// For those who never answer.
const BRIEF: Duration = Duration::from_millis(300);

fn prober(trusted: Option<&str>, limit: Duration) -> Prober {
    Prober::trusting(RootCertStore::empty(), trusted.map(str::as_bytes)).unwrap().with_limit(limit)
}

fn at(host: &str, port: u16, https: bool) -> ProbeTarget {
    ProbeTarget { host: host.to_owned(), port, https }
}

async fn probed(limit: Duration, port: u16, https: bool) -> Probe {
    prober(None, limit).probe(&at("127.0.0.1", port, https)).await
}

#[track_caller]
fn failed(probe: &Probe, stage: ProbeStage, words: &str) {
    assert!(!probe.ok && probe.stage == stage && probe.sentence.contains(words), "{probe:?}");
    assert!(probe.sentence.contains(&probe.target.host), "{probe:?}");
}

#[tokio::test]
async fn a_node_that_answers_is_reached_by_http() {
    let port = listen(ConnectionBehavior::Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let probe = probed(PATIENT, port, false).await;
    assert!(probe.ok && probe.stage == ProbeStage::Http, "{probe:?}");
    assert_eq!(probe.addresses, ["127.0.0.1".parse::<IpAddr>().unwrap()]);
    assert_eq!(probe.issuer, None);
}

#[tokio::test]
async fn a_node_that_keeps_the_line_open_is_not_waited_for() {
    let port = listen(ConnectionBehavior::AnswerAndHold("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let probe = probed(Duration::from_secs(3600), port, false).await;
    assert!(probe.ok, "{probe:?}");
}

#[tokio::test]
async fn an_unknown_name_fails_at_dns() {
    let probe = prober(None, PATIENT).probe(&at("nosuch.invalid", 80, false)).await;
    failed(&probe, ProbeStage::Dns, "DNS server");
    assert!(probe.addresses.is_empty());
}

#[tokio::test]
async fn a_refused_port_fails_at_tcp() {
    failed(&probed(PATIENT, refused().await, false).await, ProbeStage::Tcp, "refused");
}

#[tokio::test]
async fn a_port_that_swallows_connections_fails_at_tcp_within_the_limit() {
    let full = full().await;
    failed(&probed(BRIEF, full.port, false).await, ProbeStage::Tcp, "did not respond within 0.3 seconds");
}

#[tokio::test]
async fn a_port_that_never_says_a_word_fails_within_the_limit() {
    let port = listen(ConnectionBehavior::Hold).await;
    failed(&probed(BRIEF, port, false).await, ProbeStage::Http, "no answer within 0.3 seconds");
    failed(&probed(BRIEF, port, true).await, ProbeStage::Tls, "did not start TLS within 0.3 seconds");
}

#[tokio::test]
async fn an_answer_that_drips_is_cut_off_by_the_limit() {
    let port = listen(ConnectionBehavior::Drip).await;
    failed(&probed(BRIEF, port, false).await, ProbeStage::Http, "did not finish its answer within 0.3 seconds");
}

#[tokio::test]
async fn pages_redirects_and_garbage_are_not_taken_for_a_node() {
    for (answer, words) in [
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Welcome to our network", "returned a web page"),
        ("HTTP/1.1 302 Found\r\nLocation: http://login.example/x\r\n\r\n", "redirects to http://login.example:"),
        ("220 mail.example ESMTP\r\n", "does not use HTTP"),
        ("\u{15}\u{3}\u{3}\0\u{2}\u{2}F", "requires TLS"),
        ("", "closed it without an answer"),
    ] {
        failed(
            &probed(PATIENT, listen(ConnectionBehavior::Answer(answer)).await, false).await,
            ProbeStage::Http,
            words,
        );
    }
}

#[tokio::test]
async fn a_tls_port_spoken_to_in_clear_says_so() {
    let port = tls(Certificate::self_signed("localhost"), "").await;
    failed(&probed(PATIENT, port, false).await, ProbeStage::Http, "requires TLS");
}

#[tokio::test]
async fn a_clear_port_spoken_to_by_tls_says_so() {
    let port = listen(ConnectionBehavior::Answer("HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    failed(&probed(PATIENT, port, true).await, ProbeStage::Tls, "responds without TLS");
    failed(
        &probed(PATIENT, listen(ConnectionBehavior::Answer("")).await, true).await,
        ProbeStage::Tls,
        "was closed during the TLS handshake",
    );
}

#[tokio::test]
async fn a_trusted_node_is_reached_by_https() {
    let (certificate, authority) = Certificate::issued("localhost", |_| {});
    let port = tls(certificate, "HTTP/1.1 404 Not Found\r\n\r\n").await;
    let probe = prober(Some(&authority), PATIENT).probe(&at("localhost", port, true)).await;
    assert!(probe.ok && probe.stage == ProbeStage::Http && probe.sentence.contains("404"), "{probe:?}");
}

#[tokio::test]
async fn a_page_behind_trusted_tls_is_not_taken_for_a_node() {
    let (certificate, authority) = Certificate::issued("localhost", |_| {});
    let port = tls(certificate, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n").await;
    let probe = prober(Some(&authority), PATIENT).probe(&at("localhost", port, true)).await;
    failed(&probe, ProbeStage::Http, "web page");
}

#[tokio::test]
async fn faults_of_a_certificate_are_told_apart_and_its_issuer_is_named() {
    let namesake = Some(Certificate::issued("unrelated.example", |_| {}).1);
    let other = Some(Certificate::authority("Another CA").pem());
    let expired = Certificate::issued("localhost", |params| params.not_after = rcgen::date_time_ymd(2020, 2, 3));
    let early = Certificate::issued("localhost", |params| params.not_before = rcgen::date_time_ymd(2999, 1, 1));
    let elsewhere = Certificate::issued("elsewhere.example", |_| {});
    let inspected = Certificate::issued("localhost", |_| {});
    let lone = Certificate::self_signed("localhost");
    let authority = "CN=Corporate Inspection CA, O=Example Corp";
    for (certificate, trusted, words, issuer) in [
        (expired.0, Some(expired.1), "expired on 2020-02-03", authority),
        (early.0, Some(early.1), "valid only from 2999-01-01", authority),
        (elsewhere.0, Some(elsewhere.1), "is for elsewhere.example", authority),
        (inspected.0.clone(), namesake, "inspects TLS connections", authority),
        (inspected.0, other.clone(), "inspects TLS connections", authority),
        (lone.clone(), other, "self-signed", "CN=localhost"),
        (lone, None, "no trusted certificate authorities", "CN=localhost"),
    ] {
        let (port, received) = listener::tls_counting(certificate).await;
        let probe = prober(trusted.as_deref(), PATIENT).probe(&at("localhost", port, true)).await;
        failed(&probe, ProbeStage::Tls, words);
        assert!(probe.sentence.contains(issuer), "{probe:?}");
        assert_eq!(probe.issuer.as_deref(), Some(issuer));
        assert_eq!(received.await.unwrap(), 0, "nothing is sent to whom is not trusted");
    }
}

#[tokio::test]
async fn an_authority_that_serves_by_itself_is_named_as_self_signed() {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let certificate = Certificate { der: issuer.der().clone(), key: issuer.key().serialize_der() };
    let probe = prober(Some(&issuer.pem()), PATIENT).probe(&at("localhost", tls(certificate, "").await, true)).await;
    failed(&probe, ProbeStage::Tls, "self-signed");
}

#[tokio::test]
async fn all_targets_are_probed_at_most_so_many_at_once_and_reported_in_order() {
    let (port, most) = listener::counting().await;
    let hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"];
    let mut targets: Vec<ProbeTarget> = (0..40).map(|i| at(hosts[i % hosts.len()], port, false)).collect();
    targets.push(at("nosuch.invalid", port, false));
    let mut seen = Vec::new();
    let probes = run(&prober(None, PATIENT), &targets, |index, probe| seen.push((index, probe.clone()))).await;
    assert_eq!(probes.iter().map(|probe| &probe.target).collect::<Vec<_>>(), targets.iter().collect::<Vec<_>>());
    assert_eq!(probes.iter().filter(|probe| probe.ok).count(), 40, "{probes:?}");
    seen.sort_by_key(|(index, _)| *index);
    assert!(seen.into_iter().map(|(_, probe)| probe).eq(probes));
    assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
}

#[tokio::test]
async fn no_targets_are_done_at_once_also_as_a_task_of_its_own() {
    let task = async { run(&prober(None, PATIENT), &[], |_, probe| panic!("{probe:?}")).await };
    assert!(tokio::spawn(task).await.unwrap().is_empty());
}

#[test]
fn trusted_certificates_that_cannot_be_used_are_refused_with_the_reason() {
    let refused = |pem: &str| Prober::trusting(RootCertStore::empty(), Some(pem.as_bytes())).unwrap_err().to_string();
    assert!(refused("").contains("no certificate"));
    assert!(refused("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n").contains("PEM"));
    assert!(refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").contains("Certificate 1"));
    assert!(Prober::new(None).is_ok());
}
