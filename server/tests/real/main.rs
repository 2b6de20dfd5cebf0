//! The real binary: its commands, a crash at any instant, edits made outside, two writers.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod commands;
mod crash;
mod faults;
mod harness;
mod outside;
mod serving;
