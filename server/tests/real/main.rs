//! The real binary: its commands, a crash at any instant, edits made outside, two writers.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod api;
mod backup;
mod chaos;
mod clients;
mod commands;
mod contact;
mod crash;
mod exchange;
mod failover;
mod faults;
mod flood;
mod harness;
mod logs;
mod outside;
mod peers;
mod proxies;
mod reporting;
mod serving;
mod tasks;
mod usage;
mod ve;
