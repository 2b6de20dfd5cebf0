//! The exchange with a real licensing node: online, offline, against faults, against a kill at any instant.

#[path = "../../../crates/licensing/tests/exchange/damage.rs"]
pub mod damage;
pub mod node;
#[path = "../../../crates/licensing/tests/support/random.rs"]
pub mod random;
pub mod world;

mod by_hand;
mod correcting;
mod crash;
mod drip;
mod fakes;
mod instances;
mod limits;
mod listener;
mod metrics;
mod monitor;
mod mutated;
mod nodes;
mod refusals;
mod registering;
mod sealed;
mod signing;
mod usage;
