use std::fmt;
use std::str::FromStr;

use sqlx::FromRow;

use super::Filter;
use crate::DatabaseError;
use crate::usage::Usage;
use crate::usage::count::MINUTE_MS;

/// Denials of one client, product and user within a minute.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Denial {
    /// The first of them, Unix milliseconds.
    #[sqlx(rename = "at")]
    pub at_ms: i64,
    /// The last of them.
    #[sqlx(rename = "last")]
    pub last_ms: i64,
    /// How many.
    pub count: u64,
    /// The product.
    pub product: String,
    /// The client's name.
    pub client: String,
    /// User; may be empty.
    #[sqlx(rename = "name")]
    pub user: String,
    /// Where.
    pub host: String,
    /// The cursor after this row.
    #[sqlx(flatten)]
    pub cursor: DenialCursor,
}

/// A position in the list of denials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, FromRow)]
pub struct DenialCursor {
    pub(super) minute: i64,
    pub(super) series: i64,
    pub(super) user: i64,
}

impl fmt::Display for DenialCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.minute, self.series, self.user)
    }
}

/// Not a position in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid position in the list of denials. Go back to its first page.")]
pub struct DenialCursorError;

impl FromStr for DenialCursor {
    type Err = DenialCursorError;

    fn from_str(text: &str) -> Result<Self, DenialCursorError> {
        let mut numbers = text.split('-').map(|part| part.parse::<u32>().map(i64::from));
        let mut next = || numbers.next().and_then(Result::ok).ok_or(DenialCursorError);
        let cursor = Self { minute: next()?, series: next()?, user: next()? };
        if numbers.next().is_some() { Err(DenialCursorError) } else { Ok(cursor) }
    }
}

impl Usage {
    /// Denials, newest first, at most `limit` rows, after a position if given.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn denials(
        &self,
        filter: &Filter,
        before: Option<DenialCursor>,
        limit: u32,
    ) -> Result<Vec<Denial>, DatabaseError> {
        let before = before.unwrap_or(DenialCursor { minute: i64::MAX, series: 0, user: 0 });
        sqlx::query_as(
            "SELECT d.*, s.product, s.client, n.name FROM usage_denials AS d CROSS JOIN usage_series AS s ON s.id = d.series
             CROSS JOIN usage_names AS n ON n.id = d.user
             WHERE d.minute >= ?1 AND d.minute <= ?2 AND d.last >= ?3 AND d.at < ?4
             AND (?5 = 9223372036854775807 OR (d.minute, s.product, s.client, s.context, s.deployment, n.name) < (?5,
                 (SELECT product FROM usage_series WHERE id = ?6), (SELECT client FROM usage_series WHERE id = ?6),
                 (SELECT context FROM usage_series WHERE id = ?6), (SELECT deployment FROM usage_series WHERE id = ?6),
                 (SELECT name FROM usage_names WHERE id = ?7)))
             AND (?8 IS NULL OR s.product = ?8) AND (?9 IS NULL OR s.client = ?9)
             AND (?10 IS NULL OR s.context = ?10) AND (?11 IS NULL OR s.deployment = ?11)
             ORDER BY d.minute DESC, s.product DESC, s.client DESC, s.context DESC, s.deployment DESC, n.name DESC LIMIT ?12",
        )
        .bind(filter.from_ms.div_euclid(MINUTE_MS))
        .bind(filter.to_ms.div_euclid(MINUTE_MS).min(before.minute))
        .bind(filter.from_ms)
        .bind(filter.to_ms)
        .bind(before.minute)
        .bind(before.series)
        .bind(before.user)
        .bind(&filter.product)
        .bind(&filter.client)
        .bind(&filter.context)
        .bind(&filter.deployment)
        .bind(limit)
        .fetch_all(self.inner.store.read())
        .await
    }
}
