//! Periods of usage queries: `30d`, or two days, in a time zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

const HOUR_MS: i64 = 3_600_000;
/// Days of the default period.
const DEFAULT_DAYS: i64 = 30;
/// The longest period, days: daily roll-ups are kept for ten years.
const LONGEST: i64 = 3_700;

/// From, until, and the start of the previous period of the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    pub from: Zoned,
    /// Not included.
    pub until: Zoned,
    pub before_from: Zoned,
}

/// What is wrong with a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    #[error("“{0}” is not a known time zone.")]
    Zone(String),
    #[error("“{0}” is not a period. Choose 7d, 30d, 90d, 365d or custom.")]
    Range(String),
    #[error("“{0}” is not a day. Enter days like 2026-01-31.")]
    Day(String),
    #[error("The period is longer than ten years, the maximum retention of usage.")]
    TooLong,
}

/// A time zone by its IANA name; `own` without one.
///
/// # Errors
/// [`PeriodError::Zone`]
pub fn zone(name: &str, own: &TimeZone) -> Result<TimeZone, PeriodError> {
    if name.is_empty() {
        return Ok(own.clone());
    }
    TimeZone::get(name).map_err(|_| PeriodError::Zone(name.to_owned()))
}

impl Period {
    /// The period that ends now, or the days `from` to `to` of a `custom` one, in either order.
    ///
    /// # Errors
    /// [`PeriodError`]
    pub fn read(range: &str, from: &str, to: &str, now: &Zoned) -> Result<Self, PeriodError> {
        match range {
            "" => Ok(Self::usual(now)),
            // A short period would vary with the hour of the day, so it ends with this hour and begins as many hours
            // before.
            "7d" => Ok(rolling(7, now)),
            "30d" => Ok(days_back(30, now)),
            "90d" => Ok(days_back(90, now)),
            "365d" => Ok(days_back(365, now)),
            "custom" => dates(from, to, now),
            other => Err(PeriodError::Range(other.to_owned())),
        }
    }

    /// The default.
    #[must_use]
    pub fn usual(now: &Zoned) -> Self {
        days_back(DEFAULT_DAYS, now)
    }
}

fn rolling(days: i64, now: &Zoned) -> Period {
    let hour = Timestamp::from_millisecond((now.timestamp().as_millisecond().div_euclid(HOUR_MS) + 1) * HOUR_MS);
    let until = hour.map_or_else(|_| now.clone(), |hour| hour.to_zoned(now.time_zone().clone()));
    let back = |count: i64| until.checked_sub(count.days()).unwrap_or_else(|_| until.clone());
    Period { from: back(days), before_from: back(2 * days), until }
}

/// The days up to today.
fn days_back(days: i64, now: &Zoned) -> Period {
    let today = now.date();
    let first = today.checked_sub((days - 1).days()).unwrap_or(today);
    whole_days(first, today, now)
}

/// From the beginning of a day to the end of another.
fn whole_days(first: Date, last: Date, now: &Zoned) -> Period {
    let zone = now.time_zone();
    let begin = |date: Date| date.to_zoned(zone.clone()).unwrap_or_else(|_| now.clone());
    let count = last.since(first).map_or(1, |span| i64::from(span.get_days()) + 1);
    let after = last.tomorrow().unwrap_or(last);
    let earlier = first.checked_sub(count.days()).unwrap_or(first);
    Period { from: begin(first), until: begin(after), before_from: begin(earlier) }
}

fn dates(from: &str, to: &str, now: &Zoned) -> Result<Period, PeriodError> {
    let day = |text: &str| text.parse::<Date>().map_err(|_| PeriodError::Day(text.to_owned()));
    let (first, last) = (day(from)?, day(to)?);
    let (first, last) = if first <= last { (first, last) } else { (last, first) };
    if last.since(first).map_or(i64::MAX, |span| span.get_days().into()) > LONGEST {
        return Err(PeriodError::TooLong);
    }
    Ok(whole_days(first, last, now))
}
