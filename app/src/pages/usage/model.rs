//! What the page of the usage shows. Instants are also given as words, because the zone is the reader's choice.

use super::Connect;

/// Use in a period, by product, and one product in detail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsagePage {
    pub filter: UsageFilter,
    pub period: Period,
    /// What is wrong with the dates in the address; the default period is shown in their place.
    pub problem: Option<String>,
    /// Whether anything was ever used.
    pub any: bool,
    /// Zones to choose from: value and words.
    pub zones: Vec<(String, String)>,
    pub clients: Vec<String>,
    pub contexts: Vec<String>,
    /// By product, never added together.
    pub products: Vec<ProductRow>,
    /// The chosen product; none when nothing was used in the period.
    pub detail: Option<Detail>,
    /// How an application is connected to this server.
    pub connect: Connect,
}

/// The query of the address. What is empty is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageFilter {
    pub product: String,
    pub client: String,
    pub context: String,
    /// `7d`, `30d`, `90d`, `365d` or `custom`.
    pub range: String,
    /// First day, `2026-01-31`; with `custom` only.
    pub from: String,
    /// Last day, included.
    pub to: String,
    /// IANA name; empty: the server's own.
    pub zone: String,
    /// `hour`, `day`, `week`, `month`; empty: what fits the period.
    pub step: String,
    /// `course`, `clients`, `users` or `refused`.
    pub tab: String,
    /// Older than this refusal.
    pub before: String,
    /// Order of one of the tables, "products.peak" (see `Table::sorts`), and `desc`.
    pub sort: String,
    pub dir: String,
}

/// The period shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Period {
    pub from_ms: i64,
    /// Not included.
    pub until_ms: i64,
    /// "24 Oct – 22 Nov 2026".
    pub words: String,
    /// The period of the same length before it.
    pub before_words: String,
    /// "24 Oct 2026": since when use is recorded, where that is after the period before began. There is nothing to compare with then.
    pub recorded_since: Option<String>,
    /// First and last day, `2026-10-24`, for the fields.
    pub first_day: String,
    pub last_day: String,
    /// The zone in which days begin: "Europe/Berlin".
    pub zone: String,
}

/// An instant with its words in the chosen zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    pub at_ms: i64,
    /// "Tue 17 Nov, 10:00–11:00".
    pub words: String,
}

/// Totals of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub taken: u64,
    pub use_ms: u64,
    pub denied: u64,
    pub peak: u64,
}

/// The use of one product in the period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProductRow {
    pub product: String,
    pub totals: Totals,
    /// The hour of the peak.
    pub peak_at: Option<Moment>,
    /// What was licensed in the hour of the peak; without use, the most in the period. None where it is not known.
    pub licensed: Option<u64>,
    /// Use is counted, and has no limit.
    pub metered: bool,
    /// An hour with all in use that were licensed then, when fewer were than at the peak: how many, and when.
    pub full: Option<(u64, Moment)>,
    /// What is licensed now; none where it was never known.
    pub licensed_now: Option<u64>,
    /// The period before; none unless it was recorded whole.
    pub before: Option<Totals>,
    /// In use at this moment.
    pub now: u64,
}

/// Rows of a list on the page; the file has all.
pub const LISTED: usize = 50;

/// One product.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    pub row: ProductRow,
    pub step: String,
    /// The steps that make sense in this period.
    pub steps: Vec<String>,
    /// Filled for the tab that is shown, as are the following.
    pub course: Vec<CoursePoint>,
    /// Monday to Sunday, 0 to 23 o'clock; empty elsewhere.
    pub heat: Vec<Vec<HeatCell>>,
    /// Share of the time in percent, and the licenses that would have covered it.
    pub coverage: Vec<(f64, u64)>,
    /// The page lists the first [`LISTED`] of each.
    pub clients: Vec<UseBy>,
    pub users: Vec<UseBy>,
    pub refusals: Vec<Refusal>,
    /// Value of `before` for older refusals.
    pub older: Option<String>,
    /// Addresses of the same data as files.
    pub csv: String,
    pub json: String,
}

/// One step of the course.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoursePoint {
    pub at_ms: i64,
    /// "Tue 17 Nov", "10:00", "Nov 2026".
    pub label: String,
    /// The words under the axis; empty where the label would say nothing new.
    pub tick: String,
    /// In full, for tables: "2026-11-17".
    pub day: String,
    /// The first and the last day it touches, for the address of these days.
    pub days: (String, String),
    pub totals: Totals,
    /// What was licensed in the hour of the peak.
    pub licensed: Option<u64>,
    /// The peak of the same step in the period before.
    pub before: Option<u64>,
}

/// One hour of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeatCell {
    /// Mean of the peaks of this hour.
    pub mean: f64,
    pub peak: u64,
}

/// Use by one client or user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UseBy {
    /// Empty when applications did not name their user.
    pub who: String,
    pub totals: Totals,
}

/// Requests refused, of the same user at the same client within a minute together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    pub at: Moment,
    pub client: String,
    pub user: String,
    pub host: String,
    pub count: u64,
}
