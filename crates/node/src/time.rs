//! Dates as people write them, and instants as sentences show them.

use std::str::FromStr;

/// How a day is written.
const DAY_FORM: &str = "2027-12-31";

/// Milliseconds.
const DAY: i64 = 86_400_000;

/// One second before midnight, so that the instant shows as the day that was meant.
const END_OF_DAY: (i8, i8, i8) = (23, 59, 59);

/// An instant as a person gives it: a day (its last second, UTC counts), or RFC 3339. Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UntilInstant(pub i64);

/// Text that is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a date. Write a day like 2027-12-31 (to its end, UTC) or an instant like 2027-12-31T12:00:00Z.")]
pub struct UntilError(String);

impl FromStr for UntilInstant {
    type Err = UntilError;

    fn from_str(text: &str) -> Result<Self, UntilError> {
        let text = text.trim();
        let wrong = || UntilError(text.chars().take(40).collect());
        let at = if text.len() == DAY_FORM.len() {
            let day: jiff::civil::Date = text.parse().map_err(|_| wrong())?;
            let (hour, minute, second) = END_OF_DAY;
            let end = day.at(hour, minute, second, 0).to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?;
            end.timestamp()
        } else {
            text.parse::<jiff::Timestamp>().map_err(|_| wrong())?
        };
        Ok(Self(at.as_millisecond()))
    }
}

/// The beginning of a span: a day (its first millisecond, UTC), or RFC 3339. Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanStart(pub i64);

impl FromStr for SpanStart {
    type Err = UntilError;

    fn from_str(text: &str) -> Result<Self, UntilError> {
        Ok(Self(span(text)?.0))
    }
}

/// The end of a span: a day (its last millisecond, UTC), or RFC 3339. Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanEnd(pub i64);

impl FromStr for SpanEnd {
    type Err = UntilError;

    fn from_str(text: &str) -> Result<Self, UntilError> {
        Ok(Self(span(text)?.1))
    }
}

/// The first and the last millisecond of a day or an instant.
fn span(text: &str) -> Result<(i64, i64), UntilError> {
    let UntilInstant(until) = text.parse()?;
    // A day is read as its last second.
    let is_day = text.trim().len() == DAY_FORM.len();
    Ok(if is_day { (until - DAY + 1_000, until + 999) } else { (until, until) })
}

/// A date, or `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UntilOrNever(pub Option<UntilInstant>);

impl FromStr for UntilOrNever {
    type Err = UntilError;

    fn from_str(text: &str) -> Result<Self, UntilError> {
        if text.trim().eq_ignore_ascii_case("never") { Ok(Self(None)) } else { text.parse().map(|at| Self(Some(at))) }
    }
}

/// For sentences: `2026-11-22 00:41 UTC`.
pub fn spoken(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_to_its_last_second_and_an_instant_is_taken_as_it_is() {
        let cases = [
            ("2027-12-31", "2027-12-31T23:59:59Z"),
            (" 2028-02-29 ", "2028-02-29T23:59:59Z"),
            ("2027-12-31T12:00:00Z", "2027-12-31T12:00:00Z"),
            ("2027-12-31T12:00:00+02:00", "2027-12-31T10:00:00Z"),
        ];
        for (text, instant) in cases {
            let expected: jiff::Timestamp = instant.parse().unwrap();
            assert_eq!(text.parse(), Ok(UntilInstant(expected.as_millisecond())), "{text}");
        }
        assert_eq!("Never".parse(), Ok(UntilOrNever(None)));
    }

    #[test]
    fn a_span_of_days_lasts_from_the_first_millisecond_to_the_last() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert_eq!("2026-05-01".parse(), Ok(SpanStart(at("2026-05-01T00:00:00Z"))));
        assert_eq!("2026-05-01".parse(), Ok(SpanEnd(at("2026-05-01T23:59:59.999Z"))));
        let instant = "2026-05-01T12:00:00.5+02:00";
        assert_eq!((instant.parse(), instant.parse()), (Ok(SpanStart(at(instant))), Ok(SpanEnd(at(instant)))));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "tomorrow", "2027-02-30", "31.12.2027", "2027-12-31 12:00", "never", "2027-13-01", "20271231"]
        {
            assert!(text.parse::<UntilInstant>().is_err(), "{text}");
        }
    }

    #[test]
    fn sentences_name_the_minute_in_utc() {
        assert_eq!(spoken(1_795_308_102_000), "2026-11-22 00:41 UTC");
    }
}
