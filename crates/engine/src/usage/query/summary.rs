use std::collections::{BTreeMap, HashMap};

use licensing::usage::{Baseline, HOUR_MS, LicensedHistory, PeakHour, SHARES, baseline, closest_to_limit, coverage};

use super::load::{NamedSeries, PeakFigures, SeriesLevel, list_of};
use super::period::HourRange;
use super::{Filter, ProductUse};
use crate::DatabaseError;
use crate::usage::Usage;

impl Usage {
    /// What was used of each product.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn summary(&self, filter: &Filter) -> Result<Vec<ProductUse>, DatabaseError> {
        let period = HourRange::of(filter);
        let series = self.named(filter, SeriesLevel::Named).await?;
        let now = by_product(&series, &self.figures(&series, period).await?);
        let whole = |recorded_ms| baseline(period.before().from * HOUR_MS, recorded_ms) == Baseline::Whole;
        let before = match self.recorded_from().await?.is_some_and(whole) {
            true => Some(by_product(&series, &self.figures(&series, period.before()).await?)),
            false => None,
        };
        let levels = if filter.client.is_none() { self.levels(&series, period).await? } else { HashMap::new() };
        let known = self.known().await?.map_or(period, |known| period.within(known));
        let history = self.licensed_history(filter).await?;
        let closest = self.closest(&series, period, &history).await?;
        let open = self.open_now(filter).await?;
        let mut all = Vec::new();
        let mut products: Vec<&str> = series.iter().map(|series| series.product.as_str()).collect();
        products.dedup();
        for product in products {
            let of = now.get(product).copied().unwrap_or_default();
            let figures = of.figures;
            let history = history.get(product);
            let peak = (figures.peak > 0).then(|| PeakHour {
                at_ms: of.at,
                peak: figures.peak.into(),
                licensed: history.and_then(|history| history.in_hour(of.at)),
            });
            let closer = |hour: &&PeakHour| peak.is_none_or(|peak| hour.fuller(&peak).is_gt());
            let covered = levels.get(product).cloned().unwrap_or_default();
            all.push(ProductUse {
                product: product.to_owned(),
                taken: figures.taken,
                use_ms: figures.use_ms,
                denied: figures.denied,
                peak: figures.peak,
                peak_at_ms: peak.map(|peak| peak.at_ms),
                before: before.as_ref().map(|all| all.get(product).map(|of| of.figures).unwrap_or_default()),
                coverage: match filter.client {
                    None => coverage(&covered, figures.peak, known.ms(), &SHARES),
                    Some(_) => Vec::new(),
                },
                open_now: open.get(product).copied().unwrap_or(0),
                licensed: match peak {
                    Some(peak) => peak.licensed,
                    None => history.and_then(|history| history.most(filter.from_ms, filter.to_ms)),
                },
                closest: closest.get(product).filter(closer).copied(),
                licensed_now: history.and_then(LicensedHistory::latest),
            });
        }
        Ok(all)
    }

    /// The hour of each product that came closest to what was licensed in it; of products whose number changed in the period only:
    /// elsewhere it is the hour of the peak.
    async fn closest<'a>(
        &self,
        series: &'a [NamedSeries],
        period: HourRange,
        history: &HashMap<String, LicensedHistory>,
    ) -> Result<HashMap<&'a str, PeakHour>, DatabaseError> {
        let (from_ms, to_ms) = (period.from * HOUR_MS, period.to * HOUR_MS);
        let changed: HashMap<i64, (&'a str, &LicensedHistory)> = series
            .iter()
            .filter_map(|series| Some((series, history.get(&series.product)?)))
            .filter(|(_, history)| history.changes(from_ms, to_ms))
            .map(|(series, history)| (series.id, (series.product.as_str(), history)))
            .collect();
        let mut closest: HashMap<&str, PeakHour> = HashMap::new();
        if changed.is_empty() {
            return Ok(closest);
        }
        for row in self.days(&list_of(changed.keys().copied()), period.days()).await? {
            let Some((product, history)) = changed.get(&row.series) else { continue };
            row.each_hour(|hour, figures| {
                if (period.from..period.to).contains(&hour) {
                    let at_ms = hour * HOUR_MS;
                    let hour = PeakHour { at_ms, peak: figures.peak.into(), licensed: history.in_hour(at_ms) };
                    if let Some(found) = closest_to_limit(closest.get(product).copied().into_iter().chain([hour])) {
                        closest.insert(*product, found);
                    }
                }
            })?;
        }
        Ok(closest)
    }

    async fn open_now(&self, filter: &Filter) -> Result<BTreeMap<String, u64>, DatabaseError> {
        let rows: Vec<(String, u64)> = sqlx::query_as(
            "SELECT s.product, COUNT(*) AS count FROM usage_open AS o JOIN usage_series AS s ON s.id = o.series
             WHERE o.lost_at IS NULL AND (?1 IS NULL OR s.product = ?1) AND (?2 IS NULL OR s.client = ?2)
             AND (?3 IS NULL OR s.context = ?3) AND (?4 IS NULL OR s.deployment = ?4) GROUP BY s.product",
        )
        .bind(&filter.product)
        .bind(&filter.client)
        .bind(&filter.context)
        .bind(&filter.deployment)
        .fetch_all(self.inner.store.read())
        .await?;
        Ok(rows.into_iter().collect())
    }
}

fn by_product<'a>(series: &'a [NamedSeries], figures: &HashMap<i64, PeakFigures>) -> BTreeMap<&'a str, PeakFigures> {
    let mut all: BTreeMap<&str, PeakFigures> = BTreeMap::new();
    for series in series {
        if let Some(figures) = figures.get(&series.id) {
            all.entry(&series.product).or_default().add(*figures);
        }
    }
    all
}
