use licensing::peers::{CountdownReport, JoinSaid, PollReply, Witness};
use serde_json::json;

use super::fake::{FakePeer, FakePeerListener, polled, post, post_as, said};
use super::{invite, joined, peer, seen, start, until};
use crate::harness::{Server, stdout, within};

fn lone() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "a", None);
    (folder, server)
}

#[test]
fn what_is_played_back_changes_nothing() {
    let (_folder, a) = lone();
    let code = invite(&a);
    let mut fake = FakePeer::new(1);
    let request = fake.join_request(&a, &code, "fake", None);
    let JoinSaid::Welcome(welcome) = said(&a, &code, &request) else { panic!("it joins") };
    fake.other = Some(welcome.inviter.key);
    let JoinSaid::Refused(sentence) = said(&a, &code, &request) else { panic!("the same request, played back") };
    assert!(sentence.contains("fake has already used this code"), "{sentence}");

    let report = fake.report();
    let joined = seen(&a, "fake")["last_seen"].clone();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let first = fake.request(None, &report);
    let answer = polled(&a, &first);
    assert_eq!(answer.said(&welcome.inviter.key, &first), Ok(PollReply::Repeat));
    assert_eq!(seen(&a, "fake")["last_seen"], joined, "a first request alone is no sign of life");
    let second = fake.request(Some(answer.challenge), &report);
    let answer = polled(&a, &second);
    assert!(matches!(answer.said(&welcome.inviter.key, &second), Ok(PollReply::Report(_))));
    assert_eq!(seen(&a, "fake")["state"], "up");
    assert_ne!(seen(&a, "fake")["last_seen"], joined);
    let seen_before = seen(&a, "fake")["last_seen"].clone();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    for old in [&first, &second] {
        let again = polled(&a, old);
        assert_eq!(again.said(&welcome.inviter.key, old), Ok(PollReply::Repeat), "played back");
        assert_eq!(again.challenge, answer.challenge, "and the next one still counts");
    }
    assert_eq!(seen(&a, "fake")["last_seen"], seen_before);
    let mut altered = serde_json::to_value(fake.request(Some(answer.challenge), &report)).unwrap();
    altered["body"]["name"] = json!("other");
    assert_eq!(post(&a, "poll", &altered).0, 404, "altered on its way");
    let next = fake.request(Some(answer.challenge), &report);
    assert!(matches!(polled(&a, &next).said(&welcome.inviter.key, &next), Ok(PollReply::Report(_))));
}

#[test]
fn a_stranger_learns_nothing_and_every_name_leads_here() {
    let (_folder, a) = lone();
    let mut stranger = FakePeer::new(9);
    stranger.other = Some(FakePeer::new(8).secret.public());
    let report = stranger.report();
    let request = stranger.request(None, &report);
    let (status, body) = post(&a, "poll", &serde_json::to_value(&request).unwrap());
    assert_eq!((status, body["detail"].as_str().unwrap()), (404, "Nothing at this address."));
    invite(&a);
    let (status, again) = post(&a, "poll", &serde_json::to_value(&request).unwrap());
    assert_eq!((status, &again["detail"]), (404, &body["detail"]), "with a key of its own too");
    assert_eq!(post_as(&a, "poll", "lic-01.example.com", b"{}").0, 400, "a name that browsers may not use");
    assert_eq!(post_as(&a, "poll", "127.0.0.1", &vec![b' '; 300 * 1024]).0, 413);
}

#[test]
fn another_version_is_refused_by_name_on_both_sides() {
    let (_folder, a) = lone();
    let (status, body) = post(&a, "poll", &json!({ "protocol": 0, "hello": true }));
    let sentence = body["detail"].as_str().unwrap();
    assert_eq!(status, 400);
    assert!(sentence.starts_with("License protocol version is invalid."), "{sentence}");
    assert!(sentence.contains("version 0") && sentence.contains("version 1"), "{sentence}");
    assert_eq!(body["protocol"], 1);

    let newer = FakePeerListener::start(Some(r#"{"protocol":2,"detail":"too old"}"#));
    let code = invite(&a);
    FakePeer::new(1).join(&a, &code, "newer", Some(newer.url.clone()));
    let problem = within(8_000, || seen(&a, "newer")["problem"].as_str().map(str::to_owned)).unwrap();
    assert!(problem.contains("License protocol version is invalid.") && problem.contains("version 2"), "{problem}");
    assert!(stdout(&peer(&a, &["list"])).contains("License protocol version is invalid."));
}

#[test]
fn a_slow_server_keeps_nobody_else_waiting() {
    let (folder, a) = lone();
    let slow = FakePeerListener::start(None);
    let quick = FakePeerListener::start(Some(r#"{"detail":"no"}"#));
    let code = invite(&a);
    FakePeer::new(1).join(&a, &code, "slow", Some(slow.url.clone()));
    let code = invite(&a);
    FakePeer::new(2).join(&a, &code, "quick", Some(quick.url.clone()));
    let b = start(folder.path(), "b", None);
    joined(&b, &a, "good");
    until(&a, "good", "up", 5_000);
    let before = (slow.asked(), quick.asked());
    std::thread::sleep(std::time::Duration::from_secs(9));
    let (slow_asked, quick_asked) = (slow.asked() - before.0, quick.asked() - before.1);
    // Both of the others ask: the new one was told of them.
    assert!((8..=11).contains(&quick_asked), "every two seconds by each: {quick_asked}");
    assert!((2..=6).contains(&slow_asked), "one at a time by each, given up after four seconds: {slow_asked}");
    assert_eq!(seen(&a, "good")["state"], "up");
    assert!(seen(&a, "slow")["problem"].as_str().unwrap().contains("no response within 4 s"));
}

#[test]
fn wrong_tries_end_a_code_and_many_of_them_wait() {
    let (_folder, a) = lone();
    let code = invite(&a);
    let mut fake = FakePeer::new(1);
    let good = fake.join_request(&a, &code, "fake", None);
    for _ in 0..5 {
        let mut wrong = fake.join_request(&a, &code, "fake", None);
        wrong.proof = good.proof.clone();
        assert!(matches!(said(&a, &code, &wrong), JoinSaid::Refused(_)));
    }
    let JoinSaid::Refused(sentence) = said(&a, &code, &good) else { panic!("the code was ended") };
    assert!(sentence.contains("too many failed attempts"), "{sentence}");
    let statuses: Vec<u16> = (0..8).map(|_| post(&a, "join", &serde_json::to_value(&good).unwrap()).0).collect();
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

#[test]
fn the_others_remember_the_least_that_was_said_of_the_hours() {
    let (_folder, a) = lone();
    let code = invite(&a);
    let mut fake = FakePeer::new(1);
    fake.join(&a, &code, "fake", None);
    let key = fake.other.unwrap();
    let mut challenge = None;
    let mut tell = |fake: &mut FakePeer, hours: Option<(u64, i64)>| {
        loop {
            let countdown = hours.map(|(serial, balance_ms)| CountdownReport {
                serial,
                balance_ms,
                granted_ms: 10_000,
                running_since: None,
                clients: None,
            });
            let report = licensing::peers::PeerReport { countdown, ..fake.report() };
            let request = fake.request(challenge, &report);
            let answer = polled(&a, &request);
            challenge = Some(answer.challenge);
            if let PollReply::Report(report) = answer.said(&key, &request).unwrap() {
                return report.witness;
            }
        }
    };
    let witness = |serial, balance_ms| Some(Witness { serial, balance_ms });
    for (hours, remembered) in [
        (None, None),
        (Some((3, 5_000)), witness(3, 5_000)),
        (Some((3, 9_000)), witness(3, 5_000)),
        (Some((3, 4_000)), witness(3, 4_000)),
        (None, witness(3, 4_000)),
        (Some((4, 7_000)), witness(4, 7_000)),
        (Some((3, 1)), witness(4, 7_000)),
    ] {
        assert_eq!(tell(&mut fake, hours), remembered, "{hours:?}");
    }
}
