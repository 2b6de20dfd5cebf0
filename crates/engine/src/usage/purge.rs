//! Retention, and removal of older data in small steps.

use std::sync::Arc;
use std::time::Duration;

use licensing::usage::{DAY_MS, day_of};

use super::count::MINUTE_MS;
use super::{Usage, UsageError};
use crate::DatabaseError;
use crate::Engine;
use crate::tasks::ticks;

/// Retention in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Data files.
    pub files: i64,
    /// Single changes of the number in use, for recomputing peaks after late records. Afterwards they are read from
    /// the data files.
    pub edges: i64,
    /// The hours of a day, and usage by user.
    pub hours: i64,
    /// Days.
    pub days: i64,
    /// Single denials.
    pub denials: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { files: 400, edges: 40, hours: 800, days: 3_653, denials: 400 }
    }
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Data files.
    pub files: u64,
    /// Rows of the roll-ups, including rows whose hours were removed.
    pub rows: u64,
}

/// Rows removed per transaction, to keep it short.
const AT_ONCE: i64 = 2_000;
/// Days after which a lost check-out is forgotten; a later end would be counted again.
const LOST_DAYS: i64 = 30;

/// Time between removals, the first at startup.
pub(crate) const PURGE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// Time between updates of open check-outs.
pub(crate) const UPDATE_EVERY: Duration = Duration::from_secs(60);

impl Engine {
    /// Background task: updates open check-outs.
    pub async fn keep_usage(self: Arc<Self>) {
        let mut ticks = ticks(UPDATE_EVERY);
        loop {
            ticks.tick().await;
            if let Err(error) = self.usage.tick(self.now_ms()).await {
                tracing::error!(%error, "could not update usage in progress");
            }
        }
    }

    /// Background task: removes records past their retention.
    pub async fn keep_usage_short(self: Arc<Self>) {
        let mut ticks = ticks(PURGE_EVERY);
        loop {
            ticks.tick().await;
            if let Err(error) = self.purge_usage(self.now_ms()).await {
                tracing::error!(%error, "could not remove old usage records");
            }
        }
    }

    /// Removes data past its default retention.
    ///
    /// # Errors
    /// [`DatabaseError`]; the next call continues.
    pub async fn purge_usage(&self, now_ms: i64) -> Result<Purged, DatabaseError> {
        self.usage.purge(now_ms, Retention::default()).await
    }
}

impl Usage {
    /// Removes data past its retention.
    ///
    /// # Errors
    /// [`DatabaseError`]; the next call continues.
    pub async fn purge(&self, now_ms: i64, retention: Retention) -> Result<Purged, DatabaseError> {
        let today = day_of(now_ms);
        let before = |days: i64| today - days;
        let mut purged = Purged { files: self.purge_files(before(retention.files)).await?, rows: 0 };
        self.raise(before(retention.edges), before(retention.hours)).await?;
        let steps = [
            (
                "DELETE FROM usage_edges WHERE (day, series, chunk) IN
                 (SELECT day, series, chunk FROM usage_edges WHERE day < ?1 LIMIT ?2)",
                before(retention.edges),
            ),
            (
                "DELETE FROM usage_users WHERE (series, day) IN (SELECT series, day FROM usage_users WHERE day < ?1 LIMIT ?2)",
                before(retention.hours),
            ),
            (
                "UPDATE usage_days SET hours = NULL WHERE (series, day) IN
                 (SELECT series, day FROM usage_days WHERE day < ?1 AND hours IS NOT NULL LIMIT ?2)",
                before(retention.hours),
            ),
            (
                "DELETE FROM usage_days WHERE (series, day) IN (SELECT series, day FROM usage_days WHERE day < ?1 LIMIT ?2)",
                before(retention.days),
            ),
            (
                "DELETE FROM usage_denials WHERE (minute, series, user) IN
                 (SELECT minute, series, user FROM usage_denials WHERE minute < ?1 LIMIT ?2)",
                before(retention.denials) * (DAY_MS / MINUTE_MS),
            ),
        ];
        for (sql, limit) in steps {
            loop {
                // While holding the writer's lock, so that no day in memory changes.
                let _writer = self.inner.writer.lock().await;
                let mut tx = self.inner.store.write().await?;
                let removed = sqlx::query(sql).bind(limit).bind(AT_ONCE).execute(&mut *tx).await?.rows_affected();
                tx.commit().await?;
                purged.rows += removed;
                if removed < AT_ONCE.unsigned_abs() {
                    break;
                }
            }
        }
        self.forget_lost(now_ms - LOST_DAYS * DAY_MS).await?;
        Ok(purged)
    }

    /// Records the purged range before purging, and drops it from memory.
    async fn raise(&self, edges: i64, hours: i64) -> Result<(), DatabaseError> {
        let mut writer = self.inner.writer.lock().await;
        let (edges, hours) = (edges.max(writer.rolled.edges_from), hours.max(writer.rolled.hours_from));
        let mut tx = self.inner.store.write().await?;
        sqlx::query("UPDATE usage_rolled SET edges_from = ?, hours_from = ?")
            .bind(edges)
            .bind(hours)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        (writer.rolled.edges_from, writer.rolled.hours_from) = (edges, hours);
        writer.days.forget_before(edges.max(hours));
        Ok(())
    }

    async fn purge_files(&self, before: i64) -> Result<u64, UsageError> {
        let mut writer = self.inner.writer.lock().await;
        let old: Vec<i64> = writer.files.days().take_while(|day| *day < before).collect();
        for day in &old {
            // The row first: a missing file with a row would be reported as lost.
            let mut tx = self.inner.store.write().await?;
            sqlx::query("DELETE FROM usage_files WHERE day = ?").bind(day).execute(&mut *tx).await?;
            tx.commit().await?;
            writer.files.remove(*day)?;
        }
        Ok(old.len() as u64)
    }

    async fn forget_lost(&self, before: i64) -> Result<(), DatabaseError> {
        let mut writer = self.inner.writer.lock().await;
        let mut tx = self.inner.store.write().await?;
        sqlx::query("DELETE FROM usage_open WHERE lost_at < ?").bind(before).execute(&mut *tx).await?;
        tx.commit().await?;
        writer.out.retain(|_, out| out.lost_at.is_none_or(|at| at >= before));
        Ok(())
    }
}
