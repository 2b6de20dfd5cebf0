//! The reporting API (gRPC): its interface, a client, the service, and what `license-reporter-tool` does.
//!
//! The service knows no engine: it asks a [`service::ReportingSource`]. [`listen::serve`] answers cleartext HTTP/2 and TLS on
//! one port.

pub mod client;
pub mod curl;
pub mod listen;
pub mod service;
pub mod tool;
pub mod wire;

pub use listen::{HeldStream, NotedService, ReplayedStream};
