use std::fmt;
use std::sync::Arc;

use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use super::line::LogMessage;
use super::{Status, StopWarning, VeEvent, VeLogLine};
use crate::clock::Clock;

/// To whom a client speaks.
pub struct VeOutput {
    /// What the program calls itself.
    pub program: String,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Writes a line.
    pub on_line: Arc<dyn Fn(&VeLogLine) + Send + Sync>,
    /// Ends the virtual machine.
    pub on_stop: Arc<dyn Fn(StopWarning) + Send + Sync>,
    /// Those who listen.
    pub events: broadcast::Sender<VeEvent>,
    /// The status.
    pub status: watch::Sender<Status>,
}

impl fmt::Debug for VeOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Voice").field("program", &self.program).finish_non_exhaustive()
    }
}

impl VeOutput {
    /// Writes a line of now.
    pub fn log(&self, (level, message): LogMessage) {
        (self.on_line)(&VeLogLine { at_ms: self.clock.wall_ms(), level, message });
    }

    /// Tells those who listen.
    pub fn tell(&self, event: VeEvent) {
        tracing::debug!(%event, "license of a virtual environment");
        // Nobody need listen.
        let _ = self.events.send(event);
    }

    /// Updates the status.
    pub fn stand(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(change);
    }

    /// Calls the application, in a thread of its own: it may take its time.
    pub fn stop(&self, when: StopWarning) -> JoinHandle<()> {
        let call = self.on_stop.clone();
        tokio::task::spawn_blocking(move || call(when))
    }
}
