//! Usage queries, answered from the roll-ups. Hours are UTC hours: a period is widened to full ones, and in a time
//! zone with a half-hour offset an hour belongs to the day it begins in.
//!
//! Products are never added up: their names are nested roll-ups.

mod course;
mod denials;
mod heat;
mod known;
mod licensed;
mod load;
mod period;
mod summary;
mod users;
mod who;

pub use denials::{Denial, DenialCursor, DenialCursorError};

use jiff::tz::TimeZone;
use licensing::usage::PeakHour;

/// Filter and period of a query.
#[derive(Debug, Clone)]
pub struct Filter {
    /// From here, Unix milliseconds.
    pub from_ms: i64,
    /// Up to here, not included, Unix milliseconds.
    pub to_ms: i64,
    /// One product; none: each of them.
    pub product: Option<String>,
    /// One client, by its name.
    pub client: Option<String>,
    /// One context, as its word; none: all.
    pub context: Option<String>,
    /// One deployment; none: the whole server.
    pub deployment: Option<String>,
    /// Where days begin.
    pub zone: TimeZone,
}

/// Figures of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Figures {
    /// Check-outs.
    pub taken: u64,
    /// Time in use, milliseconds.
    pub use_ms: u64,
    /// Denials.
    pub denied: u64,
    /// The most in use at any instant.
    pub peak: u32,
}

/// Usage of one product.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductUse {
    /// Its name.
    pub product: String,
    /// Check-outs.
    pub taken: u64,
    /// Time in use, milliseconds.
    pub use_ms: u64,
    /// Denials.
    pub denied: u64,
    /// The most in use at any instant.
    pub peak: u32,
    /// When: the beginning of the first hour that reached the peak, Unix milliseconds; none without use.
    pub peak_at_ms: Option<i64>,
    /// The figures of the previous period; `None` unless it was recorded whole.
    pub before: Option<Figures>,
    /// Numbers of licenses that would have been enough for these shares of the time, percent. Empty for a single
    /// client.
    pub coverage: Vec<(f64, u32)>,
    /// Open check-outs known now: those that have lasted a minute or more.
    pub open_now: u64,
    /// What was licensed in the hour of the peak; without use, the most in the period. `None` if unknown.
    pub licensed: Option<u64>,
    /// The hour that came closer to what was licensed in it than the hour of the peak did: fewer were licensed then.
    pub closest: Option<PeakHour>,
    /// What is licensed since the last record; `None` if nothing was ever recorded.
    pub licensed_now: Option<u64>,
}

/// The length of steps over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BucketWidth {
    /// A UTC hour.
    Hour,
    /// A day of the time zone.
    Day,
    /// A week of the time zone, from Monday.
    Week,
    /// A month of the time zone.
    Month,
}

/// A step of a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsagePoint {
    /// When it begins, Unix milliseconds.
    pub at_ms: i64,
    /// When it ends.
    pub until_ms: i64,
    /// Check-outs.
    pub taken: u64,
    /// Time in use, milliseconds.
    pub use_ms: u64,
    /// Denials.
    pub denied: u64,
    /// The most in use at any instant.
    pub peak: u32,
    /// What was licensed in the hour of the peak; without use, the most in the step. `None` if unknown.
    pub licensed: Option<u64>,
}

/// An hour of the week.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct WeekHour {
    /// The mean of the peaks of these hours.
    pub mean_peak: f64,
    /// The highest peak of these hours.
    pub peak: u32,
}

/// Hours of the week: Monday first, each from midnight of the time zone.
pub type Heat = [[WeekHour; 24]; 7];

/// Usage of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientUse {
    /// Its name.
    pub client: String,
    /// Product.
    pub product: String,
    /// Check-outs.
    pub taken: u64,
    /// Time in use, milliseconds.
    pub use_ms: u64,
    /// Denials.
    pub denied: u64,
    /// The most in use at any instant.
    pub peak: u32,
}

/// Usage of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserUse {
    /// The name the application gave; empty where it gave none.
    pub user: String,
    /// Product.
    pub product: String,
    /// Check-outs.
    pub taken: u64,
    /// Time in use, milliseconds.
    pub use_ms: u64,
    /// Denials.
    pub denied: u64,
}

/// The range of known usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownSpan {
    /// The beginning of the first hour, Unix milliseconds.
    pub first_ms: i64,
    /// The end of the last hour, Unix milliseconds.
    pub last_ms: i64,
}
