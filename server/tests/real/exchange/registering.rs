use serde_json::Value;

use super::listener::TestListener;
use super::world::ExchangePair;
use crate::harness::{stderr, stdout, within};

/// The fingerprint a person would be told by the vendor.
fn fingerprint(world: &ExchangePair) -> String {
    let keys: Value = serde_json::from_str(&world.node.command(&["keys", "show", "--json"])).unwrap();
    keys["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn registering_says_what_the_first_exchange_brought() {
    // Several at once: the server, woken by the registration, exchanges by itself at the same time, and either may come first.
    let together = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let world = ExchangePair::unregistered();
                together.wait();
                let registered = world.cli(&["register", "--file", &world.registration.file]);
                assert_eq!(registered.status.code(), Some(0), "{}", stderr(&registered));
                let said = stdout(&registered);
                assert!(said.contains("TTS3_QUIXOTIC: 50 concurrent licenses added."), "{said}");
            });
        }
    });
}

#[test]
fn without_a_running_server_the_command_registers_and_exchanges_itself() {
    let mut world = ExchangePair::unregistered();
    assert_eq!(world.server.terminate().code(), Some(0));
    let registered = world.cli(&["register", "--file", &world.registration.file]);
    assert_eq!(registered.status.code(), Some(0), "{}", stderr(&registered));
    assert!(stdout(&registered).contains("2 added"), "{}", stdout(&registered));
    let before = world.licenses();
    assert!(before.contains("TTS3_QUIXOTIC"));
    world.again();
    assert_eq!(world.licenses(), before);
    assert_eq!(world.server.get("/api/v1/status").body["in_service"], true);
}

#[test]
fn with_a_fingerprint_the_key_is_fetched_and_nothing_is_sent_before_it_fits() {
    let world = ExchangePair::unregistered();
    let (proxy, record) = TestListener::recording(&world.node.address);
    world.set_nodes(&[&proxy.address]);
    let registration = &world.registration;
    let right = fingerprint(&world);
    let last = if right.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{last}", &right[..right.len() - 1]);
    let register = |key: &str| {
        world.cli(&["register", "--guid", &registration.guid, "--auth", &registration.auth, "--vendor-key", key])
    };
    let refused = register(&wrong);
    assert_eq!(refused.status.code(), Some(2), "{}", stdout(&refused));
    let said = stderr(&refused);
    assert!(said.contains(&proxy.address) && said.contains("does not match this fingerprint"), "{said}");
    assert!(said.trim_end().ends_with("Nothing was changed."), "{said}");
    assert_eq!(world.server.get("/api/v1/status").body["registered"], false);
    let sent = String::from_utf8_lossy(&record.lock().unwrap().sent).into_owned();
    assert!(sent.contains("GET /keys") && !sent.contains("POST"), "{sent}");
    assert!(!sent.to_lowercase().contains(&registration.deployment), "{sent}");

    // As it was read aloud: with blanks, in capitals.
    let registered = register(&right.replace("SHA256:", "sha256 : ").to_uppercase());
    assert_eq!(registered.status.code(), Some(0), "{}", stderr(&registered));
    assert!(within(2_000, || world.licenses().contains("TTS3_QUIXOTIC").then_some(())).is_some());
    let status = world.server.get("/api/v1/status").body;
    assert_eq!(status["context"], "production", "{status}");
}

#[test]
fn eight_that_bring_the_same_answer_at_once_are_one_success() {
    let world = ExchangePair::new();
    world.node.add_license(&world.registration.guid, "VAD", 5);
    let (_, report) = world.pull();
    let answer = world.carry(&report);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let bringers: Vec<_> = (0..8).map(|_| scope.spawn(|| world.push(answer.as_bytes()).status)).collect();
        bringers.into_iter().map(|bringer| bringer.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    assert_eq!(world.licenses().matches("\"VAD\"").count(), 1);
}

#[test]
fn eight_that_ask_at_once_are_all_served() {
    let world = ExchangePair::new();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let askers: Vec<_> = (0..8).map(|_| scope.spawn(|| world.sync().status)).collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).collect()
    });
    assert_eq!(statuses, [200; 8]);
    let ledger = world.server.get("/api/v1/exchange/ledger").body;
    assert!(ledger["items"].as_array().unwrap().iter().all(|entry| entry["state"] == "answered"), "{ledger}");
}
