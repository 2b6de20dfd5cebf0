//! Instants in JSON: RFC 3339, UTC, with milliseconds.

use jiff::Timestamp;

use crate::contact::Millis;

/// `2026-11-22T00:41:42.000Z`. An instant before the year −9999 or after 9999 is written as that end.
pub(crate) fn to_text(instant: Millis) -> String {
    format!("{:.3}", timestamp(instant))
}

/// The day in UTC: `2026-11-22`.
pub(crate) fn day(instant: Millis) -> String {
    timestamp(instant).strftime("%Y-%m-%d").to_string()
}

/// Reads RFC 3339 with any offset; what is finer than a millisecond is dropped.
pub(crate) fn from_text(text: &str) -> Option<Millis> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

fn timestamp(instant: Millis) -> Timestamp {
    let nearest = if instant < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(instant).unwrap_or(nearest)
}
