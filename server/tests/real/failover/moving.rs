use std::time::{Duration, Instant};

use super::browser::Browser;
use super::installation::{BACKUP, HOURS, Installation, MOVES_WITHIN};
use super::watch::{anchored_ms, left_s, runs};
use crate::harness::within;

/// The hours begin and end with the next refresh.
const TOLD_MS: u64 = 5_000;

#[test]
fn clients_of_a_killed_primary_are_served_by_the_backup_and_return_when_it_does() {
    let mut world = Installation::new(120);
    let mut at_backup = Browser::at(&world.backup);
    let licensed_s = HOURS * 3600.0;
    let began = Instant::now();
    let (machine, application) = (world.machine("machine"), world.application("application"));
    machine.until(r#""event":"logged_in""#, began, MOVES_WITHIN);
    application.until("Using ", began, MOVES_WITHIN);
    let leader = Browser::at(&world.primary).json("/api/v1/servers")["items"][0]["name"].as_str().unwrap().to_owned();
    at_backup.reads(&[&format!("{leader} is serving 2 clients. {BACKUP} is on standby.")], &[]);
    assert_eq!(
        (left_s(&mut at_backup), runs(&mut at_backup)),
        (licensed_s, false),
        "nobody is logged in at the backup"
    );

    world.primary.crash();
    let killed = Instant::now();
    let moved = machine.until(r#""event":"switched""#, killed, MOVES_WITHIN);
    let taken = application.until("is not responding. Now using", killed, MOVES_WITHIN);
    let logged_in = killed + moved;
    within(TOLD_MS, || runs(&mut at_backup).then_some(())).expect("the hours run");
    let (before, at) = (left_s(&mut at_backup), Instant::now());
    at_backup.reads(
        &[
            &format!("{BACKUP} is serving 2 clients. Backup hours last until"),
            &format!("{leader} has not responded for"),
            "1 of 2 clients uses backup hours.",
            "Running since",
        ],
        &["without a server"],
    );
    std::thread::sleep(Duration::from_secs(3));
    let burnt = before - left_s(&mut at_backup);
    assert!((burnt - at.elapsed().as_secs_f64()).abs() < 0.5, "an hour an hour: {burnt} in {:?}", at.elapsed());
    let status = at_backup.json("/api/v1/status");
    assert_eq!(status["countdown"]["running"], true, "{status}");
    let charged_ms = anchored_ms(&world.backup);
    assert!(charged_ms <= (left_s(&mut at_backup) * 1_000.0) as i64, "what is used was charged before: {charged_ms}");

    let started = Instant::now();
    world.again(0);
    let ready = started.elapsed();
    let back = machine.until(r#""event":"returned""#, started + ready, MOVES_WITHIN);
    let taken_back = application.until("is responding again. Now using", started + ready, MOVES_WITHIN);
    let logged_in = (started + ready + back).duration_since(logged_in).as_secs_f64();
    within(TOLD_MS, || (!runs(&mut at_backup)).then_some(())).expect("the hours stop");
    let left = left_s(&mut at_backup);
    let used = licensed_s - left;
    assert!(
        (logged_in - 3.0..logged_in + 3.0).contains(&used),
        "{used} s are used of {logged_in} s; the rest of the minute was given back"
    );
    assert_eq!(anchored_ms(&world.backup), (left * 1_000.0) as i64, "durably");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(left_s(&mut at_backup), left, "nothing burns");
    let mut at_primary = Browser::at(&world.primary);
    for browser in [&mut at_primary, &mut at_backup] {
        browser.reads(&[&format!("{leader} is serving 2 clients. {BACKUP} is on standby."), "left, not running"], &[]);
    }
    at_backup.reads(&["Backup hours stopped after", "is responding again after"], &[]);
    println!(
        "killed: the machine was served by the backup after {moved:.1?}, the application after {taken:.1?}; the primary ready \
         again after {ready:.1?}: they were back {back:.1?} and {taken_back:.1?} later; {used:.1} s of the hours were used in {logged_in:.1} s"
    );
}

#[test]
fn a_drained_client_is_shown_as_moved_and_its_licenses_are_free_at_once() {
    let world = Installation::new(120);
    let mut at_primary = Browser::at(&world.primary);
    let began = Instant::now();
    let application = world.application("application");
    application.until("Using ", began, MOVES_WITHIN);
    let client = |browser: &mut Browser| browser.json("/api/v1/clients")["items"][0].clone();
    let counted = |client: &serde_json::Value| client["products"][0]["counted"].as_u64().unwrap_or(0);
    within(TOLD_MS, || (counted(&client(&mut at_primary)) > 0).then_some(())).expect("it has licenses");
    let drained = Instant::now();
    let asked = serde_json::json!({ "minutes": 5, "reason": "update" });
    assert_eq!(world.primary.call("POST", "/api/v1/servers/drain", None, Some(asked)).status, 200);
    application.until("Now using", drained, MOVES_WITHIN);
    let moved = within(TOLD_MS, || Some(client(&mut at_primary)).filter(|client| client["state"] == "moved"));
    let moved = moved.unwrap_or_else(|| panic!("{}", client(&mut at_primary)));
    assert_eq!((counted(&moved), &moved["counted_until"]), (0, &serde_json::Value::Null), "{moved}");
    at_primary.reads(&["Planned maintenance", "started a 5-minute drain"], &["are both serving"]);
    let here: u64 = at_primary.metric("leasehold_clients{state=\"connected\"}").map_or(0, |clients| clients as u64);
    assert_eq!(here, 0, "it is counted at the backup, and only there");

    let taken_back = Instant::now();
    assert_eq!(world.primary.call("POST", "/api/v1/servers/take-back", None, None).status, 200);
    application.until("Now using", taken_back, MOVES_WITHIN);
    within(TOLD_MS, || {
        let client = client(&mut at_primary);
        (client["state"] == "connected" && counted(&client) > 0).then_some(())
    })
    .expect("it is here again");
}
