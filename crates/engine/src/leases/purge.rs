//! Removal of runs that nothing needs any more.

use licensing::usage::DAY_MS;

use crate::usage::Retention;
use crate::{DatabaseError, Engine};

/// Runs without any usage are kept for this time, days.
const WITHOUT_USAGE: i64 = 1;
/// Runs removed per transaction, to keep it short.
const AT_ONCE: i64 = 2_000;

impl Engine {
    /// Removes runs that are not in memory: those without usage after a day, the others with their check-outs, and none that
    /// locked records may be of: an open check-out among them ends with the last sign of life of its run.
    ///
    /// # Errors
    /// [`DatabaseError`]; the next call continues.
    pub(crate) async fn purge_runs(&self, now_ms: i64) -> Result<u64, DatabaseError> {
        let before = |days: i64| now_ms.saturating_sub(days.saturating_mul(DAY_MS));
        let in_memory = serde_json::Value::from_iter(self.leases.known()).to_string();
        let mut removed = 0;
        loop {
            let mut tx = self.store.write().await?;
            let gone: Vec<i64> = sqlx::query_scalar(
                "SELECT id FROM lease_runs AS r
                 WHERE r.seen < ?2 AND r.id NOT IN (SELECT value FROM json_each(?3))
                   AND NOT EXISTS (SELECT 1 FROM usage_open AS o WHERE o.session = r.id)
                   AND ((r.seen < ?1 AND NOT EXISTS (SELECT 1 FROM locked_headers AS h WHERE h.opened < h.records))
                        OR (NOT EXISTS (SELECT 1 FROM usage_streams AS s WHERE s.session = r.id)
                            AND NOT EXISTS (SELECT 1 FROM json_each(r.uses) AS u WHERE u.value ->> 'n' > 0 OR u.value ->> 'ms' > 0)))
                 LIMIT ?4",
            )
            .bind(before(Retention::default().files))
            .bind(before(WITHOUT_USAGE))
            .bind(&in_memory)
            .bind(AT_ONCE)
            .fetch_all(&mut *tx)
            .await?;
            if gone.is_empty() {
                return Ok(removed);
            }
            removed += gone.len() as u64;
            let gone = serde_json::Value::from_iter(gone).to_string();
            sqlx::query("DELETE FROM usage_streams WHERE session IN (SELECT value FROM json_each(?))")
                .bind(&gone)
                .execute(&mut *tx)
                .await?;
            sqlx::query("DELETE FROM lease_runs WHERE id IN (SELECT value FROM json_each(?))")
                .bind(&gone)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
        }
    }
}
