use std::collections::HashMap;

use super::Filter;
use crate::DatabaseError;
use crate::usage::Usage;

/// What was licensed when, by product and context: instants and numbers, oldest first.
#[derive(Debug, Default)]
pub(super) struct Licensed(HashMap<String, Vec<Vec<(i64, u64)>>>);

impl Licensed {
    /// The most of a product that was licensed within a time; none where nothing is known of it.
    pub fn most(&self, product: &str, from_ms: i64, to_ms: i64) -> Option<u64> {
        let within = |steps: &Vec<(i64, u64)>| {
            let first = steps.partition_point(|(at, _)| *at <= from_ms).saturating_sub(1);
            let last = steps.partition_point(|(at, _)| *at < to_ms.max(from_ms + 1));
            steps.get(first..last)?.iter().map(|(_, count)| *count).max()
        };
        self.0.get(product)?.iter().filter_map(within).max()
    }
}

impl Usage {
    pub(super) async fn licensed_until(&self, filter: &Filter) -> Result<Licensed, DatabaseError> {
        let rows: Vec<(String, String, i64, u64)> = sqlx::query_as(
            "SELECT context, product, at, licensed FROM licensed_history WHERE (?1 IS NULL OR product = ?1)
             AND (?2 IS NULL OR context = ?2) AND at < ?3 ORDER BY product, context, at",
        )
        .bind(&filter.product)
        .bind(&filter.context)
        .bind(filter.to_ms)
        .fetch_all(self.inner.store.read())
        .await?;
        let mut licensed = Licensed::default();
        for rows in rows.chunk_by(|(context, product, ..), next| (context, product) == (&next.0, &next.1)) {
            let steps = rows.iter().map(|(_, _, at, licensed)| (*at, *licensed)).collect();
            licensed.0.entry(rows[0].1.clone()).or_default().push(steps);
        }
        Ok(licensed)
    }
}
