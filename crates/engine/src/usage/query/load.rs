//! Reading roll-ups: full days are summed by SQLite, hours at the ends of a period are taken from their days.

use std::collections::HashMap;

use licensing::usage::{DAY_MS, Day, HourUse, Levels, decode_hours};
use sqlx::FromRow;

use super::period::HourRange;
use super::{Figures, Filter};
use crate::DatabaseError;
use crate::usage::Usage;
use crate::usage::series::SERVER;

/// A series that a filter names.
#[derive(Debug, Clone, FromRow)]
pub(super) struct NamedSeries {
    pub id: i64,
    pub product: String,
    pub client: String,
}

/// Which series: those of clients, or the totals above them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SeriesLevel {
    /// Each client separately.
    Clients,
    /// What the filter names: its client, its deployment, or the whole server.
    Named,
    /// All clients of each deployment.
    Deployments,
}

/// Figures, and when their peak was.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PeakFigures {
    pub figures: Figures,
    pub at: i64,
}

impl PeakFigures {
    /// Figures of another time, or of others at the same time that do not share in the same licenses.
    pub fn add(&mut self, other: Self) {
        if other.figures.peak > self.figures.peak
            || (other.figures.peak == self.figures.peak && other.at < self.at)
            || self.figures == Figures::default()
        {
            self.at = other.at;
        }
        self.figures.add(other.figures);
    }
}

impl Figures {
    pub(super) fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.use_ms = self.use_ms.saturating_add(other.use_ms);
        self.denied += other.denied;
        self.peak = self.peak.max(other.peak);
    }
}

impl From<HourUse> for Figures {
    fn from(hour: HourUse) -> Self {
        Self { taken: hour.taken, use_ms: hour.use_ms, denied: hour.denied, peak: hour.peak }
    }
}

/// As a parameter for `json_each`.
pub(super) fn list(series: &[NamedSeries]) -> String {
    list_of(series.iter().map(|series| series.id))
}

/// The same of their numbers.
pub(super) fn list_of(series: impl Iterator<Item = i64>) -> String {
    serde_json::Value::from_iter(series).to_string()
}

pub(super) fn damaged() -> DatabaseError {
    DatabaseError::Decode("The stored usage is damaged. Restore the data folder from a backup.".into())
}

/// A stored day of a series.
#[derive(FromRow)]
pub(super) struct StoredDay {
    pub series: i64,
    day: i64,
    #[sqlx(flatten)]
    figures: Figures,
    hours: Option<Vec<u8>>,
}

impl StoredDay {
    /// The figures of its hours. A day without hours counts as a whole, where it begins.
    pub fn each_hour(&self, mut each: impl FnMut(i64, Figures)) -> Result<(), DatabaseError> {
        match &self.hours {
            Some(bytes) => {
                let hours = decode_hours(bytes).ok_or_else(damaged)?;
                for (hour, used) in hours.into_iter().enumerate().filter(|(_, used)| *used != HourUse::default()) {
                    each(self.day * 24 + hour as i64, used.into());
                }
            }
            None => each(self.day * 24, self.figures),
        }
        Ok(())
    }
}

#[derive(FromRow)]
struct SeriesSum {
    series: i64,
    #[sqlx(flatten)]
    figures: Figures,
    peak_at: i64,
}

/// A stored day of a series with one chunk of its changes.
#[derive(FromRow)]
struct Chunk {
    series: i64,
    before: i64,
    taken: i64,
    levels: Option<Vec<u8>>,
    edges: Option<Vec<u8>>,
}

impl Usage {
    /// The series a filter names.
    pub(super) async fn named(&self, filter: &Filter, level: SeriesLevel) -> Result<Vec<NamedSeries>, DatabaseError> {
        let of_client = level == SeriesLevel::Clients || (level == SeriesLevel::Named && filter.client.is_some());
        let deployment = match (&filter.deployment, level) {
            (Some(deployment), _) => Some(deployment.as_str()),
            (None, SeriesLevel::Named) if !of_client => Some(SERVER),
            (None, _) => None,
        };
        let client = if of_client { filter.client.as_deref() } else { Some("") };
        sqlx::query_as(
            "SELECT id, product, client FROM usage_series WHERE (?1 IS NULL OR product = ?1) AND (?2 IS NULL OR context = ?2)
             AND (?3 IS NULL OR deployment = ?3) AND (?3 IS NOT NULL OR deployment <> ?6) AND (?4 IS NULL OR client = ?4)
             AND (?5 = 0 OR client <> '') ORDER BY product, client, id",
        )
        .bind(&filter.product)
        .bind(&filter.context)
        .bind(deployment)
        .bind(client)
        .bind(of_client)
        .bind(SERVER)
        .fetch_all(self.inner.store.read())
        .await
    }

    /// The figures of each series in a period.
    pub(super) async fn figures(
        &self,
        series: &[NamedSeries],
        period: HourRange,
    ) -> Result<HashMap<i64, PeakFigures>, DatabaseError> {
        let mut all: HashMap<i64, PeakFigures> = HashMap::new();
        let full = period.full_days();
        let list = list(series);
        if !full.is_empty() {
            // Beside max(peak), SQLite takes peak_at from the row that had it.
            let rows: Vec<SeriesSum> = sqlx::query_as(
                "SELECT series, SUM(taken) AS taken, SUM(use_ms) AS use_ms, SUM(denied) AS denied, MAX(peak) AS peak, peak_at
                 FROM usage_days WHERE series IN (SELECT value FROM json_each(?)) AND day >= ? AND day < ? GROUP BY series",
            )
            .bind(&list)
            .bind(full.start)
            .bind(full.end)
            .fetch_all(self.inner.store.read())
            .await?;
            for row in rows {
                all.entry(row.series).or_default().add(PeakFigures { figures: row.figures, at: row.peak_at });
            }
        }
        for (day, part) in period.ends() {
            let part = day * 24 + part.start as i64..day * 24 + part.end as i64;
            for row in self.days(&list, day..day + 1).await? {
                let of = all.entry(row.series).or_default();
                row.each_hour(|hour, figures| {
                    if part.contains(&hour) {
                        of.add(PeakFigures { figures, at: hour * licensing::usage::HOUR_MS });
                    }
                })?;
            }
        }
        Ok(all)
    }

    /// The stored days of some series.
    pub(super) async fn days(&self, list: &str, days: std::ops::Range<i64>) -> Result<Vec<StoredDay>, DatabaseError> {
        sqlx::query_as(
            "SELECT series, day, taken, use_ms, denied, peak, hours FROM usage_days
             WHERE series IN (SELECT value FROM json_each(?)) AND day >= ? AND day < ?",
        )
        .bind(list)
        .bind(days.start)
        .bind(days.end)
        .fetch_all(self.inner.store.read())
        .await
    }

    /// For how long how many were in use, by product; time without use is left out.
    pub(super) async fn levels(
        &self,
        series: &[NamedSeries],
        period: HourRange,
    ) -> Result<HashMap<String, Levels>, DatabaseError> {
        let products: HashMap<i64, &str> = series.iter().map(|series| (series.id, series.product.as_str())).collect();
        let mut all: HashMap<String, Levels> = HashMap::new();
        let mut add = |id: i64, levels: &Levels| {
            let product = products.get(&id).copied().unwrap_or_default();
            let into = all.entry(product.to_owned()).or_default();
            for (level, ms) in levels.iter().filter(|(level, _)| *level > 0) {
                into.add(level, ms);
            }
        };
        let list = list(series);
        let full = period.full_days();
        let rows: Vec<(i64, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT series, levels FROM usage_days WHERE series IN (SELECT value FROM json_each(?)) AND day >= ? AND day < ?",
        )
        .bind(&list)
        .bind(full.start)
        .bind(full.end)
        .fetch_all(self.inner.store.read())
        .await?;
        let mut sums: HashMap<i64, Levels> = HashMap::new();
        for (series, levels) in rows {
            sums.entry(series).or_default().merge_encoded(&levels.unwrap_or_default()).ok_or_else(damaged)?;
        }
        for (day, hours) in period.ends() {
            for (id, levels) in self.levels_of(&list, day, hours).await? {
                sums.entry(id).or_default().merge(&levels);
            }
        }
        for (id, levels) in &sums {
            add(*id, levels);
        }
        Ok(all)
    }

    /// The same of some hours of a day, from its single changes. Where those were purged, the hours have their share
    /// of the day.
    async fn levels_of(
        &self,
        list: &str,
        day: i64,
        hours: std::ops::Range<usize>,
    ) -> Result<Vec<(i64, Levels)>, DatabaseError> {
        let rows: Vec<Chunk> = sqlx::query_as(
            "SELECT d.series, d.before, d.taken, d.levels, e.edges FROM usage_days AS d
             LEFT JOIN usage_edges AS e ON e.day = d.day AND e.series = d.series
             WHERE d.series IN (SELECT value FROM json_each(?)) AND d.day = ? ORDER BY d.series, e.chunk",
        )
        .bind(list)
        .bind(day)
        .fetch_all(self.inner.store.read())
        .await?;
        let mut all = Vec::new();
        for rows in rows.chunk_by(|a, b| a.series == b.series) {
            let chunks: Vec<&[u8]> = rows.iter().filter_map(|row| row.edges.as_deref()).collect();
            let row = &rows[0];
            let mut levels = Levels::default();
            if chunks.is_empty() && row.taken > 0 {
                let stored = row.levels.as_deref().unwrap_or_default();
                let mut whole = Levels::default();
                whole.merge_encoded(stored).ok_or_else(damaged)?;
                let part = (hours.len() as i64 * licensing::usage::HOUR_MS).unsigned_abs();
                for (level, ms) in whole.iter() {
                    levels.add(level, ms * part / DAY_MS.unsigned_abs());
                }
            } else {
                let day = Day::stored(row.before, &[], &chunks).ok_or_else(damaged)?;
                levels = day.levels_of(hours.clone());
            }
            all.push((row.series, levels));
        }
        Ok(all)
    }
}
