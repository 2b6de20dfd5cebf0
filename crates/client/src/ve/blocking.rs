//! The same for applications that do not use tokio. The client works in a thread of its own.

use tokio::runtime;
use tokio::sync::broadcast;

use super::{Builder, LoginError, Status, VeEvent, VeStatus};
use crate::blocking::{in_thread, wait};
use crate::client::ClientShutdown;
use crate::error::ConnectError;

/// A client of a virtual environment whose calls wait in place. Cheap to clone; may be used from any thread.
#[derive(Debug, Clone)]
pub struct VeClient {
    client: super::VeClient,
    runtime: runtime::Handle,
}

/// What happens.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<VeEvent>);

impl VeClient {
    /// Sets up a client; end with [`Builder::connect_blocking`] or [`Builder::start_blocking`].
    pub fn builder() -> Builder {
        super::VeClient::builder()
    }

    /// As [`super::VeClient::status`].
    #[must_use]
    pub fn status(&self) -> Status {
        self.client.status()
    }

    /// As [`super::VeClient::events`].
    #[must_use]
    pub fn events(&self) -> Events {
        Events(self.client.events())
    }

    /// As [`super::VeClient::stopped`].
    #[must_use]
    pub fn stopped(&self) -> VeStatus {
        let client = self.client.clone();
        // A thread that has ended has stopped.
        wait(&self.runtime, async move { client.stopped().await }).unwrap_or_else(|| self.status().standing)
    }

    /// As [`super::VeClient::close`].
    pub fn close(self) -> ClientShutdown {
        let Self { client, runtime } = self;
        wait(&runtime, async move { client.close().await }).unwrap_or_default()
    }
}

impl Events {
    /// The next event if there is one.
    pub fn try_next(&mut self) -> Option<VeEvent> {
        loop {
            match self.0.try_recv() {
                Ok(event) => return Some(event),
                // The oldest were missed; the next one is there.
                Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(_) => return None,
            }
        }
    }
}

impl Builder {
    /// As [`Builder::connect`], for an application without tokio.
    ///
    /// # Errors
    /// As [`Builder::connect`].
    pub fn connect_blocking(self) -> Result<VeClient, LoginError> {
        begin(async move { self.connect().await })
    }

    /// As [`Builder::start`], for an application without tokio.
    ///
    /// # Errors
    /// As [`Builder::start`].
    pub fn start_blocking(self) -> Result<VeClient, LoginError> {
        begin(async move { self.start() })
    }
}

fn begin(
    start: impl Future<Output = Result<super::VeClient, LoginError>> + Send + 'static,
) -> Result<VeClient, LoginError> {
    let start = async move {
        let client = start.await?;
        let ended = client.0.ended.subscribe();
        Ok((client, ended))
    };
    let failed = |reason: String| LoginError::Setup(ConnectError::Runtime(reason));
    let (client, runtime) = in_thread(start, failed)?;
    Ok(VeClient { client, runtime })
}
