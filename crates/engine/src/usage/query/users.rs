use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use licensing::usage::Users;

use super::load::{SeriesLevel, damaged, list, list_of};
use super::period::HourRange;
use super::{Figures, Filter, UserUse};
use crate::DatabaseError;
use crate::secret;
use crate::usage::Usage;

/// Days that are kept as one sum, from 1970 on; the triggers of the table know it too.
const SPAN: i64 = 32;

/// A series, and the number of a span.
type SpanKey = (i64, i64);

/// What each user used, by product; a user is a place in the list.
#[derive(Debug, Default)]
struct UserSums<'a> {
    by_product: BTreeMap<&'a str, Vec<Figures>>,
    /// The highest number of a user there is.
    most: u32,
}

impl<'a> UserSums<'a> {
    fn add(&mut self, product: &'a str, encoded: &[u8]) -> Result<(), DatabaseError> {
        let (sums, most) = (self.by_product.entry(product).or_default(), self.most);
        let add = |user: u32, used: licensing::usage::HourUse| {
            let place = usize::try_from(user).ok().filter(|_| user <= most)?;
            if sums.len() <= place {
                sums.resize(place + 1, Figures::default());
            }
            sums[place].add(used.into());
            Some(())
        };
        Users::each_encoded(encoded, add).ok_or_else(damaged)
    }

    /// Those who used anything.
    fn used(&self) -> impl Iterator<Item = (&'a str, u32, Figures)> {
        self.by_product.iter().flat_map(|(product, sums)| {
            let numbered = (0_u32..).zip(sums).filter(|(_, sum)| **sum != Figures::default());
            numbered.map(move |(user, sum)| (*product, user, *sum))
        })
    }
}

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
        let spans = self.finished_spans(&list(&series), &days).await?;
        let most: u32 = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM usage_names")
            .fetch_one(self.inner.store.read())
            .await?;
        let mut sums = UserSums { most, ..UserSums::default() };
        let product = |series: i64| products.get(&series).copied().unwrap_or_default();
        let known: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT series, span, users FROM usage_user_sums
             WHERE series IN (SELECT value FROM json_each(?)) AND span >= ? AND span < ? AND users IS NOT NULL",
        )
        .bind(list(&series))
        .bind(spans.start)
        .bind(spans.end)
        .fetch_all(self.inner.store.read())
        .await?;
        let mut missing: std::collections::BTreeSet<SpanKey> =
            series.iter().flat_map(|series| spans.clone().map(|span| (series.id, span))).collect();
        for (series, span, encoded) in &known {
            sums.add(product(*series), encoded)?;
            missing.remove(&(*series, *span));
        }
        for key in missing {
            sums.add(product(key.0), &self.sum_span(key).await?)?;
        }
        // What lies in no whole span, at both ends.
        let whole = spans.start * SPAN..spans.end * SPAN;
        let ends = if spans.is_empty() { vec![days] } else { vec![days.start..whole.start, whole.end..days.end] };
        for days in ends {
            for (series, encoded) in self.user_days(&list(&series), days).await? {
                sums.add(product(series), &encoded)?;
            }
        }
        let names = self.user_names(sums.used().map(|(_, user, _)| user)).await?;
        let named = |(product, user, sum): (&str, u32, Figures)| UserUse {
            user: names.get(&user).cloned().unwrap_or_default(),
            product: product.to_owned(),
            taken: sum.taken,
            use_ms: sum.use_ms,
            denied: sum.denied,
        };
        let mut used: Vec<UserUse> = sums.used().map(named).collect();
        // By name: ids come in the order in which users became known.
        used.sort_by(|a, b| (&a.product, &a.user).cmp(&(&b.product, &b.user)));
        Ok(used)
    }

    /// The spans that lie whole in these days. The one that is still written to is none of them.
    async fn finished_spans(&self, list: &str, days: &Range<i64>) -> Result<Range<i64>, DatabaseError> {
        let last: Option<i64> = sqlx::query_scalar(
            "SELECT MAX((SELECT MAX(day) FROM usage_users WHERE series = s.value)) FROM json_each(?) AS s",
        )
        .bind(list)
        .fetch_one(self.inner.store.read())
        .await?;
        let first = (days.start + SPAN - 1).div_euclid(SPAN);
        let end = days.end.min(last.unwrap_or(0)).div_euclid(SPAN);
        Ok(first..end.max(first))
    }

    async fn user_days(&self, list: &str, days: Range<i64>) -> Result<Vec<(i64, Vec<u8>)>, DatabaseError> {
        sqlx::query_as(
            "SELECT series, users FROM usage_users WHERE series IN (SELECT value FROM json_each(?)) AND day >= ? AND day < ?",
        )
        .bind(list)
        .bind(days.start)
        .bind(days.end)
        .fetch_all(self.inner.store.read())
        .await
    }

    /// Sums a span and keeps the sum, unless one of its days changes meanwhile.
    async fn sum_span(&self, (series, span): SpanKey) -> Result<Vec<u8>, DatabaseError> {
        let claim = secret::uuid().to_string();
        let mut tx = self.inner.store.write().await?;
        sqlx::query("INSERT OR REPLACE INTO usage_user_sums (series, span, claim) VALUES (?, ?, ?)")
            .bind(series)
            .bind(span)
            .bind(&claim)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        let mut users = Users::default();
        for (_, encoded) in self.user_days(&list_of([series].into_iter()), span * SPAN..(span + 1) * SPAN).await? {
            users.merge_encoded(&encoded).ok_or_else(damaged)?;
        }
        let sum = users.encode();
        let mut tx = self.inner.store.write().await?;
        sqlx::query("UPDATE usage_user_sums SET users = ? WHERE series = ? AND span = ? AND claim = ?")
            .bind(&sum)
            .bind(series)
            .bind(span)
            .bind(&claim)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(sum)
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
