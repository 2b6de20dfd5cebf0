//! Usage over time: how many licenses were in use at once, for how long, and how many would have been enough.
//!
//! A check-out is the time from `from` up to, not including, `to`, in Unix milliseconds. Peaks are computed from these
//! edges, not from samples, so they are exact in any order of arrival.

mod bytes;
mod concurrency;
mod coverage;
mod day;
mod edges;
mod growth;
pub mod interchange;
mod levels;
mod licensed;
mod line;
mod retention;
mod split;
mod users;

pub use bytes::{read_varint, write_varint};
pub use concurrency::Concurrency;
pub use coverage::{SHARES, coverage};
pub use day::{Day, HourUse, decode_hours};
pub use edges::{Edge, Edges};
pub use growth::{Baseline, baseline, growth};
pub use levels::Levels;
pub use licensed::{LicensedHistory, PeakHour, closest_to_limit};
pub use line::{ForeignFields, UsageLine};
pub use retention::PurgeProgress;
pub use split::{Span, by_hour};
pub use users::Users;

/// An hour, milliseconds.
pub const HOUR_MS: i64 = 3_600_000;
/// A UTC day, milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// The longest check-out counted, milliseconds: 400 days, the default retention of data files. Of a longer one, the
/// last part counts.
pub const LONGEST_MS: i64 = 400 * DAY_MS;
/// Earliest time of a check-out, Unix milliseconds: 2000-01-01. Earlier ones are errors of the sender.
pub const EARLIEST_MS: i64 = 946_684_800_000;
/// Latest time of a check-out, Unix milliseconds: 2200-01-01.
pub const LATEST_MS: i64 = 7_258_118_400_000;

/// The UTC day an instant lies in, counted from 1970-01-01.
#[must_use]
pub fn day_of(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS)
}

/// The UTC hour an instant lies in, counted from 1970-01-01T00.
#[must_use]
pub fn hour_of(ms: i64) -> i64 {
    ms.div_euclid(HOUR_MS)
}

#[cfg(test)]
mod tests;
