//! Instants and periods in words, in the zone that was chosen.

use engine::usage::query::{BucketWidth, UsagePoint};
use jiff::civil::{Date, Weekday};

use super::period::{Asked, zoned};

/// The words of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// "Tue 17 Nov 2026".
    pub words: String,
    /// Under the axis; empty where there is none.
    pub tick: String,
    /// "2026-11-17".
    pub day: String,
}

/// Up to so many steps of a day each has a tick.
const EACH_DAY: usize = 10;
/// Up to so many steps of a day Mondays have a tick; more: the first of each month.
const EACH_WEEK: usize = 120;
/// Months of a period longer than this many days are labelled with their year.
const WITH_YEAR: usize = 370;
/// Hours with a tick where a period has no more than two days.
const EVERY_HOURS: i8 = 6;

/// "24 Oct – 22 Nov 2026"; without the year when it is clear.
pub(super) fn span(first: Date, last: Date, year: bool) -> String {
    let end = last.strftime(if year { "%-d %b %Y" } else { "%-d %b" });
    match () {
        () if first == last => end.to_string(),
        () if first.year() != last.year() => {
            format!("{} \u{2013} {}", first.strftime("%-d %b %Y"), last.strftime("%-d %b %Y"))
        }
        () if first.month() == last.month() => format!("{} \u{2013} {end}", first.day()),
        () => format!("{} \u{2013} {end}", first.strftime("%-d %b")),
    }
}

/// "Tue 17 Nov, 10:00–11:00"; with the year when it is another one.
pub(super) fn hour(at_ms: i64, asked: &Asked) -> String {
    let at = zoned(at_ms, &asked.zone);
    let end = zoned(at_ms + 3_600_000, &asked.zone);
    format!("{}, {}\u{2013}{}", day(at.date(), asked), at.strftime("%H:%M"), end.strftime("%H:%M"))
}

/// "Tue 17 Nov, 10:14".
pub(super) fn minute(at_ms: i64, asked: &Asked) -> String {
    let at = zoned(at_ms, &asked.zone);
    format!("{}, {}", day(at.date(), asked), at.strftime("%H:%M"))
}

/// "Tue 17 Nov"; with the year when it is another one.
fn day(date: Date, asked: &Asked) -> String {
    let now = zoned(asked.now_ms, &asked.zone);
    date.strftime(if date.year() == now.year() { "%a %-d %b" } else { "%a %-d %b %Y" }).to_string()
}

/// "24 Oct 2026".
pub(super) fn date(at_ms: i64, asked: &Asked) -> String {
    zoned(at_ms, &asked.zone).strftime("%-d %b %Y").to_string()
}

/// "2026-10-24", for addresses.
pub(super) fn iso_day(at_ms: i64, asked: &Asked) -> String {
    zoned(at_ms, &asked.zone).date().to_string()
}

/// With the offset of the zone, for files: "2026-11-17T10:00:00+01:00".
pub(super) fn rfc3339(at_ms: i64, asked: &Asked) -> String {
    zoned(at_ms, &asked.zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The words of each step of a course.
pub(super) fn steps(points: &[UsagePoint], step: BucketWidth, asked: &Asked) -> Vec<Label> {
    let count = points.len();
    points
        .iter()
        .map(|point| {
            let at = zoned(point.at_ms, &asked.zone);
            let date = at.date();
            let first_of_month = date.day() == 1;
            let month = if count > WITH_YEAR || step == BucketWidth::Month { "%b %Y" } else { "%b" };
            let said =
                |wanted: bool, format: &str| if wanted { at.strftime(format).to_string() } else { String::new() };
            let (words, tick, day) = match step {
                BucketWidth::Hour => (
                    format!("{}, {}", day(date, asked), at.strftime("%H:%M")),
                    match at.hour() {
                        0 if at.minute() < 60 && count > 48 => said(true, "%-d %b"),
                        hour if count <= 48 => said(hour % EVERY_HOURS == 0, "%H:%M"),
                        _ => String::new(),
                    },
                    at.strftime("%Y-%m-%d %H:%M").to_string(),
                ),
                BucketWidth::Day => (
                    day(date, asked),
                    match count {
                        count if count <= EACH_DAY => said(true, "%a %-d"),
                        count if count <= EACH_WEEK => said(date.weekday() == Weekday::Monday, "%-d %b"),
                        _ => said(first_of_month, month),
                    },
                    date.to_string(),
                ),
                BucketWidth::Week => (
                    format!("Week of {}", day(date, asked)),
                    match count {
                        count if count <= EACH_DAY => said(true, "%-d %b"),
                        _ => said(date.day() <= 7, if count > 53 { "%b %Y" } else { "%b" }),
                    },
                    date.to_string(),
                ),
                BucketWidth::Month => {
                    (at.strftime("%B %Y").to_string(), said(true, month), at.strftime("%Y-%m").to_string())
                }
            };
            Label { words, tick, day }
        })
        .collect()
}
