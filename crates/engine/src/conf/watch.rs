//! Noticing edits made outside, within half a second.
//!
//! The file is looked at by its stamp rather than through inotify: that also sees a symbolic link that was turned, a file
//! renamed over it, and folders on network shares, and costs one `stat` per look.

use std::sync::Arc;
use std::time::Duration;

use super::file::FileStamp;
use crate::Engine;
use crate::tasks::ticks;

/// Time between two looks.
pub(crate) const EVERY: Duration = Duration::from_millis(500);

impl Engine {
    /// Watches the file. One task of the list.
    pub async fn watch_conf(self: Arc<Self>) {
        let mut last = None;
        let mut ticks = ticks(EVERY);
        loop {
            ticks.tick().await;
            let now = FileStamp::take(&self.conf_path);
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
