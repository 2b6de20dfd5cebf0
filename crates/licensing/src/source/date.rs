//! Dates as license daemons print them, often without a year.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;

use crate::contact::Millis;

/// How far ahead of the text's own time a date without a year may lie, days: clocks differ.
const SLACK_DAYS: i64 = 1;

/// The end of a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// None.
    Permanent,
    /// The last day.
    On(Date),
}

impl End {
    /// Reads `31-dec-2031`, `31-dec-99`, `permanent`, `1-jan-0`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        if matches!(lower.as_str(), "permanent" | "never" | "perpetual") || lower.starts_with("permanent(") {
            return Some(Self::Permanent);
        }
        let mut parts = lower.split('-');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !year.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (day, month) = (day.parse().ok()?, self::month(month)?);
        // A digit of the next column may be glued to the four of the year.
        let year = year.get(..4).unwrap_or(year);
        let number: i16 = year.parse().ok()?;
        let year = match (number, year.len()) {
            (0, _) => return Some(Self::Permanent),
            // Written with two digits until 1999.
            (number, 1 | 2) => 1900 + number,
            (number, _) => number,
        };
        Date::new(year, month, day).ok().map(Self::On)
    }

    /// The last instant of the last day.
    pub fn instant(self, zone: &TimeZone) -> Option<Millis> {
        match self {
            Self::Permanent => None,
            Self::On(date) => {
                let next = instant(date.tomorrow().ok()?.to_datetime(Time::midnight()), zone)?;
                Some(next - 1)
            }
        }
    }
}

/// The number of a month by its first three letters.
pub(super) fn month(text: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let text = text.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().position(|name| *name == text).and_then(|at| i8::try_from(at + 1).ok())
}

/// A day of the week by its first three letters.
pub(super) fn weekday(text: &str) -> Option<Weekday> {
    Some(match text.get(..3)?.to_ascii_lowercase().as_str() {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

/// `month/day` or `month/day/year`.
pub(super) fn slashed(text: &str) -> Option<(i8, i8, Option<i16>)> {
    let mut parts = text.split('/');
    let (month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let year = parts.next().map(str::parse).transpose().ok()?;
    (parts.next().is_none() && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some((month, day, year))
}

/// `H:MM`, `H:MM:SS` or `H:MM:SS.fff`.
pub(super) fn clock(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(second) => {
            let (whole, fraction) = second.split_once('.').unwrap_or((second, ""));
            let fraction: i32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
            (whole.parse().ok()?, fraction)
        }
    };
    parts.next().is_none().then(|| Time::new(hour, minute, second, nanos).ok())?
}

/// The latest such date and time up to `now` (a day of slack), in the year that has that weekday where one is told;
/// where none of the last years has it, the latest.
pub(super) fn latest(month: i8, day: i8, time: Time, weekday: Option<Weekday>, now: DateTime) -> Option<DateTime> {
    let limit = now.checked_add(jiff::Span::new().days(SLACK_DAYS)).ok()?;
    let in_year = |year: i16| Date::new(year, month, day).ok().map(|date| date.to_datetime(time));
    let mut past = (0..=28).filter_map(|back| in_year(limit.year() - back)).filter(|at| *at <= limit);
    let first = past.next()?;
    match weekday {
        Some(weekday) if first.date().weekday() != weekday => {
            Some(past.take(6).find(|at| at.date().weekday() == weekday).unwrap_or(first))
        }
        _ => Some(first),
    }
}

/// The instant of a local time; of a time that comes twice the first.
pub(super) fn instant(at: DateTime, zone: &TimeZone) -> Option<Millis> {
    Some(zone.to_ambiguous_zoned(at).compatible().ok()?.timestamp().as_millisecond())
}
