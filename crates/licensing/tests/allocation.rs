//! The allocation of licenses against honest and dishonest clients, lost and late messages, crashes and restarts.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "allocation/client.rs"]
mod client;
#[path = "allocation/fair.rs"]
mod fair;
#[path = "allocation/model.rs"]
mod model;
#[path = "allocation/office.rs"]
mod office;
#[path = "allocation/search.rs"]
mod search;
#[path = "allocation/shape.rs"]
mod shape;
#[path = "allocation/storm.rs"]
mod storm;
#[path = "allocation/traces.rs"]
mod traces;
#[path = "allocation/world.rs"]
mod world;
