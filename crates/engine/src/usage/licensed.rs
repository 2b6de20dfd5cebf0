//! The history of licensed numbers, for comparing with peaks.

use std::collections::BTreeMap;

use licensing::context::Context;

use super::Usage;
use crate::DatabaseError;

impl Usage {
    /// Records the licenses in service per product. A missing product has none. Writes only changes.
    ///
    /// # Errors
    /// [`DatabaseError`]; nothing is recorded then.
    pub async fn licensed(
        &self,
        now_ms: i64,
        context: Option<Context>,
        counts: &[(String, u64)],
    ) -> Result<(), DatabaseError> {
        let context = context.map_or("", Context::as_str);
        let mut tx = self.inner.store.write().await?;
        // Beside max(at), SQLite takes the number from the row that had it.
        let last: Vec<(String, String, i64, i64)> = sqlx::query_as(
            "SELECT context, product, licensed, MAX(at) FROM licensed_history WHERE at <= ? GROUP BY context, product",
        )
        .bind(now_ms)
        .fetch_all(&mut *tx)
        .await?;
        let last: BTreeMap<(String, String), i64> =
            last.into_iter().map(|(context, product, licensed, _)| ((context, product), licensed)).collect();
        let mut now: BTreeMap<(String, String), i64> = last.keys().map(|key| (key.clone(), 0)).collect();
        for (product, count) in counts {
            now.insert((context.to_owned(), product.clone()), i64::try_from(*count).unwrap_or(i64::MAX));
        }
        for (key, count) in now.iter().filter(|(key, count)| last.get(*key) != Some(*count)) {
            sqlx::query("INSERT OR REPLACE INTO licensed_history (context, product, at, licensed) VALUES (?, ?, ?, ?)")
                .bind(&key.0)
                .bind(&key.1)
                .bind(now_ms)
                .bind(count)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }
}
