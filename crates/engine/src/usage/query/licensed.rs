use std::collections::HashMap;

use licensing::usage::LicensedHistory;

use super::Filter;
use crate::DatabaseError;
use crate::usage::Usage;

impl Usage {
    /// What was licensed when, by product.
    pub(super) async fn licensed_history(
        &self,
        filter: &Filter,
    ) -> Result<HashMap<String, LicensedHistory>, DatabaseError> {
        let rows: Vec<(String, String, i64, u64)> = sqlx::query_as(
            "SELECT context, product, at, licensed FROM licensed_history WHERE (?1 IS NULL OR product = ?1)
             AND (?2 IS NULL OR context = ?2) ORDER BY product, context, at",
        )
        .bind(&filter.product)
        .bind(&filter.context)
        .fetch_all(self.inner.store.read())
        .await?;
        let mut all: HashMap<String, LicensedHistory> = HashMap::new();
        for rows in rows.chunk_by(|(context, product, ..), next| (context, product) == (&next.0, &next.1)) {
            let steps = rows.iter().map(|(_, _, at, licensed)| (*at, *licensed)).collect();
            all.entry(rows[0].1.clone()).or_default().add(steps);
        }
        Ok(all)
    }
}
