#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (targets::target("source_texts").run)(bytes));
