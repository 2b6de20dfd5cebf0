use serde_json::json;

use super::world::{ExchangePair, dead, metric};
use crate::harness::{stderr, within};

/// The nodes a round asked, in its order: name and whether its answer was good.
fn asked(attempts: &serde_json::Value) -> Vec<(String, bool)> {
    let attempt = |a: &serde_json::Value| (a["node"].as_str().unwrap().to_owned(), a["ok"].as_bool().unwrap());
    attempts.as_array().unwrap().iter().map(attempt).collect()
}

#[test]
fn with_every_node_but_one_out_of_reach_the_exchange_still_succeeds() {
    let world = ExchangePair::new();
    let mut nodes = dead(9);
    nodes.push(world.node.address.clone());
    world.set_nodes(&nodes.iter().map(String::as_str).collect::<Vec<_>>());
    let mut passed_over = 0;
    for round in 0..8 {
        world.node.add_license(&world.registration.guid, "VAD", 100 + round);
        let synced = world.sync();
        assert_eq!(synced.status, 200, "{}", synced.body);
        assert_eq!(synced.body["added"][0]["product"], "VAD");
        let asked = asked(&synced.body["attempts"]);
        let (last, failed) = asked.split_last().unwrap();
        assert_eq!(*last, (world.node.address.clone(), true), "it ends with the one that answers");
        assert!(failed.iter().all(|(node, ok)| !ok && nodes.contains(node)), "{asked:?}");
        passed_over += failed.len();
    }
    assert!(passed_over >= 8, "the order is random: {passed_over} of about 36 were passed over");
    let printed = world.cli(&["sync"]);
    assert_eq!(printed.status.code(), Some(0), "{}", stderr(&printed));
}

#[test]
fn without_a_node_the_server_keeps_its_licenses_and_says_which_node_failed_how() {
    let mut world = ExchangePair::new();
    let before = world.licenses();
    let mut nodes = dead(3);
    nodes.push(world.node.address.clone());
    world.set_nodes(&nodes.iter().map(String::as_str).collect::<Vec<_>>());
    world.node.stop();

    let failed = world.sync();
    assert_eq!(failed.status, 502, "{}", failed.body);
    assert!(failed.body["detail"].as_str().unwrap().ends_with("Nothing was changed."), "{}", failed.body);
    let mut named: Vec<String> = asked(&failed.body["attempts"]).into_iter().map(|(node, _)| node).collect();
    named.sort();
    nodes.sort();
    assert_eq!(named, nodes, "each is named once");
    for attempt in failed.body["attempts"].as_array().unwrap() {
        assert_eq!(attempt["ok"], false);
        assert_eq!(attempt["stage"], "TCP", "{attempt}");
        assert!(attempt["sentence"].as_str().unwrap().contains("refused"), "{attempt}");
    }
    let said = world.cli(&["sync"]);
    assert_eq!(said.status.code(), Some(1));
    for node in &nodes {
        assert!(stderr(&said).contains(node.as_str()), "{node}: {}", stderr(&said));
    }
    assert!(stderr(&said).contains("leasehold exchange pull"), "the way by hand is named: {}", stderr(&said));

    let status = world.server.get("/api/v1/status").body;
    assert_eq!((&status["in_service"], &status["contact"]["state"]), (&json!(true), &json!("in_touch")));
    assert_eq!(metric(&world.server, "leasehold_exchange_failed_rounds"), Some(2.0));
    assert_eq!(world.licenses(), before);
    // What never left this server is no entry of the ledger.
    let ledger = world.server.get("/api/v1/exchange/ledger?state=open").body;
    assert_eq!(ledger["items"], json!([]));

    world.node.again(None);
    world.node.add_license(&world.registration.guid, "VAD", 7);
    let synced = world.sync();
    assert_eq!(synced.status, 200, "{}", synced.body);
    assert_eq!(metric(&world.server, "leasehold_exchange_failed_rounds"), Some(0.0));
    assert!(world.licenses().contains("VAD"));
}

/// Registered while nothing answers: the first exchange failed, and the next is some time off.
fn waiting() -> ExchangePair {
    let mut world = ExchangePair::unregistered();
    world.node.stop();
    let registered = world.cli(&["register", "--no-sync", "--file", &world.registration.file]);
    assert_eq!(registered.status.code(), Some(0), "{}", stderr(&registered));
    let failed = within(10_000, || {
        let log = world.log();
        let line = log.lines().find(|line| line.contains("sync with the licensing nodes failed"))?;
        Some(line.to_owned())
    });
    let line = failed.expect("a failed exchange is in the log");
    assert!(line.contains("ERROR") && line.contains(&world.node.address), "{line}");
    assert_eq!(metric(&world.server, "leasehold_exchange_failed_rounds"), Some(1.0));
    world.node.again(None);
    world
}

fn licensed(world: &ExchangePair) -> Option<()> {
    (world.server.get("/api/v1/licenses").body["items"].as_array()?.len() == 2).then_some(())
}

#[test]
fn after_a_pause_of_at_most_a_minute_a_failed_exchange_is_tried_again_without_anybody() {
    let world = waiting();
    assert!(licensed(&world).is_none(), "it does not hammer the nodes");
    let next = metric(&world.server, "leasehold_exchange_next_timestamp_seconds").unwrap();
    assert!(within(70_000, || licensed(&world)).is_some(), "{}", world.log());
    let entry = world.server.get("/api/v1/exchange/ledger").body["items"][0].clone();
    assert_eq!((&entry["state"], &entry["opened_by"]), (&json!("answered"), &json!("Leasehold")));
    let after = metric(&world.server, "leasehold_exchange_next_timestamp_seconds").unwrap() - next;
    assert!((82_000.0..=87_000.0).contains(&after), "the next is a day later: {after} s");
}

#[test]
fn other_nodes_in_the_conf_file_are_tried_at_once() {
    let world = waiting();
    world.set_nodes(&[&world.node.address, "127.0.0.1:1"]);
    assert!(within(10_000, || licensed(&world)).is_some(), "{}", world.log());
}
