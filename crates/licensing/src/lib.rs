//! Types and rules of Leasehold: no I/O, no clock, no randomness. Also builds for wasm32.
//!
//! Every type is parsed once, at the edge; every constant of the domain is here once, with its unit and source.

#[cfg(feature = "exchange")]
pub mod alerts;
pub mod allocation;
#[cfg(feature = "exchange")]
pub mod attention;
pub mod audit;
#[cfg(feature = "exchange")]
pub mod bundle;
#[cfg(feature = "exchange")]
pub mod canonical;
#[cfg(feature = "exchange")]
pub mod checklist;
pub mod client_protocol;
pub mod clock_reading;
pub mod conf;
pub mod contact;
pub mod context;
pub mod countdown;
pub mod drain;
mod excerpt;
pub mod failover;
pub mod grace;
pub mod guid;
pub mod holding;
pub mod log_line;
#[cfg(feature = "exchange")]
pub mod machine;
#[cfg(feature = "exchange")]
pub mod peers;
pub mod permission;
pub mod plain_text;
pub mod product;
#[cfg(feature = "exchange")]
pub mod registration;
#[cfg(feature = "exchange")]
pub mod registration_file;
#[cfg(feature = "exchange")]
pub mod retry;
#[cfg(feature = "exchange")]
pub mod sealed;
pub mod search;
#[cfg(feature = "exchange")]
pub mod self_check;
pub mod service;
#[cfg(feature = "exchange")]
pub mod status_report;
#[cfg(feature = "exchange")]
pub mod status_response;
pub mod usage;
pub mod ve;
#[cfg(feature = "exchange")]
pub mod vendor_key;
pub mod words;
