//! The license of the usage monitor, from each of its sources.

use std::path::PathBuf;

use licensing::contact::DAY;
use licensing::guid::Guid;
use licensing::locked::{DayRoot, seal_header};
use licensing::monitor::{DayKey, GRACE, MonitorDocument, MonitorLicense, SignedMonitorDocument, Standing, Violation};
use licensing::status_report::StatusReport;
use licensing::vendor_key::VendorSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::exchange::tests::{GUID, START, World};

const END: Millis = START + 400 * DAY;

fn document(issued: Millis, users: u64, to: Millis) -> MonitorDocument {
    let license = MonitorLicense { id: "M-1".to_owned(), from: START - DAY, to, users };
    MonitorDocument { guid: GUID.parse().unwrap(), issued, licenses: vec![license], keys: Vec::new() }
}

impl World {
    fn signed(&self, document: &MonitorDocument) -> SignedMonitorDocument {
        SignedMonitorDocument::sign(&self.vendor, document)
    }

    /// An exchange that brings this.
    async fn exchange_monitor(&self, serial: u64, document: &MonitorDocument) {
        let report = self.pull().await;
        let answer = self.answer_with(&report, serial, 50, Some(self.signed(document)));
        self.push(&answer).await.unwrap();
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("licmon.swd/license.key")
    }

    fn put_key_file(&self, text: &str) {
        std::fs::create_dir_all(self.folder.path().join("licmon.swd")).unwrap();
        std::fs::write(self.key_file(), text).unwrap();
    }

    /// What the background task does, this often.
    async fn look(&self, times: usize) {
        for _ in 0..times {
            self.engine.look_at_key_file().await.unwrap();
            self.engine.look_at_monitor().await.unwrap();
        }
    }

    fn standing(&self) -> Standing {
        self.engine.monitor().standing
    }

    fn locks(&self) -> Option<Violation> {
        self.engine.monitor.watch.judge(self.clock.now_ms(), 1)
    }

    fn problems(&self) -> Vec<String> {
        self.engine.monitor().sources.into_iter().filter_map(|source| source.problem).collect()
    }
}

fn text(signed: &SignedMonitorDocument) -> String {
    serde_json::to_string_pretty(signed).unwrap()
}

#[tokio::test]
async fn an_exchange_brings_the_monitor_license_which_survives_a_restart_and_no_older_one_replaces_it() {
    let world = World::registered().await;
    assert_eq!(world.standing(), Standing::NotNeeded);
    world.exchange_monitor(1, &document(START, 50, END)).await;
    assert_eq!(world.standing(), Standing::Licensed { users: 50, until: END });
    world.exchange_monitor(2, &document(START - 1, 500, END)).await;
    assert_eq!(world.standing(), Standing::Licensed { users: 50, until: END });
    let world = world.restarted().await;
    let view = world.engine.monitor();
    assert_eq!((view.standing, view.licensed), (Standing::Licensed { users: 50, until: END }, Some(50)));
    assert_eq!(view.sources.iter().map(|source| source.name).collect::<Vec<_>>(), ["exchange"]);
    assert!(world.engine.monitor_document().unwrap().contains("\"users\":50"));
}

#[tokio::test]
async fn a_license_that_expires_locks_after_the_grace_also_over_a_restart_and_a_new_one_ends_it_at_once() {
    let world = World::registered().await;
    world.exchange_monitor(1, &document(START, 50, START + DAY)).await;
    world.clock.advance(DAY + 1);
    world.look(1).await;
    let since = world.clock.now_ms();
    assert_eq!(
        world.standing(),
        Standing::Grace { violation: Violation::Expired, since, ends: since + GRACE },
        "it has just begun"
    );
    world.clock.advance(GRACE - 1);
    let world = world.restarted().await;
    assert_eq!(world.locks(), None);
    world.clock.advance(1);
    assert_eq!(world.locks(), Some(Violation::Expired));
    assert_eq!(world.standing(), Standing::Locking { violation: Violation::Expired, since });
    world.exchange_monitor(2, &document(since, 50, END)).await;
    assert_eq!(world.locks(), None);
    assert_eq!(world.standing(), Standing::Licensed { users: 50, until: END });
}

#[tokio::test]
async fn a_key_file_that_goes_missing_is_a_violation_that_is_over_as_soon_as_it_is_back() {
    let world = World::registered().await;
    let good = text(&world.signed(&document(START, 50, END)));
    world.look(2).await;
    assert_eq!(world.engine.monitor().sources, [], "there never was one");
    world.put_key_file(&good);
    world.look(1).await;
    assert_eq!(world.standing(), Standing::Licensed { users: 50, until: END });
    std::fs::remove_file(world.key_file()).unwrap();
    world.look(1).await;
    assert!(matches!(world.standing(), Standing::Licensed { .. }), "it may just be being replaced");
    world.look(1).await;
    let since = world.clock.now_ms();
    assert_eq!(world.standing(), Standing::Grace { violation: Violation::Unavailable, since, ends: since + GRACE });
    assert!(world.problems()[0].starts_with("There is no key file at "), "{:?}", world.problems());
    world.clock.advance(GRACE);
    assert_eq!(world.locks(), Some(Violation::Unavailable));
    world.put_key_file(&good);
    world.look(1).await;
    assert_eq!((world.locks(), world.problems()), (None, Vec::new()));
    assert_eq!(world.standing(), Standing::Licensed { users: 50, until: END });
}

#[tokio::test]
async fn a_key_file_that_is_edited_foreign_or_for_another_server_is_refused_in_a_sentence() {
    let world = World::registered().await;
    let good = text(&world.signed(&document(START, 50, END)));
    let stranger = VendorSecret::from_seeds([8; 32], [9; 32]);
    let foreign = text(&SignedMonitorDocument::sign(&stranger, &document(START, 50, END)));
    let other = Guid::from_bytes([9; 16]).unwrap();
    let of_other = text(&world.signed(&MonitorDocument { guid: other, ..document(START, 50, END) }));
    for (bad, part) in [
        (good.replace("\"users\": 50", "\"users\": 500"), "it was changed after the vendor signed it"),
        (foreign, "which this server does not trust"),
        (of_other, "is for the server {09090909-"),
        ("SERVER a 17".to_owned(), "This is not a monitor license."),
    ] {
        world.put_key_file(&bad);
        world.look(2).await;
        let problem = world.problems().concat();
        assert!(problem.contains(part) && problem.contains("licmon.swd/license.key"), "{problem}");
        assert_eq!(world.standing(), Standing::NotNeeded, "none was ever installed");
        let named = world.engine.monitor_key_file(&world.key_file()).await.unwrap_err();
        assert!(named.contains(part), "{named}");
    }
    world.put_key_file(&good);
    world.look(1).await;
    assert_eq!((world.standing(), world.problems()), (Standing::Licensed { users: 50, until: END }, Vec::new()));
    // What was once a license and no longer is one is a violation.
    world.put_key_file(&good.replace("\"users\": 50", "\"users\": 500"));
    world.look(2).await;
    assert!(matches!(world.standing(), Standing::Grace { violation: Violation::Unavailable, .. }));
    // An older one of the vendor's can be read, and brings back nothing that was taken away since.
    world.put_key_file(&text(&world.signed(&document(START - 1, 5_000, END))));
    world.look(1).await;
    assert_eq!((world.standing(), world.problems()), (Standing::Licensed { users: 50, until: END }, Vec::new()));
}

/// Answers every request with this text, as the license port of another server.
async fn answering(listener: TcpListener, text: String) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let read = stream.read(&mut request).await.unwrap();
        assert!(request[..read].starts_with(b"GET /v1/monitor-license HTTP/1.1\r\n"));
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
        stream.write_all(format!("{head}{text}").as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn another_server_provides_the_license_and_counts_as_gone_after_three_tries() {
    let world = World::registered().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = NodeHost { host: address.ip().to_string(), port: Some(address.port()) };
    world.engine.configure_monitor(MonitorSettings { server: Some(server), ..MonitorSettings::default() });
    let root = DayRoot::new(START / DAY, [7; 8], [9; 32]);
    let key = DayKey { header: root.id, key: root.key(50) };
    let other = Guid::from_bytes([9; 16]).unwrap();
    let of_other = MonitorDocument { guid: other, keys: vec![key], ..document(START, 50, END) };
    let answers = tokio::spawn(answering(listener, text(&world.signed(&of_other))));
    let licensed = Standing::Licensed { users: 50, until: END };
    world.engine.ask_monitor_server().await.unwrap();
    assert_eq!(world.standing(), licensed);
    assert!(world.engine.monitor_keys().is_empty(), "its keys are for its own records");
    assert_eq!(world.engine.monitor_document(), None, "it isn't passed on");
    answers.abort();
    let _ = answers.await;
    for _ in 0..2 {
        world.engine.ask_monitor_server().await.unwrap();
        assert_eq!((world.standing(), world.problems()), (licensed.clone(), Vec::new()));
    }
    world.engine.ask_monitor_server().await.unwrap();
    assert!(matches!(world.standing(), Standing::Grace { violation: Violation::Unavailable, .. }));
    assert!(world.problems()[0].starts_with(&format!("The license server {address} can't be reached")));
    let listener = TcpListener::bind(address).await.unwrap();
    let answers = tokio::spawn(answering(listener, text(&world.signed(&of_other))));
    world.engine.ask_monitor_server().await.unwrap();
    assert_eq!((world.standing(), world.problems()), (licensed, Vec::new()));
    answers.abort();
}

#[tokio::test]
async fn a_report_asks_for_the_keys_of_locked_records_until_they_are_here_for_all_their_users() {
    let world = World::registered().await;
    let guid: Guid = GUID.parse().unwrap();
    let today = START / DAY;
    let roots = [DayRoot::new(today - 1, [1; 8], [1; 32]), DayRoot::new(today, [2; 8], [2; 32])];
    let mut tx = world.engine.store.write().await.unwrap();
    for root in roots.iter().rev() {
        let header = seal_header(&world.vendor.public(), guid, root, [5; 32]).unwrap();
        sqlx::query(
            "INSERT INTO locked_headers (id, day, vendor_key_id, sealed, users, records, opened) VALUES (?, ?, ?, ?, 56, 9, 3)",
        )
        .bind(&header.id)
        .bind(header.day)
        .bind(header.vendor_key_id.to_string())
        .bind(&header.sealed)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    let asked = async || {
        let report = world.pull().await.report;
        let headers = StatusReport::parse(report.as_bytes()).unwrap().locked_keys;
        headers.into_iter().map(|header| header.day - today).collect::<Vec<_>>()
    };
    assert_eq!(asked().await, [0, -1], "the newest first");
    let keys = |users: [u64; 2]| {
        let key = |(root, users): (&DayRoot, u64)| DayKey { header: root.id, key: root.key(users) };
        roots.iter().zip(users).map(key).collect()
    };
    world.exchange_monitor(1, &MonitorDocument { keys: keys([50, 56]), ..document(START, 56, END) }).await;
    assert_eq!(asked().await, [-1], "users 51 to 56 of that day can't be read yet");
    assert_eq!(world.engine.monitor_keys().len(), 2);
    world.exchange_monitor(2, &MonitorDocument { keys: keys([56, 56]), ..document(START + 1, 56, END) }).await;
    assert_eq!(asked().await, [0; 0]);
}

#[tokio::test]
async fn of_more_headers_than_a_report_carries_each_has_its_turn_the_newest_first() {
    let world = World::registered().await;
    let mut tx = world.engine.store.write().await.unwrap();
    sqlx::query(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2500)
         INSERT INTO locked_headers (id, day, vendor_key_id, sealed, users, records)
         SELECT printf('%016x', n), n, ?, 'c2VhbGVk', 1, 1 FROM n",
    )
    .bind(world.vendor.public().id().to_string())
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let first = world.engine.wanted_keys().await.unwrap();
    assert_eq!((first.len(), first[0].day, first[1_999].day), (2_500, 2_500, 501));
    world.engine.note_reported(&first[..2_000]).await.unwrap();
    let next = world.engine.wanted_keys().await.unwrap();
    assert_eq!((next[0].day, next[499].day, next[500].day), (500, 1, 2_500));
}
