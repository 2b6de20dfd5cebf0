//! The client of a virtual environment: logs in, holds one license while it runs, and stops after losing it for too
//! long.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use client::ve::{StopWarning, VeClient};
//!
//! let client = VeClient::builder()
//!     .servers(["VE://10.1.1.1:8083/1111-2222-3333-4444", "VE://10.1.1.2/5555-6666-7777-8888"])
//!     .product("Charon-SSP/4U")
//!     .version(5, 3)
//!     .cpus(2)
//!     .memory_mb(2048)
//!     .on_stop(|when| match when {
//!         StopWarning::Soon { left_ms } => eprintln!("Shut the guest down: {} s left.", left_ms / 1_000),
//!         StopWarning::Now => eprintln!("The end."),
//!     })
//!     .connect() // returns when it has the license
//!     .await?;
//!
//! // … the virtual machine runs …
//!
//! client.close().await; // logs out: hours stop
//! # Ok(())
//! # }
//! ```
//!
//! # What happens
//! After 10 seconds without an answer, the client moves to the next server; at once if a server says that it doesn't
//! serve this client now. It returns to the primary as soon as that responds. If no server provides the license, the
//! grace period of the last license begins (two hours if there was none yet), and ends when a server provides one. At
//! its end the client stops and logs out everywhere. Time asleep counts.

pub mod blocking;
mod builder;
mod error;
mod event;
mod keeper;
mod line;
mod output;
mod status;

pub use builder::Builder;
pub use error::LoginError;
pub use event::{StopWarning, VeEvent};
pub use line::{COMPONENT, VeLogLine};
pub use status::{Status, VeStatus};

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::client::ClientShutdown;

/// A client of a virtual environment. Cheap to clone; it logs out when it is [closed](VeClient::close), or its last
/// clone is dropped.
#[derive(Debug, Clone)]
pub struct VeClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    status: watch::Receiver<Status>,
    events: broadcast::Sender<VeEvent>,
    first: Mutex<Option<broadcast::Receiver<VeEvent>>>,
    closing: watch::Sender<bool>,
    ended: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<ClientShutdown>>>,
}

impl VeClient {
    /// Sets up a client.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Its current status.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.status.borrow().clone()
    }

    /// Events. The first listener gets all from the start, others from now on; a slow one misses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<VeEvent> {
        let first = self.0.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        first.unwrap_or_else(|| self.0.events.subscribe())
    }

    /// Returns when the virtual machine must have stopped: the grace period is over, the login was refused, or the
    /// client was closed.
    pub async fn stopped(&self) -> VeStatus {
        let mut status = self.0.status.clone();
        // A finished task has no license.
        status.wait_for(|status| status.standing.is_over()).await.map_or(VeStatus::Stopped, |status| status.standing)
    }

    /// Logs out, which frees the license and stops hours, within 10 seconds.
    pub async fn close(self) -> ClientShutdown {
        self.0.closing.send_replace(true);
        let task = self.0.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        match task {
            // A finished task has nothing more to send.
            Some(task) => task.await.unwrap_or_default(),
            None => ClientShutdown::default(),
        }
    }

    /// Returns when the license is there.
    async fn logged_in(self) -> Result<VeClient, LoginError> {
        let mut status = self.0.status.clone();
        let decided = status.wait_for(|status| status.standing != VeStatus::LoggingIn).await;
        let status = decided.map(|status| status.clone()).map_err(|_| LoginError::Ended)?;
        match status.standing {
            VeStatus::Licensed => Ok(self),
            VeStatus::Refused => Err(LoginError::Refused { servers: status.problems }),
            _ => Err(LoginError::NoServer { servers: status.problems }),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.closing.send_replace(true);
    }
}
