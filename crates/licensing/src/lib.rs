//! Words and rules of Leasehold: no I/O, no clock, no randomness. Also builds for wasm32.
//!
//! Every type parses once, at the edge; every number of the domain stands here once, with its unit and source.

pub mod allocation;
#[cfg(feature = "exchange")]
pub mod bundle;
#[cfg(feature = "exchange")]
pub mod canonical;
pub mod client_protocol;
pub mod conf;
pub mod contact;
pub mod context;
mod excerpt;
pub mod failover;
pub mod guid;
pub mod holding;
pub mod permission;
pub mod product;
#[cfg(feature = "exchange")]
pub mod registration_file;
#[cfg(feature = "exchange")]
pub mod retry;
#[cfg(feature = "exchange")]
pub mod sealed;
#[cfg(feature = "exchange")]
pub mod status_report;
#[cfg(feature = "exchange")]
pub mod status_response;
pub mod usage;
#[cfg(feature = "exchange")]
pub mod vendor_key;
