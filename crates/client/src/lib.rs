//! The client library: applications use it to check out and return licenses.
//!
//! Licenses are taken and returned in this process's own memory: no request waits for the network. A background task
//! asks the license server every two seconds how many may be used, and reports its usage.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // The primary first, then its backups. Returns when one has answered.
//! let client = client::Client::connect(["lic1:7569", "lic2"]).await?;
//!
//! let lease = client.acquire("SPEECH").await?;
//! // … while the license is in use …
//! drop(lease); // returns it
//!
//! client.close().await; // delivers usage and says goodbye
//! # Ok(())
//! # }
//! ```
//!
//! # Many licenses
//! A [`Product`] is the fast way. [`Product::try_acquire`] and returning the lease take less than 100 ns and allocate
//! nothing.
//!
//! ```no_run
//! # async fn example(client: client::Client) -> Result<(), client::Denied> {
//! let speech = client.product("SPEECH")?;
//! let first = speech.acquire().await?; // waits up to 10 s for the server's limit to grow
//! let second = speech.try_acquire_as("anna")?; // at once, in the name of a user
//! # Ok(())
//! # }
//! ```
//!
//! # Without tokio
//! ```no_run
//! # fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = client::blocking::Client::connect(["lic1:7569"])?;
//! let lease = client.acquire("SPEECH")?;
//! drop(lease);
//! client.close();
//! # Ok(())
//! # }
//! ```
//!
//! # What happens
//! Without a usable answer from the primary for 10 seconds, the client moves to a backup, and returns when the primary
//! responds; leases stay valid. Without any server for two minutes, leases end, and requests are denied until one
//! responds.
//!
//! ```no_run
//! # fn example(client: &client::Client) {
//! let mut events = client.events();
//! tokio::spawn(async move {
//!     while let Ok(event) = events.recv().await {
//!         eprintln!("{event}"); // each is a sentence
//!     }
//! });
//! # }
//! ```
//!
//! # Denials
//! Every [`Denied`] is a sentence that names the product, the server and what to do; its variants distinguish the
//! cases.
//!
//! ```no_run
//! # fn example(speech: &client::Product) {
//! use client::Denied;
//!
//! match speech.try_acquire() {
//!     Ok(lease) => drop(lease),
//!     Err(Denied::AllInUse { licensed, .. }) => eprintln!("All {licensed} are in use."),
//!     Err(Denied::NoServer { servers, .. } | Denied::Flushed { servers, .. }) => {
//!         servers.iter().for_each(|problem| eprintln!("{problem}"));
//!     }
//!     Err(other) => eprintln!("{other}"),
//! }
//! # }
//! ```
//!
//! # A virtual machine
//! One license while it runs, with a grace period if it is lost: see [`ve`].
//!
//! # Usage
//! Time in use is measured with a clock that includes time asleep (`CLOCK_BOOTTIME`); check-outs and returns are timed
//! to within a tick of the kernel's clock (1 to 10 ms). Totals are never lost; up to 100,000 single records are kept
//! while no server stores them ([`Builder::records`]), and dropped ones are counted.

mod address;
pub mod blocking;
mod builder;
mod client;
mod clock;
mod connection;
mod driver;
mod error;
mod event;
mod guard;
mod journal;
mod keeper_event;
mod lease;
mod lease_pool;
mod product;
mod products;
mod secret;
mod shared;
pub mod ve;

pub use address::{Address, DEFAULT_PORT};
pub use builder::Builder;
pub use client::{Client, ClientShutdown, ClientTotals};
pub use clock::{Clock, SystemClock};
pub use connection::{ByteStream, Connecting, Connector, Tcp, Tls};
pub use error::{ConnectError, Denied, ServerProblem};
pub use event::ClientEvent;
pub use journal::DEFAULT_ROOM;
pub use lease::Lease;
pub use licensing::context::Context;
pub use licensing::guid::Guid;
pub use licensing::product::{ProductCode, ProductCodeError};
pub use product::Product;

// This workspace forbids unsafe code, which a counting allocator needs; an example of its own is compiled without that
// lint.
#[cfg(doctest)]
#[doc = include_str!("../tests/no_allocation.md")]
struct NoAllocation;
