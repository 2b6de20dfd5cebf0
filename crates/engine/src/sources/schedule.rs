//! Looking at each source when its time has come; one that hangs keeps no other waiting.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::SourceInput;
use crate::Engine;

/// How often it is seen whose time has come.
pub(crate) const EVERY: Duration = Duration::from_secs(2);
/// Looks at the same time.
const AT_ONCE: usize = 8;

impl Engine {
    /// Looks at the sources whose time has come, and tells the log when one goes down or comes back.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub(crate) async fn look_at_sources(self: &Arc<Self>) -> Result<(), sqlx::Error> {
        let now = self.clock.now_ms();
        let due: Vec<(String, String, u32, Option<i64>, Option<String>)> =
            sqlx::query_as("SELECT tag, input, every_s, tried_at, problem FROM sources ORDER BY tag")
                .fetch_all(self.store.read())
                .await?;
        let pushed = serde_json::to_string(&SourceInput::Pushed).unwrap_or_default();
        let is_due = |every_s: u32, tried_at: Option<i64>| {
            tried_at.is_none_or(|at| !(0..i64::from(every_s) * 1000).contains(&now.saturating_sub(at)))
        };
        let mut running = JoinSet::new();
        for (tag, input, every_s, tried_at, problem) in due {
            if input == pushed || !is_due(every_s, tried_at) {
                continue;
            }
            if running.len() >= AT_ONCE {
                running.join_next().await;
            }
            let engine = self.clone();
            running.spawn(async move { engine.look_and_tell(&tag, problem).await });
        }
        running.join_all().await;
        Ok(())
    }

    async fn look_and_tell(&self, tag: &str, problem: Option<String>) {
        match (self.look_at(tag).await, problem) {
            (Err(error), None) => tracing::warn!(source = tag, %error, "a source can't be read"),
            (Err(_), Some(_)) | (Ok(_), None) => {}
            (Ok(read), Some(_)) if read.picture.problem.is_none() => tracing::info!(source = tag, "a source is back"),
            (Ok(_), Some(_)) => {}
        }
    }
}
