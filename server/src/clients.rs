//! The license port: where applications say hello, refresh, hand in records and say goodbye (docs/CLIENT-PROTOCOL.md).
//!
//! Plain HTTP/1.1, the ordinary case, is read here, so that ten thousand idle connections cost next to nothing;
//! HTTP/2, TLS and everything unusual goes to hyper. Both end in [`answer::answer`].

mod answer;
mod bind;
mod connection;
mod listen;
mod request;
pub mod ve;

pub use bind::bind;
pub use listen::AGAIN;
