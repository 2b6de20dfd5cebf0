//! The service, its port, the client and the tool over real connections on the loopback address.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod calls;
mod client;
mod port;
mod standin;
mod tool;
