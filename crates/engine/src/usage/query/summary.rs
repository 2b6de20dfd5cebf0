use std::collections::BTreeMap;

use licensing::usage::{SHARES, coverage};

use super::load::{NamedSeries, PeakFigures, SeriesLevel};
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
        let before = by_product(&series, &self.figures(&series, period.before()).await?);
        let levels = if filter.client.is_none() {
            self.levels(&series, period).await?
        } else {
            std::collections::HashMap::new()
        };
        let known = self.known().await?.map_or(period, |known| period.within(known));
        let licensed = self.licensed_until(filter).await?;
        let open = self.open_now(filter).await?;
        let mut all = Vec::new();
        let mut products: Vec<&str> = series.iter().map(|series| series.product.as_str()).collect();
        products.dedup();
        for product in products {
            let of = now.get(product).copied().unwrap_or_default();
            let figures = of.figures;
            let covered = levels.get(product).cloned().unwrap_or_default();
            all.push(ProductUse {
                product: product.to_owned(),
                taken: figures.taken,
                use_ms: figures.use_ms,
                denied: figures.denied,
                peak: figures.peak,
                peak_at_ms: (figures.peak > 0).then_some(of.at),
                before: before.get(product).map(|of| of.figures).unwrap_or_default(),
                coverage: match filter.client {
                    None => coverage(&covered, figures.peak, known.ms(), &SHARES),
                    Some(_) => Vec::new(),
                },
                open_now: open.get(product).copied().unwrap_or(0),
                licensed: licensed.most(product, filter.from_ms, filter.to_ms),
            });
        }
        Ok(all)
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

fn by_product<'a>(
    series: &'a [NamedSeries],
    figures: &std::collections::HashMap<i64, PeakFigures>,
) -> BTreeMap<&'a str, PeakFigures> {
    let mut all: BTreeMap<&str, PeakFigures> = BTreeMap::new();
    for series in series {
        if let Some(figures) = figures.get(&series.id) {
            all.entry(&series.product).or_default().add(*figures);
        }
    }
    all
}
