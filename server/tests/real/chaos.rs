//! A whole installation while everything fails at once, by seed: processes are killed and frozen, disks fill, clocks jump, cables are
//! cut, files are replaced. `make chaos MINUTES=N SEED=S`.
//!
//! What must hold throughout: nobody gets more than is licensed, hours only go down, totals only grow, no machine of the rules
//! meets a broken invariant; and what was acknowledged (records, saves, audit entries) is there at the end.

mod acts;
mod cable;
mod promises;
mod world;

use std::time::{Duration, Instant};

use crate::exchange::random::SeededRandom;
use acts::Act;
use promises::Promises;
use world::World;

/// After the last failure, until everything has to be as if there had been none.
const CALM: Duration = Duration::from_secs(45);

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
#[ignore = "runs for minutes: make chaos MINUTES=N SEED=S"]
fn nothing_acknowledged_is_lost_and_no_rule_is_broken_while_everything_fails() {
    let minutes = number("CHAOS_MINUTES", 1);
    let seed = number("CHAOS_SEED", 1);
    println!("chaos: {minutes} min, seed {seed}");
    let mut random = SeededRandom::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut world = World::new();
    let mut promises = Promises::begin(&world);
    let began = Instant::now();
    let mut acts = 0;
    while began.elapsed() < Duration::from_secs(60 * minutes) && !promises.are_broken() {
        let act = Act::draw(&mut random, &world);
        println!("{:>7.1} s  {act}", began.elapsed().as_secs_f64());
        act.carry_out(&mut world, &mut random);
        acts += 1;
        std::thread::sleep(Duration::from_millis(random.below(4_000) as u64));
    }
    world.repair();
    println!("{:>7.1} s  calm", began.elapsed().as_secs_f64());
    let calm = Instant::now();
    while calm.elapsed() < CALM && !promises.are_broken() {
        std::thread::sleep(Duration::from_millis(200));
    }
    let breaches = promises.end(&mut world);
    if breaches.is_empty() {
        println!("chaos: {minutes} min, seed {seed}: {acts} failures, no breach");
        return;
    }
    let folder = world.keep();
    panic!(
        "chaos: {minutes} min, seed {seed}, {acts} failures; data and logs are in {}:\n{}",
        folder.display(),
        breaches.join("\n")
    );
}
