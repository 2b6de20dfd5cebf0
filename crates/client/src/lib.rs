//! What an application links to take and return licenses.

mod address;
mod alive;
pub mod blocking;
mod book;
mod builder;
mod client;
mod clock;
mod connection;
mod driver;
mod error;
mod event;
mod journal;
mod lease;
mod product;
mod secret;
mod shared;

pub use address::{Address, DEFAULT_PORT};
pub use builder::Builder;
pub use client::{Client, Parting, Totals};
pub use clock::{Clock, SystemClock};
pub use connection::{Connecting, Connector, Stream, Tcp, Tls};
pub use error::{ConnectError, Denied, ServerProblem};
pub use event::Event;
pub use journal::DEFAULT_ROOM;
pub use lease::Lease;
pub use licensing::context::Context;
pub use licensing::guid::Guid;
pub use licensing::product::{ProductCode, ProductCodeError};
pub use product::Product;
