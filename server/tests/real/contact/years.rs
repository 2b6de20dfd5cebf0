use serde_json::json;

use super::console::Console;
use super::{contact, restart, states};
use crate::exchange::world::ExchangePair;
use crate::harness::within;

/// Names of the check-out files.
fn files(world: &ExchangePair) -> Vec<String> {
    let files = std::fs::read_dir(world.server.data.join("checkouts")).unwrap();
    let mut files: Vec<String> = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    files.sort();
    files
}

/// What the roll-ups say of the last days.
fn usage(world: &ExchangePair) -> serde_json::Value {
    let answer = world.server.get("/api/v1/usage?range=7d");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["items"].clone()
}

#[test]
fn a_start_with_a_clock_years_off_is_as_if_it_had_not_been() {
    let mut world = ExchangePair::new();
    let mut console = Console::of(&world);
    world.node.stop();
    let say = |world: &ExchangePair, call: &str, body: serde_json::Value| {
        let answer = ureq::post(format!("http://{}/v1/{call}", world.server.clients)).send(body.to_string()).unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    };
    say(&world, "hello", json!({"protocol":1,"client":"a","run":"a-run","name":"a"}));
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
    let records = json!([{"product":"TTS3_QUIXOTIC","from":now,"outcome":"denied"}]);
    say(&world, "records", json!({"protocol":1,"client":"a","run":"a-run","epoch":1,"first":1,"records":records}));
    console.page(&world.server, "/");
    let (files_before, usage_before) = (files(&world), usage(&world));
    assert!(!files_before.is_empty());
    for clock in ["+730d", "+25550d", "-3650d"] {
        restart(&mut world, clock);
        let seen = within(5_000, || contact(&world)["clock_off_minutes"].as_i64());
        assert!(seen.is_some_and(|minutes| minutes.abs() > 600 * 1_440), "{clock}: {seen:?}");
        assert_eq!(
            (contact(&world)["days"].clone(), states(&world)),
            (json!(0), vec!["active".to_owned(); 2]),
            "{clock}"
        );
        console.stay(&world.server);
        console.page(&world.server, "/usage");
        let status = world.server.get("/api/v1/status");
        assert_eq!(status.status, 200, "the token is good: {}", status.body);
        restart(&mut world, "+0d");
        assert_eq!(
            (contact(&world)["days"].clone(), states(&world)),
            (json!(0), vec!["active".to_owned(); 2]),
            "{clock}"
        );
        assert_eq!((files(&world), usage(&world)), (files_before.clone(), usage_before.clone()), "{clock}");
        console.stay(&world.server);
        console.page(&world.server, "/usage");
    }
    // Nobody has to wait: the next sync counts, and ends the doubt.
    world.node.again(None);
    assert_eq!(world.sync().status, 200);
    assert_eq!(contact(&world)["clock_off_minutes"], serde_json::Value::Null);
    console.page(&world.server, "/");
}
