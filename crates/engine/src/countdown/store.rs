//! Storing: the anchors first, then the database; only then the time counts as charged.

use std::sync::Arc;

use super::error::PersistError;
use super::meter::StoreJob;
use super::{Inner, StoredBalance, anchor, rows};

/// What is being stored. If its task is cut short it counts as not stored, and the next tick tries again.
struct Storing<'a> {
    inner: &'a Inner,
    job: Option<StoreJob>,
}

impl Storing<'_> {
    fn done(&mut self, result: Result<(), String>, go_on: bool) {
        let Some(job) = self.job.take() else { return };
        let now = self.inner.now();
        let mut meter = self.inner.meter();
        meter.done(job, result, now);
        self.job = if go_on { meter.job(now) } else { None };
        meter.storing = self.job.is_some();
    }
}

impl Drop for Storing<'_> {
    fn drop(&mut self) {
        self.done(Err("storing was interrupted".to_owned()), false);
    }
}

impl Inner {
    /// Stores what is waiting, in one task at a time.
    pub(super) fn kick(self: &Arc<Self>) {
        self.publish();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let now = self.now();
        let mut meter = self.meter();
        if meter.storing {
            return;
        }
        if let Some(job) = meter.job(now) {
            meter.storing = true;
            runtime.spawn(self.clone().store_all(job));
        }
    }

    async fn store_all(self: Arc<Self>, first: StoreJob) {
        let mut storing = Storing { inner: &self, job: Some(first) };
        while let Some(job) = &storing.job {
            let result = self.store(job).await.map_err(|error| error.to_string());
            storing.done(result, true);
            self.publish();
        }
    }

    async fn store(self: &Arc<Self>, job: &StoreJob) -> Result<(), PersistError> {
        if let Some(saved) = job.saved.clone() {
            let places = self.clone();
            let written = tokio::task::spawn_blocking(move || places.write_anchors(&saved)).await;
            written.map_err(std::io::Error::other).map_err(sqlx::Error::Io)??;
        }
        let mut tx = self.store.write().await?;
        if let Some(saved) = &job.saved {
            rows::store(&mut tx, saved).await?;
        }
        for row in &job.runs {
            rows::store_run(&mut tx, row).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Both anchors. The outside one may be missing if it can't be created; one that exists must be saved up to date.
    fn write_anchors(&self, saved: &StoredBalance) -> Result<(), PersistError> {
        anchor::write(&self.anchor, saved)?;
        let Some(folder) = &self.outside else { return Ok(()) };
        let path = anchor::named(folder, &saved.installation);
        match anchor::write(&path, saved) {
            Err(error) if std::fs::symlink_metadata(&path).is_ok() => Err(error),
            // Logged at startup.
            _ => Ok(()),
        }
    }
}
