use std::time::{Duration, Instant};

use super::browser::Browser;
use super::installation::{HOURS, PreparedInstallation, machine};
use super::program::Program;
use super::watch::{anchored_ms, left_s, runs};
use crate::harness::{leasehold, within};

/// kill −9 so often unless `KILLS` says otherwise.
const KILLS: u64 = 12;

/// What is charged ahead and lost with a crash at most: a minute.
const TICK_MS: i64 = 60_000;

/// The hours go on between a look at them and the kill that follows, milliseconds.
const BETWEEN_MS: i64 = 250;

fn ms(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}

/// At any instant: before the first minute is charged, while it is written down, while it runs.
#[test]
fn hours_of_a_backup_that_is_killed_again_and_again_never_grow_and_lose_a_minute_a_time_at_most() {
    let kills = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let prepared = PreparedInstallation::new(120);
    let mut backup = prepared.start(1, &prepared.how(1, &["--ve", "127.0.0.1:0"]));
    let ports = [backup.url.rsplit('/').next().unwrap().to_owned(), backup.clients.clone(), backup.ve.clone()];
    let again = prepared.how(1, &["--console", &ports[0], "--clients", &ports[1], "--ve", &ports[2]]);
    // The port of the primary is one that is handed to nobody.
    let servers = prepared.ve_servers(["127.0.0.1:1", &ports[2]]);
    let began = Instant::now();
    let machine = Program::start(machine(leasehold(), &servers, "machine"));
    machine.until(r#""event":"logged_in""#, began, Duration::from_secs(15));
    let (mut cost, mut most, mut idle) = (0, 0, 0);
    let mut before = ms(left_s(&mut Browser::at(&backup)));
    for round in 0..kills {
        let mut browser = Browser::at(&backup);
        // In two rounds of three somebody is logged in again; the third falls before, on or after the login itself.
        if round % 3 > 0 {
            within(15_000, || runs(&mut browser).then_some(())).expect("the machine logs in again");
        }
        std::thread::sleep(Duration::from_micros(round * 137_911 % 2_100_000));
        let running = runs(&mut browser);
        let seen = ms(left_s(&mut browser));
        assert!(seen <= before, "round {round}: {before} ms were left, then {seen}");
        backup.crash();
        let kept = anchored_ms(&backup);
        let started = Instant::now();
        backup.again_as(&again);
        let now = ms(left_s(&mut Browser::at(&backup)));
        assert!(now <= seen, "round {round}: {seen} ms were left, and {now} after the crash");
        // They may run again since the start.
        let since = kept - i64::try_from(started.elapsed().as_millis()).unwrap()..=kept;
        assert!(since.contains(&now), "round {round}: {kept} ms were written down, {now} are left");
        let lost = seen - now;
        assert!(lost <= TICK_MS + BETWEEN_MS, "round {round}: a crash cost {lost} ms");
        cost += lost;
        most = most.max(lost);
        idle += u64::from(!running);
        before = now;
    }
    assert!(idle < kills, "it was killed while somebody was logged in");
    let spent = ms(HOURS * 3_600.0) - before;
    println!(
        "{kills} kills, {idle} of them with nobody logged in: {:.1} s of hours spent, {:.1} s lost by crashes, {:.1} s at most by one",
        spent as f64 / 1e3,
        cost as f64 / 1e3,
        most as f64 / 1e3
    );
    assert!(!machine.said().iter().any(|line| line.contains(r#""event":"lost""#)), "{:?}", machine.said());
}
