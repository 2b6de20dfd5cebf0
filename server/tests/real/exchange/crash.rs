use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use licensing::bundle::LicenseKind;
use node::licenses::NewLicense;
use rustix::process::{Pid, Signal, kill_process};

use super::random::SeededRandom;
use super::world::ExchangePair;
use crate::harness::{ApiAnswer, stderr};

/// Exchanges, each hit by a `kill -9`.
const EXCHANGES: usize = 200;

/// The node's folder, opened beside the node that serves it: a license costs no process that way.
struct Issuing {
    runtime: tokio::runtime::Runtime,
    node: node::Node,
    guid: node::Guid,
}

impl Issuing {
    fn of(world: &ExchangePair) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let clock = std::sync::Arc::new(node::clock::SystemClock);
        let node = runtime.block_on(node::Node::open(&world.node.data, clock)).unwrap();
        Self { runtime, node, guid: world.registration.guid.parse().unwrap() }
    }

    fn license(&self, product: String) {
        let new = NewLicense {
            guid: self.guid,
            product: product.parse().unwrap(),
            kind: LicenseKind::Concurrent,
            count: 1,
            expires: None,
            maintenance: None,
            version: None,
            context: None,
        };
        self.runtime.block_on(self.node.add_license(&new)).unwrap();
    }
}

/// How long an exchange takes on this machine when nobody kills it: a kill is to fall into it, not behind it.
struct Usual(Duration);

impl Usual {
    /// Carries one out to its end.
    fn measured(&mut self, exchange: impl FnOnce() -> ApiAnswer) -> ApiAnswer {
        let began = Instant::now();
        let answer = exchange();
        self.0 = (self.0 * 3 + began.elapsed().min(Duration::from_millis(400))) / 4;
        answer
    }

    /// From the first to beyond the last moment.
    fn moment(&self, random: &mut SeededRandom) -> Duration {
        self.0 * 2 / 1_000 * u32::try_from(random.below(1_000)).unwrap()
    }
}

/// Begins an exchange and kills the server after `pause`; what came back.
fn killed(world: &ExchangePair, pause: Duration, exchange: impl FnOnce() -> ApiAnswer + Send) -> ApiAnswer {
    let pid = Pid::from_raw(i32::try_from(world.server.pid()).unwrap()).unwrap();
    std::thread::scope(|scope| {
        let exchange = scope.spawn(exchange);
        std::thread::sleep(pause);
        kill_process(pid, Signal::KILL).unwrap();
        exchange.join().unwrap()
    })
}

/// What the server has: the ids of its licenses and their serial.
fn installed(world: &ExchangePair) -> (BTreeSet<String>, u64) {
    let licenses = world.server.get("/api/v1/licenses");
    assert_eq!(licenses.status, 200, "{}", licenses.body);
    let items = licenses.body["items"].as_array().unwrap();
    let active = items.iter().filter(|item| item["state"] == "active");
    let ids = active.map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    (ids, licenses.body["serial"].as_u64().unwrap())
}

/// Every status id once; the newest that was answered brought what is installed, and started the contact clock anew.
fn ledger_agrees(world: &ExchangePair, serial: u64) {
    let ledger = world.server.get("/api/v1/exchange/ledger").body;
    let items = ledger["items"].as_array().unwrap();
    let ids: BTreeSet<&str> = items.iter().map(|entry| entry["status_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), items.len(), "each status id stands once");
    for entry in items {
        assert_eq!(entry["outcome"].is_null(), entry["state"] != "answered", "{entry}");
        assert!(entry["state"] != "open" || entry["channel"] != "online", "{entry}");
    }
    // By serial: answers are taken in another order than reports are made.
    let outcomes = || items.iter().map(|entry| &entry["outcome"]).filter(|outcome| !outcome.is_null());
    let newest = outcomes().map(|outcome| outcome["serial"].as_u64().unwrap()).max();
    assert_eq!(newest, Some(serial), "the licenses are those of the newest answer");
    let since = world.server.get("/api/v1/status").body["contact"]["since"].clone();
    assert_eq!(outcomes().map(|outcome| outcome["node_time"].as_str().unwrap()).max(), since.as_str());
}

/// kill −9 at any instant of an exchange, online and offline: all of it happened or nothing did.
#[test]
fn a_kill_leaves_the_licenses_of_before_or_of_after_and_a_ledger_that_agrees() {
    let mut world = ExchangePair::new();
    let issuing = Issuing::of(&world);
    let mut random = SeededRandom::new(0x6b11_1e5d);
    let (mut online, mut by_hand) = (Usual(Duration::from_millis(20)), Usual(Duration::from_millis(10)));
    let mut before = installed(&world);
    let (mut old, mut new, mut cut) = (0, 0, 0);
    for round in 0..EXCHANGES {
        issuing.license(format!("P{round}"));
        let carried = (round % 2 == 1).then(|| {
            let (id, report) = world.pull();
            (id, world.carry(&report))
        });
        let answer = match &carried {
            None => killed(&world, online.moment(&mut random), || world.sync()),
            Some((_, answer)) => killed(&world, by_hand.moment(&mut random), || world.push(answer.as_bytes())),
        };
        world.server.crash();
        world.again();

        let all = 2 + round + 1;
        let after = installed(&world);
        let unchanged = after == before;
        if unchanged {
            assert_ne!(answer.status, 200, "an exchange that was acknowledged is durable");
            old += 1;
        } else {
            assert!(after.0.is_superset(&before.0) && after.1 > before.1, "{before:?} became {after:?}");
            assert_eq!(after.0.len(), all, "all licenses are there, or those of before");
            new += 1;
        }
        cut += u32::from(answer.status == 0);
        ledger_agrees(&world, after.1);
        match &carried {
            None => {
                let synced = online.measured(|| world.sync());
                assert_eq!(synced.status, 200, "{}", synced.body);
            }
            Some((id, answer)) => {
                assert_eq!(world.entry(id)["state"], if unchanged { "open" } else { "answered" });
                let push = || world.push(answer.as_bytes());
                let again = if unchanged { by_hand.measured(push) } else { push() };
                assert_eq!(again.status, if unchanged { 200 } else { 409 }, "good once: {}", again.body);
            }
        }
        before = installed(&world);
        assert_eq!(before.0.len(), all);
        if round % 10 == 9 {
            let verified = world.cli(&["audit", "verify"]);
            assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
        }
    }
    println!(
        "{EXCHANGES} exchanges, each hit by kill -9: {old} left the old licenses, {new} the new ones; {cut} calls were cut off"
    );
    assert!(old >= 20 && new >= 20, "the kills fell on both sides of the commit: {old} and {new}");
}
