//! Conf files of any bytes: `cargo +nightly fuzz run conf`, from `crates/licensing`. A vendor file makes a good first
//! input: copy `tests/fixtures/license_server.conf` to `fuzz/corpus/conf/`.
#![no_main]

#[path = "../exercise.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
