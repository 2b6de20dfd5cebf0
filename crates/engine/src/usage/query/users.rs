use std::collections::{BTreeMap, HashMap};

use licensing::usage::Users;

use super::load::{SeriesLevel, damaged, list};
use super::period::HourRange;
use super::{Figures, Filter, UserUse};
use crate::DatabaseError;
use crate::usage::Usage;

impl Usage {
    /// What each user used, by product and user, of the full UTC days a period touches. Which client a user worked with is not
    /// kept: where one client is asked about, the list is empty.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn users(&self, filter: &Filter) -> Result<Vec<UserUse>, DatabaseError> {
        if filter.client.is_some() {
            return Ok(Vec::new());
        }
        let series = self.named(filter, SeriesLevel::Deployments).await?;
        let products: HashMap<i64, &str> = series.iter().map(|series| (series.id, series.product.as_str())).collect();
        let days = HourRange::of(filter).days();
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT series, users FROM usage_users WHERE series IN (SELECT value FROM json_each(?)) AND day >= ? AND day < ?",
        )
        .bind(list(&series))
        .bind(days.start)
        .bind(days.end)
        .fetch_all(self.inner.store.read())
        .await?;
        let mut sums: BTreeMap<(&str, u32), Figures> = BTreeMap::new();
        for (series, encoded) in rows {
            let product = products.get(&series).copied().unwrap_or_default();
            let mut users = Users::default();
            users.merge_encoded(&encoded).ok_or_else(damaged)?;
            for (user, used) in users.iter() {
                sums.entry((product, user)).or_default().add(used.into());
            }
        }
        let names = self.user_names(sums.keys().map(|(_, user)| *user)).await?;
        Ok(sums
            .into_iter()
            .map(|((product, user), sum)| UserUse {
                user: names.get(&user).cloned().unwrap_or_default(),
                product: product.to_owned(),
                taken: sum.taken,
                use_ms: sum.use_ms,
                denied: sum.denied,
            })
            .collect())
    }

    async fn user_names(&self, users: impl Iterator<Item = u32>) -> Result<HashMap<u32, String>, DatabaseError> {
        let rows: Vec<(u32, String)> =
            sqlx::query_as("SELECT id, name FROM usage_names WHERE id IN (SELECT value FROM json_each(?))")
                .bind(serde_json::Value::from_iter(users).to_string())
                .fetch_all(self.inner.store.read())
                .await?;
        Ok(rows.into_iter().collect())
    }
}
