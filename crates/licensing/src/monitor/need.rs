use jiff::{Timestamp, tz::TimeZone};

use crate::contact::Millis;

/// The license that would cover records of this time by users with an index up to this, as a sentence for a request to
/// the vendor. Days are UTC.
#[must_use]
pub fn needed(from: Millis, to: Millis, users: u64) -> String {
    let day = |at: Millis| Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    let plural = if users == 1 { "" } else { "s" };
    format!(
        "A monitor license that starts on or before {}, ends on or after {} and is for at least {users} user{plural}.",
        day(from),
        day(to)
    )
}
