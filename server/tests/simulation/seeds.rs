//! Many seeds at once.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::checks::CheckFailure;
use super::run::simulate;
use super::sabotage::Sabotage;

/// Seeds that are run unless `SIMULATION_SEEDS` says otherwise.
const SEEDS: u64 = 1_000;
/// Seeds within which a broken server must be noticed.
const FEW: u64 = 60;
/// Lines of a failure that are shown unless its seed is run alone.
const LINES: usize = 60;

pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[test]
fn whatever_fails_no_license_is_given_out_twice_clients_come_back_and_use_is_counted_once() {
    if let Some(seed) = number("SIMULATION_SEED") {
        return run_one(seed);
    }
    let seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let totals: Mutex<BTreeMap<&'static str, u64>> = Mutex::default();
    let failures: Mutex<Vec<u64>> = Mutex::default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds || failures.lock().unwrap().len() >= 5 {
                return;
            }
            match simulate(seed, Sabotage::None) {
                Ok(fine) => {
                    let mut totals = totals.lock().unwrap();
                    *totals.entry("simulated seconds").or_default() += fine.lasted_ms / 1_000;
                    fine.counts.into_iter().for_each(|(what, count)| *totals.entry(what).or_default() += count);
                }
                Err(failure) => {
                    let mut failures = failures.lock().unwrap();
                    failures.push(seed);
                    let lines = &failure.lines[failure.lines.len().saturating_sub(LINES)..];
                    println!("seed {seed}: {:?}\n{}\n", failure.wrong, lines.join("\n"));
                    println!(
                        "Run it alone: SIMULATION_SEED={seed} cargo test -p server --test simulation -- --nocapture\n"
                    );
                }
            }
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let failures = failures.into_inner().unwrap();
    let totals = totals.into_inner().unwrap();
    println!("{seeds} seeds: {totals:?}");
    assert!(failures.is_empty(), "seeds {failures:?} failed");
    if seeds >= SEEDS {
        for what in ["flushed", "moved back to the primary", "servers crashed", "clients killed", "requests repeated"] {
            assert!(totals.get(what).is_some_and(|count| *count >= 100), "too little happened: {what}");
        }
    }
}

fn run_one(seed: u64) {
    match simulate(seed, Sabotage::None) {
        Ok(fine) => println!("{}\nseed {seed}: {} ms, {:?}", fine.lines.join("\n"), fine.lasted_ms, fine.counts),
        Err(failure) => panic!("{}\nseed {seed}: {:?}", failure.lines.join("\n"), failure.wrong),
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 1_000_007] {
        assert_eq!(simulate(seed, Sabotage::None), simulate(seed, Sabotage::None));
    }
}

/// What is wrong with the first of a few seeds that does not go well.
fn noticed(sabotage: Sabotage) -> (u64, CheckFailure) {
    let first = (0..FEW).find_map(|seed| simulate(seed, sabotage).err().map(|failure| (seed, failure.wrong)));
    let (seed, wrong) = first.unwrap_or_else(|| panic!("{sabotage:?} was not noticed within {FEW} seeds"));
    println!("{sabotage:?} is noticed by seed {seed}: {wrong:?}");
    (seed, wrong)
}

#[test]
fn a_server_that_counts_limits_for_too_short_a_time_is_noticed() {
    assert!(matches!(noticed(Sabotage::EarlyDeadline).1, CheckFailure::OverGranted(_)));
}

#[test]
fn a_server_that_shrinks_before_the_client_has_is_noticed() {
    assert!(matches!(noticed(Sabotage::ShrinksAtOnce).1, CheckFailure::OverGranted(_)));
}

#[test]
fn a_server_that_forgets_what_it_has_promised_is_noticed() {
    assert!(matches!(noticed(Sabotage::ForgetsCommits).1, CheckFailure::OverGranted(_) | CheckFailure::Miscounted(_)));
}

#[test]
fn a_server_that_counts_use_twice_is_noticed() {
    assert!(matches!(noticed(Sabotage::CountsTwice).1, CheckFailure::Miscounted(_)));
}
