//! The exchange with a real licensing node: online, offline, against faults, against a kill at any instant.

pub mod dice;
pub mod node;
pub mod world;

mod by_hand;
mod crash;
mod drip;
mod fakes;
mod instances;
mod limits;
mod listener;
mod metrics;
mod mutated;
mod nodes;
mod refusals;
mod registering;
mod sealed;
mod signing;
mod usage;
