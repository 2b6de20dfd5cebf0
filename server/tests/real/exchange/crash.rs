use std::collections::BTreeSet;
use std::time::Duration;

use licensing::bundle::Kind;
use node::licenses::NewLicense;
use serde_json::Value;

use super::world::World;
use crate::harness::{Answer, stderr};

/// Exchanges, each hit by a `kill -9`.
const EXCHANGES: u64 = 200;

/// The node's folder, opened beside the node that serves it: a license costs no process that way.
struct Issuing {
    runtime: tokio::runtime::Runtime,
    node: node::Node,
    guid: node::Guid,
}

impl Issuing {
    fn of(world: &World) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let clock = std::sync::Arc::new(node::clock::SystemClock);
        let node = runtime.block_on(node::Node::open(&world.node.data, clock)).unwrap();
        Self { runtime, node, guid: world.registration.guid.parse().unwrap() }
    }

    fn license(&self, product: String) {
        let new = NewLicense {
            guid: self.guid,
            product: product.parse().unwrap(),
            kind: Kind::Concurrent,
            count: 1,
            hours: None,
            expires: None,
            maintenance: None,
            version: None,
            context: None,
        };
        self.runtime.block_on(self.node.add_license(&new)).unwrap();
    }
}

/// The way an answer comes in.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Network,
    Hand,
}

/// What the server has: the ids of its licenses and their serial.
fn installed(world: &World) -> (BTreeSet<String>, u64) {
    let licenses = world.server.get("/api/v1/licenses");
    assert_eq!(licenses.status, 200, "{}", licenses.body);
    let items = licenses.body["items"].as_array().unwrap();
    let active = items.iter().filter(|item| item["state"] == "active");
    let ids = active.map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    (ids, licenses.body["serial"].as_u64().unwrap())
}

/// Every status id once, and the newest that was answered brought what is installed.
fn ledger_agrees(world: &World, serial: u64) -> Value {
    let ledger = world.server.get("/api/v1/exchange/ledger").body;
    let items = ledger["items"].as_array().unwrap();
    let ids: BTreeSet<&str> = items.iter().map(|entry| entry["status_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), items.len(), "each status id stands once");
    let answered = |entry: &&Value| entry["state"] == "answered";
    for entry in items {
        assert_eq!(entry["outcome"].is_null(), !answered(&entry), "{entry}");
        assert!(entry["state"] != "open" || entry["channel"] != "online", "{entry}");
    }
    // By serial: answers are taken in another order than reports are made.
    let newest = items.iter().filter(answered).map(|entry| entry["outcome"]["serial"].as_u64().unwrap()).max();
    assert_eq!(newest, Some(serial), "the licenses are those of the newest answer");
    ledger
}

/// kill −9 at any instant of an exchange: all of it happened or nothing did.
#[test]
fn a_kill_leaves_the_licenses_of_before_or_of_after_and_a_ledger_that_agrees() {
    let mut world = World::new();
    let issuing = Issuing::of(&world);
    let mut before = installed(&world);
    let (mut old, mut new, mut cut) = (0, 0, 0);
    for round in 0..EXCHANGES {
        issuing.license(format!("P{round}"));
        let way = if round % 2 == 0 { Way::Network } else { Way::Hand };
        let by_hand = (way == Way::Hand).then(|| {
            let (id, report) = world.pull();
            (id, world.carry(&report))
        });
        let pid = world.server.pid().to_string();
        // From the first to beyond the last moment of an exchange, in no order; by hand it is shorter.
        let pause = Duration::from_micros(round * 7_919 % if way == Way::Network { 40_000 } else { 15_000 });
        let answer: Answer = std::thread::scope(|scope| {
            let exchange = scope.spawn(|| match &by_hand {
                None => world.sync(),
                Some((_, answer)) => world.push(answer.as_bytes()),
            });
            std::thread::sleep(pause);
            std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
            exchange.join().unwrap()
        });
        world.server.crash();
        world.again();

        let after = installed(&world);
        let unchanged = after == before;
        if unchanged {
            assert_ne!(answer.status, 200, "an exchange that was acknowledged is durable");
            old += 1;
        } else {
            assert!(after.0.is_superset(&before.0) && after.1 > before.1, "{before:?} became {after:?}");
            let whole: usize = 2 + usize::try_from(round).unwrap() + 1;
            assert_eq!(after.0.len(), whole, "all licenses there are, or those of before");
            new += 1;
        }
        cut += u64::from(answer.status == 0);
        ledger_agrees(&world, after.1);
        if let Some((id, answer)) = &by_hand {
            let state = world.entry(id)["state"].clone();
            assert_eq!(state, if unchanged { "open" } else { "answered" });
            let again = world.push(answer.as_bytes());
            assert_eq!(again.status, if unchanged { 200 } else { 409 }, "good once: {}", again.body);
        } else {
            let synced = world.sync();
            assert_eq!(synced.status, 200, "{}", synced.body);
        }
        before = installed(&world);
        assert_eq!(before.0.len(), 2 + usize::try_from(round).unwrap() + 1);
        if round % 10 == 9 {
            let verified = world.cli(&["audit", "verify"]);
            assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
        }
    }
    println!("{EXCHANGES} exchanges, each hit by kill -9: {old} left the old licenses, {new} the new ones; {cut} calls were cut off");
    assert!(old >= 20 && new >= 20, "the kills fell on both sides of the commit: {old} and {new}");
}
