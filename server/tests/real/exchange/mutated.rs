use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use licensing::canonical::canonical;
use licensing::pasted::{decode, json_text};
use serde_json::Value;

use super::damage::damage;
use super::random::SeededRandom;
use super::world::ExchangePair;

const ANSWERS: usize = 10_000;
/// Connections that carry them, each kept open.
const LINES: usize = 4;

/// What the bytes say, whatever way they are written, and whatever a mail program may have done to them; none when they say
/// nothing.
fn meaning(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = decode(bytes).ok()?;
    let (value, _) = json_text(&text).ok()?;
    canonical(&value).ok()
}

/// From a fixed seed: flipped bits, cuts, pieces that are missing, doubled, swapped or moved, other numbers.
#[test]
fn of_ten_thousand_damaged_answers_none_is_taken_and_the_whole_one_is_afterwards() {
    // What a disk takes to note each refusal durably is no part of this test.
    let memory = Path::new("/dev/shm");
    let world = if memory.is_dir() { ExchangePair::new_in(memory) } else { ExchangePair::new() };
    let (status_id, report) = world.pull();
    let answer: Value = serde_json::from_str(&world.carry(&report)).unwrap();
    // Indented, so that some of the damage falls where it does not matter.
    let original = serde_json::to_vec_pretty(&answer).unwrap();
    let said = meaning(&original);
    let before = world.licenses();
    let mut random = SeededRandom::new(0x1ea5_e401d);
    let mut harmless = 0;
    let mut damaged = Vec::with_capacity(ANSWERS);
    while damaged.len() < ANSWERS {
        let bytes = damage(&original, &mut random);
        if meaning(&bytes) == said {
            harmless += 1;
        } else {
            damaged.push(bytes);
        }
    }

    let began = Instant::now();
    let codes: Mutex<BTreeMap<String, usize>> = Mutex::default();
    std::thread::scope(|scope| {
        let (world, codes) = (&world, &codes);
        for part in damaged.chunks(ANSWERS.div_ceil(LINES)) {
            scope.spawn(move || {
                let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
                for bytes in part {
                    let refused = world.server.send_by(&agent, "POST", "/api/v1/exchange/response", bytes);
                    assert_eq!(refused.status, 422, "{}: {}", refused.body, bytes.escape_ascii());
                    let code = refused.body["code"].as_str().unwrap().to_owned();
                    *codes.lock().unwrap().entry(code).or_default() += 1;
                }
            });
        }
    });
    let (codes, took) = (codes.into_inner().unwrap(), began.elapsed());
    println!("{ANSWERS} damaged answers in {took:?}: {codes:?}; {harmless} more said the same as before");
    for code in ["truncated", "not-json", "not-a-response", "bad-field", "bad-signature"] {
        assert!(codes.get(code).is_some_and(|count| *count >= 50), "the damage reaches every layer: {codes:?}");
    }
    assert_eq!(world.licenses(), before);
    assert_eq!(world.entry(&status_id)["state"], "open");
    let taken = world.push(&original);
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!(world.cli(&["audit", "verify"]).status.code(), Some(0));
}
