//! Notices outside changes within a second: two looks in a row must agree, because a program may still be writing.
//!
//! Compares the file's stamp instead of using inotify: that also notices a changed symbolic link, a file renamed over
//! it, and changes on network shares, for one `stat` per check.

use std::sync::Arc;
use std::time::Duration;

use super::file::FileStamp;
use crate::Engine;
use crate::tasks::ticks;

/// Time between two checks.
pub(crate) const EVERY: Duration = Duration::from_millis(500);
/// Time between two looks at a file that has changed.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

impl Engine {
    /// Background task: watches the file.
    pub async fn watch_conf(self: Arc<Self>) {
        let mut last = None;
        let mut ticks = ticks(EVERY);
        loop {
            ticks.tick().await;
            let now = FileStamp::take(&self.conf_path);
            if last == Some(now) {
                continue;
            }
            match self.look_at_conf(AGAIN_AFTER).await {
                Ok(()) => last = Some(now),
                Err(error) => tracing::error!(%error, "could not record a change of the conf file; trying again"),
            }
        }
    }
}
