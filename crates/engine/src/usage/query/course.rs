use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use licensing::usage::HOUR_MS;

use super::load::{PeakFigures, SeriesLevel, list};
use super::period::HourRange;
use super::{BucketWidth, Filter, UsagePoint};
use crate::DatabaseError;
use crate::usage::Usage;

impl Usage {
    /// The use of one product step by step, steps without use included. Without a product there is no course: products are never
    /// added together.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn course(&self, filter: &Filter, step: BucketWidth) -> Result<Vec<UsagePoint>, DatabaseError> {
        if filter.product.is_none() {
            return Ok(Vec::new());
        }
        let period = HourRange::of(filter);
        let starts = starts(period, step, &filter.zone);
        let mut sums = vec![PeakFigures::default(); starts.len()];
        let series = self.named(filter, SeriesLevel::Named).await?;
        for row in self.days(&list(&series), period.days()).await? {
            row.each_hour(|hour, figures| {
                if (period.from..period.to).contains(&hour) {
                    let at = hour * HOUR_MS;
                    let after = starts.partition_point(|start| *start <= at);
                    sums[after.saturating_sub(1)].add(PeakFigures { figures, at });
                }
            })?;
        }
        let mut history = self.licensed_history(filter).await?;
        let history = history.remove(filter.product.as_deref().unwrap_or_default()).unwrap_or_default();
        let ends = starts.iter().skip(1).copied().chain([period.to * HOUR_MS]);
        Ok(starts
            .iter()
            .zip(ends)
            .zip(&sums)
            .map(|((at_ms, until_ms), PeakFigures { figures, at })| UsagePoint {
                at_ms: *at_ms,
                until_ms,
                taken: figures.taken,
                use_ms: figures.use_ms,
                denied: figures.denied,
                peak: figures.peak,
                licensed: match figures.peak {
                    0 => history.most(*at_ms, until_ms),
                    _ => history.in_hour(*at),
                },
            })
            .collect())
    }
}

/// When the steps of a period begin; the first with the period.
fn starts(period: HourRange, step: BucketWidth, zone: &TimeZone) -> Vec<i64> {
    let (from, to) = (period.from * HOUR_MS, period.to * HOUR_MS);
    if from >= to {
        return Vec::new();
    }
    if step == BucketWidth::Hour {
        return (period.from..period.to).map(|hour| hour * HOUR_MS).collect();
    }
    let mut starts = vec![from];
    let Ok(first) = Timestamp::from_millisecond(from) else { return starts };
    let mut date = begin(zone.to_datetime(first).date(), step);
    loop {
        let next = match step {
            BucketWidth::Hour | BucketWidth::Day => date.checked_add(1.day()),
            BucketWidth::Week => date.checked_add(1.week()),
            BucketWidth::Month => date.checked_add(1.month()),
        };
        let Ok(next) = next else { return starts };
        date = next;
        // The first instant of that day, also where a change of the clocks skips midnight.
        let Ok(at) = date.to_zoned(zone.clone()) else { return starts };
        let at = at.timestamp().as_millisecond();
        if at >= to {
            return starts;
        }
        if at > from {
            starts.push(at);
        }
    }
}

/// The first day of the step a day lies in.
fn begin(date: Date, step: BucketWidth) -> Date {
    match step {
        BucketWidth::Hour | BucketWidth::Day => date,
        BucketWidth::Week => {
            let days = i64::from(date.weekday().to_monday_zero_offset());
            date.checked_sub(days.days()).unwrap_or(date)
        }
        BucketWidth::Month => date.first_of_month(),
    }
}
