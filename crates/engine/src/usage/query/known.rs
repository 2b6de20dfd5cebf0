use std::collections::BTreeMap;

use licensing::usage::{HOUR_MS, decode_hours};

use super::KnownSpan;
use super::load::damaged;
use super::period::HourRange;
use crate::DatabaseError;
use crate::usage::Usage;

impl Usage {
    /// The products of which use is known, by name.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn products(&self) -> Result<Vec<String>, DatabaseError> {
        sqlx::query_scalar("SELECT DISTINCT product FROM usage_series ORDER BY product")
            .fetch_all(self.inner.store.read())
            .await
    }

    /// The clients of which use is known, by name.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn clients_known(&self) -> Result<Vec<String>, DatabaseError> {
        sqlx::query_scalar("SELECT DISTINCT client FROM usage_series WHERE client <> '' ORDER BY client")
            .fetch_all(self.inner.store.read())
            .await
    }

    /// From when to when use is known; none before the first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn extent(&self) -> Result<Option<KnownSpan>, DatabaseError> {
        let known = self.known().await?;
        Ok(known.map(|known| KnownSpan { first_ms: known.from * HOUR_MS, last_ms: known.to * HOUR_MS }))
    }

    /// Since when use is recorded, Unix milliseconds: the first hour with use, or the first that began with licenses on record.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn recorded_from(&self) -> Result<Option<i64>, DatabaseError> {
        let licensed: Option<i64> =
            sqlx::query_scalar("SELECT MIN(at) FROM licensed_history").fetch_one(self.inner.store.read()).await?;
        let licensed = licensed.map(|at| at.saturating_add(HOUR_MS - 1).div_euclid(HOUR_MS) * HOUR_MS);
        let used = self.known().await?.map(|known| known.from * HOUR_MS);
        Ok(used.into_iter().chain(licensed).min())
    }

    /// Until when each product was used, Unix milliseconds: the end of the hour; of the day once its hours were purged.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn last_used(&self) -> Result<BTreeMap<String, i64>, DatabaseError> {
        let rows: Vec<(String, i64, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT s.product, d.day, d.hours FROM usage_series AS s JOIN usage_days AS d ON d.series = s.id
             WHERE s.deployment = '*' AND s.client = '' AND d.day = (
                SELECT day FROM usage_days WHERE series = s.id AND (taken > 0 OR use_ms > 0) ORDER BY day DESC LIMIT 1)",
        )
        .fetch_all(self.inner.store.read())
        .await?;
        let mut last: BTreeMap<String, i64> = BTreeMap::new();
        for (product, day, hours) in rows {
            let hours = decode_hours(&hours.unwrap_or_default()).ok_or_else(damaged)?;
            let hour = hours.iter().rposition(|hour| hour.taken > 0 || hour.use_ms > 0).unwrap_or(23);
            let until = (day * 24 + hour as i64 + 1) * HOUR_MS;
            last.entry(product).and_modify(|known| *known = until.max(*known)).or_insert(until);
        }
        Ok(last)
    }

    pub(super) async fn known(&self) -> Result<Option<HourRange>, DatabaseError> {
        let rows: Vec<(i64, Option<Vec<u8>>)> =
            sqlx::query_as("SELECT day, hours FROM usage_days WHERE day = (SELECT MIN(day) FROM usage_days)")
                .fetch_all(self.inner.store.read())
                .await?;
        let mut first: Option<i64> = None;
        for (day, hours) in rows {
            let hours = decode_hours(&hours.unwrap_or_default()).ok_or_else(damaged)?;
            let used = hours.iter().position(|hour| *hour != licensing::usage::HourUse::default()).unwrap_or(0);
            let hour = day * 24 + used as i64;
            first = Some(first.map_or(hour, |first| first.min(hour)));
        }
        let last: i64 = sqlx::query_scalar(
            "SELECT max(r.at, r.seen, coalesce((SELECT MAX(day) FROM usage_days), 0) * 86400000) FROM usage_rolled AS r",
        )
        .fetch_one(self.inner.store.read())
        .await?;
        Ok(first.map(|from| HourRange { from, to: (last.div_euclid(HOUR_MS) + 1).max(from + 1) }))
    }
}
