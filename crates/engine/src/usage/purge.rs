//! Retention, and removal of older data in small steps.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use licensing::contact::{CONFIRMED_AFTER, Millis};
use licensing::usage::{DAY_MS, PurgeProgress, day_of};
use sqlx::{Sqlite, Transaction};

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
    /// The newest data files, by number, stay whatever their day.
    pub newest_files: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self { files: 400, edges: 40, hours: 800, days: 3_653, denials: 400, newest_files: 31 }
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
/// Days for which a data file stays after an import into it, so that a history can be imported in several goes.
const IMPORTED_DAYS: i64 = 40;

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
            match self.purge_usage().await {
                Ok(Some(_)) => {}
                Ok(None) => tracing::warn!("no old usage records are removed while this machine's clock is in doubt"),
                Err(error) => tracing::error!(%error, "could not remove old usage records"),
            }
        }
    }

    /// Removes data past its default retention, and the runs of clients it belongs to; at most one day's worth a day of measured time.
    /// `None`: nothing, because the clock is in doubt.
    ///
    /// # Errors
    /// [`DatabaseError`]; the next call continues.
    pub async fn purge_usage(&self) -> Result<Option<Purged>, DatabaseError> {
        let contact = self.contact();
        // One that has stood still behind for a week will not be confirmed: measured time ran ahead once, by little or much, and goes on
        // at its pace since.
        let is_behind = contact.standing.is_some_and(|standing| standing.by < 0 && standing.lasted >= CONFIRMED_AFTER);
        if contact.flagged.is_some() && !is_behind {
            return Ok(None);
        }
        let until = self.usage.count_retention(contact.high_water).await? * DAY_MS;
        let purged = self.usage.purge(until, Retention::default()).await?;
        self.purge_runs(until).await?;
        Ok(Some(purged))
    }
}

impl Usage {
    /// The UTC day from which retention is counted now, stored before anything is removed.
    async fn count_retention(&self, measured: Millis) -> Result<i64, DatabaseError> {
        let newest = self.inner.writer.lock().await.newest_day();
        let mut tx = self.inner.store.write().await?;
        let before: Option<(i64, i64)> =
            sqlx::query_as("SELECT counted, done FROM usage_purge").fetch_optional(&mut *tx).await?;
        let before = before.map(|(counted, done)| PurgeProgress { counted, done });
        let progress = PurgeProgress::on(before, day_of(measured), newest);
        sqlx::query(
            "INSERT INTO usage_purge (id, counted, done) VALUES (1, ?1, ?2)
             ON CONFLICT (id) DO UPDATE SET counted = ?1, done = ?2",
        )
        .bind(progress.counted)
        .bind(progress.done)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(progress.day())
    }

    /// Removes data past its retention, counted from `now_ms`.
    ///
    /// # Errors
    /// [`DatabaseError`]; the next call continues.
    pub async fn purge(&self, now_ms: i64, retention: Retention) -> Result<Purged, DatabaseError> {
        let today = day_of(now_ms);
        let before = |days: i64| today - days;
        let mut purged = Purged {
            files: self.purge_files(before(retention.files), retention.newest_files, before(IMPORTED_DAYS)).await?,
            rows: 0,
        };
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

    async fn purge_files(&self, before: i64, newest: usize, imported_from: i64) -> Result<u64, UsageError> {
        let _importing = self.inner.importing.lock().await;
        let mut writer = self.inner.writer.lock().await;
        let imported: HashSet<i64> = sqlx::query_scalar("SELECT day FROM usage_files WHERE imported >= ?")
            .bind(imported_from)
            .fetch_all(self.inner.store.read())
            .await?
            .into_iter()
            .collect();
        let most = writer.files.days().count().saturating_sub(newest);
        // What is locked is in its file only; what nothing opens any more keeps no file.
        let locked: Vec<i64> = sqlx::query_scalar(
            "SELECT h.day FROM locked_headers AS h LEFT JOIN locked_damage AS d ON d.day = h.day
             GROUP BY h.day HAVING sum(h.records - h.opened) > coalesce(max(d.settled), 0)",
        )
        .fetch_all(self.inner.store.read())
        .await?;
        let old = writer.files.days().take(most).take_while(|day| *day < before);
        let old: Vec<i64> = old.filter(|day| !locked.contains(day) && !imported.contains(day)).collect();
        for day in &old {
            // The row first: a missing file with a row would be reported as lost.
            let mut tx = self.inner.store.write().await?;
            sqlx::query("DELETE FROM usage_files WHERE day = ?").bind(day).execute(&mut *tx).await?;
            forget_locked(&mut tx, *day).await?;
            sqlx::query("INSERT OR IGNORE INTO usage_removed (day) VALUES (?)").bind(day).execute(&mut *tx).await?;
            tx.commit().await?;
            writer.files.remove(*day)?;
        }
        Ok(old.len() as u64)
    }

    async fn forget_lost(&self, before: i64) -> Result<(), DatabaseError> {
        let mut writer = self.inner.writer.lock().await;
        // The end of one may be among the locked records.
        if writer.locked.count > 0 {
            return Ok(());
        }
        let mut tx = self.inner.store.write().await?;
        sqlx::query("DELETE FROM usage_open WHERE lost_at < ?").bind(before).execute(&mut *tx).await?;
        tx.commit().await?;
        writer.out.retain(|_, out| out.lost_at.is_none_or(|at| at >= before));
        Ok(())
    }
}

/// Removes what is stored about the locked records of a day.
async fn forget_locked(tx: &mut Transaction<'static, Sqlite>, day: i64) -> Result<(), sqlx::Error> {
    const STEPS: [&str; 4] = [
        "DELETE FROM locked_opened WHERE header IN (SELECT id FROM locked_headers WHERE day = ?)",
        "DELETE FROM locked_headers WHERE day = ?",
        "DELETE FROM locked_files WHERE day = ?",
        "DELETE FROM locked_damage WHERE day = ?",
    ];
    for sql in STEPS {
        sqlx::query(sql).bind(day).execute(&mut **tx).await?;
    }
    Ok(())
}
