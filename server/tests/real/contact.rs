//! The contact clock of the real binary, with its wall clock moved by `faketime`.

use serde_json::Value;

use crate::exchange::world::ExchangePair;
use crate::harness::{ServerOptions, stderr};

pub mod console;
mod moved;
mod walk;
mod years;

/// Stops the server and starts it with its clock moved, and with a log of its own.
fn restart(world: &mut ExchangePair, clock: &str) -> String {
    assert_eq!(world.server.terminate().code(), Some(0));
    start(world, clock)
}

fn start(world: &mut ExchangePair, clock: &str) -> String {
    let log = world.folder.path().join(format!("log{clock}.txt").replace('/', "-"));
    let _ = std::fs::remove_file(&log);
    world.server.again_as(&ServerOptions { clock: Some(clock.to_owned()), log: Some(log.clone()), ..world.how() });
    log.display().to_string()
}

/// `contact` as API and command tell it; both must be the same.
fn contact(world: &ExchangePair) -> Value {
    let mut api = world.server.get("/api/v1/status").body;
    let command = world.cli(&["status", "--json"]);
    let command: Value = serde_json::from_slice(&command.stdout).unwrap_or_else(|_| panic!("{}", stderr(&command)));
    // The clock is measured each time: a minute may lie between two answers.
    let off = |answer: &Value| answer["contact"]["clock_off_minutes"].as_i64();
    if off(&api).zip(off(&command)).is_some_and(|(api, command)| api.abs_diff(command) <= 1) {
        api["contact"]["clock_off_minutes"] = command["contact"]["clock_off_minutes"].clone();
    }
    assert_eq!(api["contact"], command["contact"]);
    assert_eq!(api["in_service"], command["in_service"]);
    command["contact"].clone()
}

fn states(world: &ExchangePair) -> Vec<String> {
    let licenses: Value = serde_json::from_str(&world.licenses()).unwrap();
    let items = licenses["items"].as_array().unwrap().iter();
    items.map(|item| item["state"].as_str().unwrap().to_owned()).collect()
}
