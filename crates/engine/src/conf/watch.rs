//! Noticing edits made outside, within half a second.
//!
//! The file is looked at by its stamp rather than through inotify: that also sees a symbolic link that was turned, a file
//! renamed over it, and folders on network shares, and costs one `stat` per look.

use std::sync::Arc;
use std::time::Duration;

use super::file::Stamp;
use crate::Engine;

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(500);

impl Engine {
    /// Watches the file until the engine is told to stop. Run as one task.
    pub async fn watch_conf(self: Arc<Self>) {
        let mut last = None;
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = Stamp::take(&self.conf_path);
            if last == Some(now) {
                continue;
            }
            match self.look_at_conf().await {
                Ok(()) => last = Some(now),
                Err(error) => tracing::error!(%error, "the conf file changed but could not be recorded; trying again"),
            }
        }
    }
}
