use std::collections::BTreeMap;

use super::load::{PeakFigures, SeriesLevel};
use super::period::HourRange;
use super::{ClientUse, Filter};
use crate::DatabaseError;
use crate::usage::Usage;

impl Usage {
    /// What each client used, by product and client. The peak of a client that works for several deployments is that within one.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn clients(&self, filter: &Filter) -> Result<Vec<ClientUse>, DatabaseError> {
        let series = self.named(filter, SeriesLevel::Clients).await?;
        let figures = self.figures(&series, HourRange::of(filter)).await?;
        let mut all: BTreeMap<(&str, &str), PeakFigures> = BTreeMap::new();
        for series in &series {
            if let Some(figures) = figures.get(&series.id) {
                all.entry((&series.product, &series.client)).or_default().add(*figures);
            }
        }
        Ok(all
            .into_iter()
            .map(|((product, client), of)| ClientUse {
                client: client.to_owned(),
                product: product.to_owned(),
                taken: of.figures.taken,
                use_ms: of.figures.use_ms,
                denied: of.figures.denied,
                peak: of.figures.peak,
            })
            .filter(|of| of.taken + of.use_ms + of.denied + u64::from(of.peak) > 0)
            .collect())
    }
}
