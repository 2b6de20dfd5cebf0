use jiff::Timestamp;
use licensing::usage::{DAY_MS, HOUR_MS};

use super::load::{SeriesLevel, list};
use super::period::HourRange;
use super::{Filter, Heat};
use crate::DatabaseError;
use crate::usage::Usage;

impl Usage {
    /// The peaks of one product by hour of the week. Without a product it is empty.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn heat(&self, filter: &Filter) -> Result<Heat, DatabaseError> {
        let mut heat = Heat::default();
        let Some(known) = self.known().await?.filter(|_| filter.product.is_some()) else { return Ok(heat) };
        let period = HourRange::of(filter).within(known);
        let mut peaks = vec![0_u32; (period.to - period.from).unsigned_abs() as usize];
        let series = self.named(filter, SeriesLevel::Named).await?;
        for row in self.days(&list(&series), period.days()).await? {
            row.each_hour(|hour, figures| {
                if let Some(peak) = usize::try_from(hour - period.from).ok().and_then(|at| peaks.get_mut(at)) {
                    *peak = (*peak).max(figures.peak);
                }
            })?;
        }
        let mut counts = [[0_u32; 24]; 7];
        for (hour, peak) in (period.from..).zip(peaks) {
            let Ok(at) = Timestamp::from_millisecond(hour * HOUR_MS) else { continue };
            let local = at.as_millisecond() + i64::from(filter.zone.to_offset(at).seconds()) * 1000;
            // 1970-01-01 was a Thursday.
            let weekday = (local.div_euclid(DAY_MS) + 3).rem_euclid(7) as usize;
            let hour = (local.rem_euclid(DAY_MS) / HOUR_MS) as usize;
            let cell = &mut heat[weekday][hour];
            cell.peak = cell.peak.max(peak);
            cell.mean_peak += f64::from(peak);
            counts[weekday][hour] += 1;
        }
        for (cell, count) in heat.iter_mut().flatten().zip(counts.into_iter().flatten()) {
            cell.mean_peak /= f64::from(count.max(1));
        }
        Ok(heat)
    }
}
