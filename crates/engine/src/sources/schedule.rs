//! Looking at each source when its time has come; one that hangs keeps no other waiting.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinSet};

use super::SourceInput;
use crate::Engine;

/// How often it is seen whose time has come.
pub(crate) const EVERY: Duration = Duration::from_secs(2);
/// Looks at the same time.
const AT_ONCE: usize = 8;

/// Looks that have begun. They outlast the round that began them.
#[derive(Debug, Default)]
pub(super) struct RunningLooks {
    looks: JoinSet<()>,
    tags: HashMap<Id, String>,
}

impl RunningLooks {
    fn forget_ended(&mut self) {
        while let Some(ended) = self.looks.try_join_next_with_id() {
            let id = match ended {
                Ok((id, ())) => id,
                Err(error) => {
                    tracing::error!(source = self.tags.get(&error.id()), %error, "a look at a source failed");
                    error.id()
                }
            };
            self.tags.remove(&id);
        }
    }

    fn has(&self, tag: &str) -> bool {
        self.tags.values().any(|running| running == tag)
    }

    fn begin(&mut self, tag: String, look: impl Future<Output = ()> + Send + 'static) {
        let id = self.looks.spawn(look).id();
        self.tags.insert(id, tag);
    }
}

/// What tells when a source is to be looked at.
#[derive(sqlx::FromRow)]
struct WaitingSource {
    tag: String,
    input: String,
    every_s: u32,
    tried_at: Option<i64>,
    problem: Option<String>,
}

impl Engine {
    /// Begins to look at the sources whose time has come, those first that wait longest. The log is told when one goes
    /// down or comes back.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub(super) async fn begin_looks(self: &Arc<Self>, running: &mut RunningLooks) -> Result<(), sqlx::Error> {
        running.forget_ended();
        let now = self.clock.now_ms();
        let sources: Vec<WaitingSource> =
            sqlx::query_as("SELECT tag, input, every_s, tried_at, problem FROM sources ORDER BY tried_at, tag")
                .fetch_all(self.store.read())
                .await?;
        let pushed = serde_json::to_string(&SourceInput::Pushed).unwrap_or_default();
        let is_due = |every_s: u32, tried_at: Option<i64>| {
            tried_at.is_none_or(|at| !(0..i64::from(every_s) * 1000).contains(&now.saturating_sub(at)))
        };
        for WaitingSource { tag, input, every_s, tried_at, problem } in sources {
            if running.looks.len() >= AT_ONCE {
                break;
            }
            if input == pushed || !is_due(every_s, tried_at) || running.has(&tag) {
                continue;
            }
            let (engine, of) = (self.clone(), tag.clone());
            running.begin(tag, async move { engine.look_and_tell(&of, problem).await });
        }
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
