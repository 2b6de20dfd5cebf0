use licensing::context::Context;
use licensing::guid::Guid;
use licensing::locked::{DayRoot, KeyHeader, KeyLadder, LockedLine, MOST_TOLD_APART, seal_header, seal_line};
use licensing::monitor::MonitorDocument;
use node::monitor::{MonitorError, NewMonitorLicense};
use node::servers::IssuedRegistration;

use crate::harness::{DAY, NOW, RunningNode, report};

impl RunningNode {
    async fn monitor_license(&self, server: &IssuedRegistration, (from, to): (i64, i64), users: u64) -> String {
        let new = NewMonitorLicense { guid: server.guid, from, to, users };
        self.node.add_monitor_license(&new).await.unwrap().license.id
    }

    /// The monitor license in the answer to report number `id` with these key headers.
    async fn monitor(&self, server: &IssuedRegistration, id: u128, headers: Vec<KeyHeader>) -> Option<MonitorDocument> {
        let text = report(server, id).with_locked_keys(headers).to_json();
        let reply = self.post(&server.auth_string, text).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let signed = reply.signed(&self.key()).into_response().monitor_license;
        signed.map(|signed| signed.verify_for(server.guid, &[self.key()]).unwrap())
    }

    fn header(&self, server: &IssuedRegistration, root: &DayRoot) -> KeyHeader {
        seal_header(&self.key(), server.guid, root, [5; 32]).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_gets_its_monitor_license_with_its_answer_and_a_new_one_only_after_a_change() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    assert_eq!(running.monitor(&server, 1, Vec::new()).await, None, "it never had one");
    let refused = running.node.monitor_document(server.guid).await.unwrap_err();
    assert!(matches!(refused, MonitorError::Never(_)), "{refused}");
    let id = running.monitor_license(&server, (NOW - DAY, NOW + DAY), 50).await;
    let first = running.monitor(&server, 2, Vec::new()).await.unwrap();
    assert_eq!((first.licenses[0].id.as_str(), first.licenses[0].users, first.issued), (id.as_str(), 50, NOW));
    running.clock.advance(1_000);
    assert_eq!(running.monitor(&server, 3, Vec::new()).await.unwrap(), first, "nothing has changed");
    let of_file = running.node.monitor_document(server.guid).await.unwrap();
    assert_eq!(of_file.verify(&[running.key()]).unwrap(), first, "the key file says the same");
    running.node.remove_monitor_license(&id.to_lowercase()).await.unwrap();
    let last = running.monitor(&server, 4, Vec::new()).await.unwrap();
    assert!(last.licenses.is_empty() && last.issued > first.issued, "{last:?}");
    let again = running.node.remove_monitor_license(&id).await.unwrap_err();
    assert!(matches!(again, MonitorError::NoLicense(_)), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_brings_the_keys_of_the_days_it_covers_for_its_users_and_of_no_other() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let today = NOW / DAY;
    let root = |day: i64, id: u8| DayRoot::new(day, [id; 8], [id; 32]);
    let roots = [root(today - 30, 1), root(today - 2, 2), root(today, 3)];
    let mut headers: Vec<KeyHeader> = roots.iter().map(|root| running.header(&server, root)).collect();
    // One of another server, which this vendor can't open for this one.
    let other = Guid::from_bytes([9; 16]).unwrap();
    headers.push(seal_header(&running.key(), other, &root(today, 4), [6; 32]).unwrap());
    assert_eq!(running.monitor(&server, 1, headers).await, None);
    running.monitor_license(&server, (NOW - 3 * DAY, NOW + DAY), 53).await;
    // Reported once, they need not come again.
    let document = running.monitor(&server, 2, Vec::new()).await.unwrap();
    let given: Vec<String> = document.keys.iter().map(|key| key.header.to_string()).collect();
    assert_eq!(given, [roots[1].id.to_string(), roots[2].id.to_string()]);
    let all = KeyLadder::new(&roots[2].key(MOST_TOLD_APART));
    let line = |index| LockedLine::parse(&seal_line(&all, roots[2].id, today, index, index, b"ann")).unwrap();
    let keys = KeyLadder::new(&document.keys[1].key);
    assert_eq!(line(53).open(&keys, today).unwrap(), b"ann");
    assert!(line(54).open(&keys, today).is_err(), "its user is not licensed");
    running.monitor_license(&server, (NOW - 40 * DAY, NOW + DAY), 54).await;
    let document = running.monitor(&server, 3, Vec::new()).await.unwrap();
    assert_eq!(document.keys.len(), 3);
    assert_eq!(line(54).open(&KeyLadder::new(&document.keys[2].key), today).unwrap(), b"ann");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_monitor_license_is_refused() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let good = NewMonitorLicense { guid: server.guid, from: NOW, to: NOW, users: 1 };
    for (new, part) in [
        (NewMonitorLicense { users: 0, ..good }, "--users 0 is out of range"),
        (NewMonitorLicense { users: 1 << 53, ..good }, "--users 9007199254740992 is out of range"),
        (NewMonitorLicense { to: NOW - 1, ..good }, "Correct --from or --to"),
        (NewMonitorLicense { guid: Guid::from_bytes([9; 16]).unwrap(), ..good }, "{09090909-"),
    ] {
        let error = running.node.add_monitor_license(&new).await.unwrap_err();
        assert!(error.to_string().contains(part) && node::NodeError::is_refusal(&error), "{part}: {error}");
    }
    for _ in 0..100 {
        running.node.add_monitor_license(&good).await.unwrap();
    }
    let refused = running.node.add_monitor_license(&good).await.unwrap_err();
    assert!(matches!(refused, MonitorError::TooMany(_)), "{refused}");
    assert_eq!(running.node.monitor_licenses(Some(server.guid), true).await.unwrap().len(), 100);
}
