//! Numbers, spans, instants and lists as people read them. The caller passes the time zone.

use std::fmt::Write;

use crate::contact::{DAY, Millis};

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
/// Longer spans are shown in days.
const IN_DAYS: Millis = 3 * DAY;
/// Instants this near are shown without the year.
const NEAR: Millis = 180 * DAY;

/// A number with commas between its thousands: "12,345".
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun: "1 client", "5,000 clients".
#[must_use]
pub fn count(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// "a", "a and b", "a, b and c".
#[must_use]
pub fn list(items: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    let mut items = items.into_iter().peekable();
    let mut first = true;
    while let Some(item) = items.next() {
        if !std::mem::take(&mut first) {
            text.push_str(if items.peek().is_some() { ", " } else { " and " });
        }
        text.push_str(item.as_ref());
    }
    text
}

/// A size: "640 bytes", "12 kB", "64 MB", "2.1 GB".
#[must_use]
pub fn bytes(number: u64) -> String {
    const KB: u64 = 1_000;
    const MB: u64 = 1_000 * KB;
    const GB: u64 = 1_000 * MB;
    match number {
        ..KB => count(number, "byte", "bytes"),
        KB..MB => format!("{} kB", number / KB),
        MB..GB => format!("{} MB", number / MB),
        _ => format!("{}.{} GB", grouped(number / GB), number % GB / (100 * MB)),
    }
}

/// A span in its two largest units, from three days on in days: "45 s", "12 min", "3 h 5 min", "12 days".
#[must_use]
pub fn span(ms: Millis) -> String {
    if ms < IN_DAYS { hours(ms) } else { about(ms) }
}

/// A span in its largest unit: "45 s", "3 min", "5 h", "12 days".
#[must_use]
pub fn about(ms: Millis) -> String {
    match ms {
        ..MINUTE => format!("{} s", ms.max(0) / SECOND),
        MINUTE..HOUR => format!("{} min", ms / MINUTE),
        HOUR..DAY => format!("{} h", ms / HOUR),
        _ => count(ms / DAY, "day", "days"),
    }
}

/// A span in hours, however many, for licenses with hours: "71 h 12 min", "1,200 h".
#[must_use]
pub fn hours(ms: Millis) -> String {
    match (ms / HOUR, ms % HOUR / MINUTE) {
        _ if ms < HOUR => about(ms),
        (hours, 0) => format!("{} h", grouped(hours.unsigned_abs())),
        (hours, minutes) => format!("{} h {minutes} min", grouped(hours.unsigned_abs())),
    }
}

/// Time in use, added up: "<1 s", "12 s", "35 min", "4.5 h", "4,321 h".
#[must_use]
pub fn time_in_use(ms: u64) -> String {
    const HOUR: u64 = 60 * 60_000;
    match ms {
        0 => "0".to_owned(),
        1..1_000 => "<1 s".to_owned(),
        1_000..HOUR => about(ms.cast_signed()),
        _ if ms < 10 * HOUR => format!("{}.{} h", ms / HOUR, ms % HOUR / (HOUR / 10)),
        _ => format!("{} h", grouped(ms / HOUR)),
    }
}

/// A time zone at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Abbreviation: "UTC", "CET".
    pub name: String,
    /// Seconds ahead of UTC; negative if behind.
    pub offset_s: i32,
}

impl Zone {
    /// UTC.
    #[must_use]
    pub fn utc() -> Zone {
        Zone { name: "UTC".to_owned(), offset_s: 0 }
    }
}

/// An instant with its year: "Thu 3 Dec 2026, 14:46 UTC".
#[must_use]
pub fn instant(at: Millis, zone: &Zone) -> String {
    written(at, zone, true)
}

/// An instant as seen from `now`, without its year within half a year: "Thu 3 Dec, 14:46 UTC".
#[must_use]
pub fn instant_near(at: Millis, now: Millis, zone: &Zone) -> String {
    written(at, zone, is_far(at, now))
}

/// The same to the second: "Thu 3 Dec, 14:46:05 UTC".
#[must_use]
pub fn instant_to_the_second(at: Millis, now: Millis, zone: &Zone) -> String {
    format!("{}, {} {}", day(at, zone, is_far(at, now)), time(at, zone, true), zone.name)
}

/// A period, to the second where it is short: "Mon 30 Nov, 03:12–03:40 UTC", "Mon 30 Nov, 03:12:05–03:12:51 UTC".
#[must_use]
pub fn period(began: Millis, ended: Millis, now: Millis, zone: &Zone) -> String {
    let seconds = ended - began < 10 * MINUTE;
    let of = |at| (day(at, zone, is_far(at, now)), time(at, zone, seconds));
    match (of(began), of(ended)) {
        ((day, from), (same, to)) if day == same => format!("{day}, {from}–{to} {}", zone.name),
        ((first, from), (last, to)) => format!("{first}, {from} – {last}, {to} {}", zone.name),
    }
}

fn is_far(at: Millis, now: Millis) -> bool {
    at.abs_diff(now) > NEAR.unsigned_abs()
}

fn written(at: Millis, zone: &Zone, with_year: bool) -> String {
    format!("{}, {} {}", day(at, zone, with_year), time(at, zone, false), zone.name)
}

fn local(at: Millis, zone: &Zone) -> Millis {
    at.saturating_add(Millis::from(zone.offset_s) * SECOND)
}

fn time(at: Millis, zone: &Zone, with_seconds: bool) -> String {
    let passed = local(at, zone).rem_euclid(DAY) / SECOND;
    let mut text = format!("{:02}:{:02}", passed / 3_600, passed / 60 % 60);
    if with_seconds {
        let _ = write!(text, ":{:02}", passed % 60);
    }
    text
}

fn day(at: Millis, zone: &Zone, with_year: bool) -> String {
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = local(at, zone).div_euclid(DAY);
    let (year, month, day) = civil(days);
    let weekday = WEEKDAYS[usize::try_from(days.rem_euclid(7)).unwrap_or(0)];
    let mut text = format!("{weekday} {day} {}", MONTHS[month - 1]);
    if with_year {
        let _ = write!(text, " {year}");
    }
    text
}

/// Year, month and day of a day since 1970 in the Gregorian calendar. Years begin in March here, so that a leap day is
/// the last of its year; 400 of them have 146,097 days.
fn civil(days: i64) -> (i64, usize, i64) {
    let from_march = days + 719_468;
    let (era, day_of_era) = (from_march.div_euclid(146_097), from_march.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), usize::try_from(month).unwrap_or(1), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn one_is_not_many() {
        for (number, text) in [(0, "0 replies"), (1, "1 reply"), (2, "2 replies"), (5_000, "5,000 replies")] {
            assert_eq!(count(number, "reply", "replies"), text);
        }
        assert_eq!(count(1_usize, "client", "clients"), "1 client");
    }

    #[test]
    fn a_list_ends_with_and() {
        for (items, text) in [(&[][..], ""), (&["a"], "a"), (&["a", "b"], "a and b"), (&["a", "b", "c"], "a, b and c")]
        {
            assert_eq!(list(items), text);
        }
    }

    #[test]
    fn sizes_read_as_people_say_them() {
        assert_eq!(
            [0, 1, 999, 12_400, 67_108_864, 2_147_483_648].map(bytes),
            ["0 bytes", "1 byte", "999 bytes", "12 kB", "67 MB", "2.1 GB"]
        );
    }

    #[test]
    fn a_span_is_told_in_units_people_grasp() {
        for (ms, exact, roughly, licensed) in [
            (-5, "0 s", "0 s", "0 s"),
            (0, "0 s", "0 s", "0 s"),
            (45_000, "45 s", "45 s", "45 s"),
            (12 * MINUTE + 59_999, "12 min", "12 min", "12 min"),
            (HOUR, "1 h", "1 h", "1 h"),
            (3 * HOUR + 5 * MINUTE, "3 h 5 min", "3 h", "3 h 5 min"),
            (DAY, "24 h", "1 day", "24 h"),
            (71 * HOUR + 12 * MINUTE + 59_000, "71 h 12 min", "2 days", "71 h 12 min"),
            (IN_DAYS, "3 days", "3 days", "72 h"),
            (50 * DAY + HOUR, "50 days", "50 days", "1,201 h"),
        ] {
            assert_eq!((&*span(ms), &*about(ms), &*hours(ms)), (exact, roughly, licensed), "{ms}");
        }
    }

    #[test]
    fn time_in_use_leaves_two_digits() {
        for (ms, words) in [
            (0, "0"),
            (1, "<1 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (3_600_000, "1.0 h"),
            (16_400_000, "4.5 h"),
            (36_000_000, "10 h"),
            (15_555_600_000, "4,321 h"),
        ] {
            assert_eq!(time_in_use(ms), words);
        }
    }

    #[test]
    fn an_instant_is_told_in_the_zone_of_the_reader() {
        let at = 1_796_309_160_000;
        let newfoundland = Zone { name: "NST".to_owned(), offset_s: -(3 * 3600 + 1800) };
        assert_eq!(instant(at, &Zone::utc()), "Thu 3 Dec 2026, 14:46 UTC");
        assert_eq!(instant(at, &newfoundland), "Thu 3 Dec 2026, 11:16 NST");
        assert_eq!(instant_near(at, at - 4 * DAY, &Zone::utc()), "Thu 3 Dec, 14:46 UTC");
        assert_eq!(instant_near(at, at - 200 * DAY, &Zone::utc()), "Thu 3 Dec 2026, 14:46 UTC");
        assert_eq!(instant_to_the_second(at + 5_999, at, &newfoundland), "Thu 3 Dec, 11:16:05 NST");
    }

    #[test]
    fn a_period_names_its_day_once_and_seconds_where_they_tell_its_ends_apart() {
        let at = 1_796_309_160_000;
        for (long, words) in [
            (46 * SECOND, "Thu 3 Dec, 14:46:00–14:46:46 UTC"),
            (28 * MINUTE, "Thu 3 Dec, 14:46–15:14 UTC"),
            (10 * HOUR, "Thu 3 Dec, 14:46 – Fri 4 Dec, 00:46 UTC"),
        ] {
            assert_eq!(period(at, at + long, at + DAY, &Zone::utc()), words);
        }
        assert_eq!(period(at, at + HOUR, at + 200 * DAY, &Zone::utc()), "Thu 3 Dec 2026, 14:46–15:46 UTC");
    }

    #[cfg(feature = "exchange")]
    proptest::proptest! {
        #[test]
        fn the_calendar_is_that_of_a_library(at in -30_000_000_000_000_i64..250_000_000_000_000) {
            let known = jiff::Timestamp::from_millisecond(at).unwrap().strftime("%a %-d %b %Y, %H:%M UTC").to_string();
            proptest::prop_assert_eq!(instant(at, &Zone::utc()), known);
        }
    }
}
