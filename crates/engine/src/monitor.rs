//! The license of the usage monitor: where it comes from, its violations, and which records of use they lock.
//!
//! The rules are `licensing::monitor`; records are judged and sealed by the counting of use, which asks [`MonitorWatch`].

mod watch;

use std::sync::Arc;

pub use watch::MonitorWatch;
pub(crate) use watch::ReadSources;

use crate::clock::Clock;
use crate::store::Store;

/// The monitor's license of a running server.
#[derive(Debug)]
pub struct Monitor {
    /// Judges records. Shared with the counting of use.
    pub(crate) watch: Arc<MonitorWatch>,
}

impl Monitor {
    /// The state of an earlier run.
    pub(crate) async fn open(store: &Store, clock: Arc<dyn Clock>) -> Result<Self, sqlx::Error> {
        let stored: Option<String> =
            sqlx::query_scalar("SELECT state FROM monitor_state").fetch_optional(store.read()).await?;
        Ok(Self { watch: Arc::new(MonitorWatch::new(clock, stored.as_deref())) })
    }
}
