//! Words and rules of Leasehold: no I/O, no clock, no randomness. Also builds for wasm32.
//!
//! Every type parses once, at the edge; every number of the domain stands here once, with its unit and source.

pub mod conf;
pub mod contact;
pub mod context;
mod excerpt;
pub mod guid;
pub mod permission;
