//! When a client command ends: told to by a signal, or its time is over.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Failure;

/// What ends a command, listened for from when this was made.
#[derive(Debug)]
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
    duration: Option<Duration>,
}

impl Stop {
    /// Listens for SIGTERM and SIGINT. `duration`: stops after that time.
    ///
    /// # Errors
    /// When the system gives no way to listen.
    pub fn listen(duration: Option<Duration>) -> Result<Self, Failure> {
        let failed = |error| Failure::failed(format!("Can't listen for signals: {error}."));
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            duration,
        })
    }

    /// Returns when the command is to end.
    pub async fn told(&mut self) {
        let over = async {
            match self.duration {
                Some(duration) => tokio::time::sleep(duration).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = over => {}
        }
    }
}
