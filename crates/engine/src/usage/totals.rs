//! History that did not come from clients has its share in the totals of the reports too.

use super::Usage;
use crate::DatabaseError;

impl Usage {
    /// Adds to the totals of a deployment: product, licenses taken, time in use in milliseconds. What clients report is added by
    /// their counters; this is for use that no client reported.
    ///
    /// # Errors
    /// [`DatabaseError`]; nothing is added then.
    pub async fn add_totals(&self, deployment: &str, sums: &[(String, u64, u64)]) -> Result<(), DatabaseError> {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let mut tx = self.inner.store.write().await?;
        for (product, count, ms) in sums {
            sqlx::query(
                "INSERT INTO usage_totals (deployment, name, usage_count, usage_ms) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET usage_count = usage_count + ?3, usage_ms = usage_ms + ?4",
            )
            .bind(deployment)
            .bind(product)
            .bind(signed(*count))
            .bind(signed(*ms))
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }
}
