//! Every target with its seeds, with the kept corpus, and with damage from a fixed seed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../licensing/tests/exchange/damage.rs"]
mod damage;
#[path = "../../licensing/tests/support/random.rs"]
mod random;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use damage::damage;
use random::SeededRandom;
use targets::{TARGETS, Target};

/// Damaged inputs of each target.
const DAMAGED: usize = 1_500;
/// What no input of this size may take, on a slow machine without optimization.
const LONGEST: Duration = Duration::from_secs(10);

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

fn kept(name: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(corpus(name)).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

fn run(target: &Target, input: &[u8]) {
    let began = Instant::now();
    let held = std::panic::catch_unwind(|| (target.run)(input));
    assert!(held.is_ok(), "{}: this input breaks a rule: {}", target.name, input.escape_ascii());
    assert!(began.elapsed() < LONGEST, "{}: this input takes too long: {}", target.name, input.escape_ascii());
}

#[test]
fn every_target_holds_for_its_seeds_the_kept_corpus_and_damage() {
    for target in TARGETS {
        let inputs = [(target.seeds)(), kept(target.name)].concat();
        assert!(!inputs.is_empty(), "{} has seeds", target.name);
        inputs.iter().for_each(|input| run(&target, input));
        let mut random = SeededRandom::new(0x51ed_270b_9e37 ^ target.name.len() as u64);
        for _ in 0..DAMAGED {
            let input = &inputs[random.below(inputs.len())];
            run(&target, &damage(input, &mut random));
        }
    }
}

/// libFuzzer starts from files; each target has a program there.
#[test]
fn every_target_has_its_program_for_the_fuzzer() {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = fs::read_to_string(programs.join("Cargo.toml")).unwrap();
    for Target { name, .. } in TARGETS {
        let program = fs::read_to_string(programs.join(format!("fuzz_targets/{name}.rs"))).unwrap_or_default();
        assert!(program.contains(&format!("\"{name}\"")), "fuzz/fuzz_targets/{name}.rs");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml has no program {name}");
    }
    for folder in fs::read_dir(corpus("")).unwrap() {
        let name = folder.unwrap().file_name();
        assert!(TARGETS.iter().any(|target| name == target.name), "corpus/{} belongs to no target", name.display());
    }
}
