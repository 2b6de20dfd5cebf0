//! The period, the zone and the step an address asks for.

use engine::usage::period;
use engine::usage::query::{BucketWidth, Filter};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::labels;
use app::pages::usage::{Period, UsageFilter};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Hours are offered for periods up to this, days: one wide column each.
const MOST_HOURLY: i64 = 31;
/// Days are offered for periods up to this.
const MOST_DAILY: i64 = 750;

/// Zones that are offered; every other IANA name works in the address.
const ZONES: [&str; 16] = [
    "Europe/London",
    "Europe/Berlin",
    "Europe/Athens",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
];

/// What an address asks for, understood.
#[derive(Clone, Debug)]
pub struct Asked {
    pub filter: UsageFilter,
    pub period: Period,
    /// Where the period of the same length before begins.
    pub before_from_ms: i64,
    /// What was not understood, and what is shown in its place.
    pub problem: Option<String>,
    pub zone: TimeZone,
    pub now_ms: i64,
}

impl Asked {
    /// Understands a filter; what cannot be is left out and said.
    pub fn of(filter: &UsageFilter, now_ms: i64) -> Asked {
        Asked::in_zone(filter, now_ms, &TimeZone::system())
    }

    /// The same on a server in this zone.
    pub(super) fn in_zone(filter: &UsageFilter, now_ms: i64, own: &TimeZone) -> Asked {
        let mut filter = filter.clone();
        let mut problem = None;
        let zone = period::zone(&filter.zone, own).unwrap_or_else(|wrong| {
            problem = Some(format!("{wrong} Times are shown in the server's."));
            filter.zone = String::new();
            own.clone()
        });
        let now = zoned(now_ms, &zone);
        let named = period::Period::read(&filter.range, &filter.from, &filter.to, &now);
        let period::Period { from, until, before_from: earlier } = named.unwrap_or_else(|wrong| {
            problem = Some(format!("{wrong} The last 30 days are shown."));
            (filter.range, filter.from, filter.to) = (String::new(), String::new(), String::new());
            period::Period::usual(&now)
        });
        let last = until.checked_sub(1.millisecond()).unwrap_or_else(|_| until.clone());
        let period = Period {
            from_ms: from.timestamp().as_millisecond(),
            until_ms: until.timestamp().as_millisecond(),
            words: labels::span(from.date(), last.date(), true),
            before_words: labels::span(
                earlier.date(),
                from.checked_sub(1.millisecond()).unwrap_or_else(|_| from.clone()).date(),
                false,
            ),
            recorded_since: None,
            first_day: from.date().to_string(),
            last_day: last.date().to_string(),
            zone: zone_name(&zone),
        };
        Asked { filter, period, before_from_ms: earlier.timestamp().as_millisecond(), problem, zone, now_ms }
    }

    /// The question for the roll-ups.
    pub fn query(&self, product: Option<&str>) -> Filter {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Filter {
            from_ms: self.period.from_ms,
            to_ms: self.period.until_ms,
            product: product.map(str::to_owned),
            client: given(&self.filter.client),
            context: given(&self.filter.context),
            deployment: None,
            zone: self.zone.clone(),
        }
    }

    /// Length in days; the hour that a change of the clocks adds or takes does not count.
    fn days(&self) -> i64 {
        ((self.period.until_ms - self.period.from_ms + DAY_MS / 2) / DAY_MS).max(1)
    }

    /// The step that is shown, and those that make sense.
    pub fn steps(&self) -> (BucketWidth, Vec<BucketWidth>) {
        let days = self.days();
        let sensible: Vec<BucketWidth> = [
            (BucketWidth::Hour, days <= MOST_HOURLY),
            (BucketWidth::Day, (2..=MOST_DAILY).contains(&days)),
            (BucketWidth::Week, days >= 14),
            (BucketWidth::Month, days >= 60),
        ]
        .into_iter()
        .filter(|(_, sensible)| *sensible)
        .map(|(step, _)| step)
        .collect();
        let fitting = match days {
            ..=8 => BucketWidth::Hour,
            9..=550 => BucketWidth::Day,
            551..=1_830 => BucketWidth::Week,
            _ => BucketWidth::Month,
        };
        let wanted = sensible.iter().copied().find(|step| step_word(*step) == self.filter.step);
        (wanted.unwrap_or(fitting), sensible)
    }
}

/// An instant in a zone.
pub(super) fn zoned(ms: i64, zone: &TimeZone) -> Zoned {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone())
}

/// "Europe/Berlin"; "UTC" for a machine that names no zone.
fn zone_name(zone: &TimeZone) -> String {
    match zone.iana_name() {
        Some("Etc/UTC" | "Etc/UCT" | "Zulu") | None => "UTC".to_owned(),
        Some(name) => name.to_owned(),
    }
}

/// The zones to choose from: the server's own, UTC, and some more.
pub(super) fn zones(asked: &Asked) -> Vec<(String, String)> {
    let own = zone_name(&TimeZone::system());
    let mut zones = vec![(String::new(), format!("The server's: {own}"))];
    zones.extend(
        ["UTC"]
            .into_iter()
            .chain(ZONES)
            .filter(|name| *name != own)
            .map(|name| (name.to_owned(), name.replace('_', " "))),
    );
    let chosen = &asked.filter.zone;
    if zones.iter().all(|(value, _)| value != chosen) {
        zones.push((chosen.clone(), chosen.replace('_', " ")));
    }
    zones
}

/// The word in the address.
pub(super) fn step_word(step: BucketWidth) -> &'static str {
    match step {
        BucketWidth::Hour => "hour",
        BucketWidth::Day => "day",
        BucketWidth::Week => "week",
        BucketWidth::Month => "month",
    }
}
