//! The node as servers see it: a real router on a loopback port, a clock moved by hand.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod answers;
mod folder;
mod harness;
mod instances;
mod licenses;
mod monitor;
mod refusals;
mod sealed;
mod ve;
