use std::fmt;
use std::sync::Arc;

use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use super::line::Said;
use super::{Event, Line, Status, When};
use crate::clock::Clock;

/// To whom a client speaks.
pub struct Voice {
    /// What the program calls itself.
    pub program: String,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Writes a line.
    pub on_line: Arc<dyn Fn(&Line) + Send + Sync>,
    /// Ends the virtual machine.
    pub on_stop: Arc<dyn Fn(When) + Send + Sync>,
    /// Those who listen.
    pub events: broadcast::Sender<Event>,
    /// The status.
    pub status: watch::Sender<Status>,
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Voice").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Voice {
    /// Writes a line of now.
    pub fn log(&self, (level, message): Said) {
        (self.on_line)(&Line { at_ms: self.clock.wall_ms(), level, message });
    }

    /// Tells those who listen.
    pub fn tell(&self, event: Event) {
        tracing::debug!(%event, "license of a virtual environment");
        // Nobody need listen.
        let _ = self.events.send(event);
    }

    /// Updates the status.
    pub fn stand(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(change);
    }

    /// Calls the application, in a thread of its own: it may take its time.
    pub fn stop(&self, when: When) -> JoinHandle<()> {
        let call = self.on_stop.clone();
        tokio::task::spawn_blocking(move || call(when))
    }
}
