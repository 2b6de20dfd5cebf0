//! One function for every parser that reads what others wrote: it takes any bytes and asserts what must hold. Nothing
//! panics, a refusal is a sentence, and what was accepted reads back the same.
//!
//! A test runs each with its seeds, the kept corpus and damage from a fixed seed; `make fuzz` runs libFuzzer on each.

mod client_protocol;
pub mod conf;
mod files;
mod lines;
mod peers;
mod sealed;
mod seeds;
mod tool;
mod words;

/// A parser, and what must hold for it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its folder in the corpus.
    pub name: &'static str,
    /// Panics if something does not hold.
    pub run: fn(&[u8]),
    /// Inputs it accepts, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 15] = [
    Target { name: "client_protocol", run: client_protocol::run, seeds: seeds::client_protocol },
    Target { name: "conf", run: conf::exercise, seeds: seeds::conf },
    Target { name: "license_request", run: files::license_request, seeds: seeds::license_request },
    Target { name: "license_text", run: files::license_text, seeds: seeds::license_text },
    Target { name: "log_line", run: lines::log_line, seeds: seeds::log_line },
    Target { name: "monitor_license", run: files::monitor_license, seeds: seeds::monitor_license },
    Target { name: "peer_messages", run: peers::run, seeds: seeds::peer_messages },
    Target { name: "registration_file", run: files::registration_file, seeds: seeds::registration_file },
    Target { name: "sealed", run: sealed::run, seeds: seeds::sealed },
    Target { name: "source_texts", run: lines::source_texts, seeds: seeds::source_texts },
    Target { name: "status_report", run: files::status_report, seeds: seeds::status_report },
    Target { name: "status_response", run: files::status_response, seeds: seeds::status_response },
    Target { name: "tool_arguments", run: tool::arguments, seeds: seeds::tool_arguments },
    Target { name: "usage_line", run: lines::usage_line, seeds: seeds::usage_line },
    Target { name: "words", run: words::run, seeds: seeds::words },
];

/// The target of this name.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn target(name: &str) -> Target {
    let found = TARGETS.into_iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("there is no target {name}"))
}

/// A refusal that a person can read: a short line that ends as a sentence.
fn is_a_sentence(error: &impl std::fmt::Display) {
    let sentence = error.to_string();
    assert!(sentence.ends_with(['.', '?', ')']), "{sentence}");
    is_readable(&sentence);
}

/// A short line without anything invisible that breaks it.
fn is_readable(sentence: &str) {
    assert!(!sentence.is_empty() && sentence.chars().count() < 600, "{sentence}");
    assert!(!sentence.chars().any(licensing::plain_text::breaks_a_line), "{sentence:?}");
}
