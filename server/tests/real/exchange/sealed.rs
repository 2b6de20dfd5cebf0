use super::listener::{RecordedLine, TestListener};
use super::node::{CUSTOMER, post_to};
use super::world::ExchangePair;

/// Everything that must not be read on the way, in all the ways it is written.
fn secrets(world: &ExchangePair, status_id: &str, license: &str) -> Vec<String> {
    let registration = &world.registration;
    let guid = registration.deployment.clone();
    let ways = [guid.replace('-', ""), status_id.replace('-', ""), guid, status_id.to_owned()];
    let more = [&registration.auth, CUSTOMER, "TTS3_QUIXOTIC", "ASR_ENUS", license, "\"count\":50", "auth_string"];
    ways.into_iter().chain(more.map(str::to_owned)).map(|text| text.to_lowercase()).collect()
}

/// Which of them stand in these bytes, in any case.
fn readable(bytes: &[u8], secrets: &[String]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    secrets.iter().filter(|secret| text.contains(secret.as_str())).cloned().collect()
}

#[test]
fn over_plain_http_nothing_of_an_exchange_can_be_read_on_the_way() {
    let world = ExchangePair::new();
    let license = world.node.add_license(&world.registration.guid, "VAD", 50);
    let (proxy, record) = TestListener::recording(&world.node.address);
    world.set_nodes(&[&proxy.address]);
    let synced = world.sync();
    assert_eq!(synced.status, 200, "{}", synced.body);
    let status_id = synced.body["status_id"].as_str().unwrap();
    let secrets = secrets(&world, status_id, &license);
    let RecordedLine { sent, received } = record.lock().unwrap().clone();
    assert_eq!(readable(&sent, &secrets), [""; 0]);
    assert_eq!(readable(&received, &secrets), [""; 0]);
    for (way, mark) in [(&sent, &b"LHQ1"[..]), (&received, b"LHA1")] {
        assert!(way.windows(4).any(|four| four == mark), "a sealed body went by: {}", way.escape_ascii());
        assert!(readable(way, &["application/vnd.leasehold.sealed".to_owned()]).len() == 1);
    }
    // The same look at the same exchange in clear finds all of it: this test can fail.
    let (id, report) = world.pull();
    let (status, _) = post_to(&proxy.address, &world.registration.auth, &report);
    assert_eq!(status, 200);
    let clear = record.lock().unwrap().clone();
    let both = [&clear.sent[sent.len()..], &clear.received[received.len()..]].concat();
    let found = readable(&both, &self::secrets(&world, &id, &license)).len();
    assert_eq!(found, secrets.len() - 3, "all but the ids without hyphens and the name of the sealed member");
}

#[test]
fn the_length_of_what_is_sent_tells_nothing() {
    let world = ExchangePair::new();
    let (proxy, record) = TestListener::recording(&world.node.address);
    world.set_nodes(&[&proxy.address]);
    let mut lengths = std::collections::BTreeSet::new();
    for _ in 0..3 {
        world.node.add_license(&world.registration.guid, "VAD", 7);
        *record.lock().unwrap() = RecordedLine::default();
        assert_eq!(world.sync().status, 200);
        let received = record.lock().unwrap().received.clone();
        let end = received.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        lengths.insert(received.len() - end);
    }
    // The mark, a nonce, and a seal around whole kilobytes.
    assert!(lengths.iter().all(|length| (length - 36) % 1024 == 0), "{lengths:?}");
}

#[test]
fn an_answer_recorded_on_the_way_is_good_for_no_other_report_and_a_recorded_report_for_no_other_answer() {
    let world = ExchangePair::new();
    let (proxy, record) = TestListener::recording(&world.node.address);
    world.set_nodes(&[&proxy.address]);
    assert_eq!(world.sync().status, 200);
    let before = world.licenses();
    let RecordedLine { sent, received } = record.lock().unwrap().clone();

    let replayed = TestListener::saying(received.clone());
    world.set_nodes(&[&replayed.address]);
    let failed = world.sync();
    assert_eq!(failed.status, 502, "{}", failed.body);
    assert!(
        failed.body["attempts"][0]["sentence"].as_str().unwrap().contains("Can't open its answer"),
        "{}",
        failed.body
    );
    assert_eq!(world.licenses(), before);

    let mut line = std::net::TcpStream::connect(&world.node.address).unwrap();
    std::io::Write::write_all(&mut line, &sent).unwrap();
    line.set_read_timeout(Some(std::time::Duration::from_secs(3))).unwrap();
    let mut again = Vec::new();
    let _ = std::io::Read::read_to_end(&mut line, &mut again);
    assert!(again.starts_with(b"HTTP/1.1 200"), "sealed like any other: {}", again.escape_ascii());
    assert_ne!(again, received);
    let kept = world.node.command(&["report", "list", "--server", &world.registration.guid, "--json"]);
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["items"][0]["outcome"], "refused", "{kept}");
    assert_eq!(world.node.command(&["license", "list", "--json"]).matches("TTS3_QUIXOTIC").count(), 1);
}
