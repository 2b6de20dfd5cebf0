//! The period, the zone and the step an address asks for.

use engine::usage::query::{Filter, Step};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::labels;
use crate::pages::usage::{Period, UsageFilter};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Days that are shown when the address names none.
const DEFAULT_DAYS: i64 = 30;
/// The longest period, days: daily roll-ups are kept for ten years.
const LONGEST: i64 = 3_700;
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
        let mut zone = own.clone();
        if !filter.zone.is_empty() {
            match TimeZone::get(&filter.zone) {
                Ok(found) => zone = found,
                Err(_) => {
                    problem = Some(format!(
                        "“{}” is not a time zone known here. Times are shown in the server's.",
                        filter.zone
                    ));
                    filter.zone = String::new();
                }
            }
        }
        let now = zoned(now_ms, &zone);
        let span = match span(&filter, &now) {
            Ok(span) => span,
            Err(wrong) => {
                problem = Some(wrong);
                (filter.range, filter.from, filter.to) = (String::new(), String::new(), String::new());
                days_back(DEFAULT_DAYS, &now)
            }
        };
        let (from, until, earlier) = (span.from, span.until, span.earlier);
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
    pub fn steps(&self) -> (Step, Vec<Step>) {
        let days = self.days();
        let sensible: Vec<Step> = [
            (Step::Hour, days <= MOST_HOURLY),
            (Step::Day, (2..=MOST_DAILY).contains(&days)),
            (Step::Week, days >= 14),
            (Step::Month, days >= 60),
        ]
        .into_iter()
        .filter(|(_, sensible)| *sensible)
        .map(|(step, _)| step)
        .collect();
        let fitting = match days {
            ..=8 => Step::Hour,
            9..=550 => Step::Day,
            551..=1_830 => Step::Week,
            _ => Step::Month,
        };
        let wanted = sensible.iter().copied().find(|step| step_word(*step) == self.filter.step);
        (wanted.unwrap_or(fitting), sensible)
    }
}

/// From, until, and where the period before begins.
struct Span {
    from: Zoned,
    until: Zoned,
    earlier: Zoned,
}

/// The period a filter names; what is wrong with it, as a sentence.
fn span(filter: &UsageFilter, now: &Zoned) -> Result<Span, String> {
    match filter.range.as_str() {
        "" | "30d" => Ok(days_back(DEFAULT_DAYS, now)),
        // So short a period would change much with the hour of the day: it ends with this hour, and begins as many hours before.
        "7d" => Ok(rolling(7, now)),
        "90d" => Ok(days_back(90, now)),
        "365d" => Ok(days_back(365, now)),
        "custom" => dates(&filter.from, &filter.to, now),
        other => Err(format!("“{other}” is not a period. Choose one of those offered; the last 30 days are shown.")),
    }
}

fn rolling(days: i64, now: &Zoned) -> Span {
    let hour = Timestamp::from_millisecond((now.timestamp().as_millisecond().div_euclid(HOUR_MS) + 1) * HOUR_MS);
    let until = hour.map_or_else(|_| now.clone(), |hour| hour.to_zoned(now.time_zone().clone()));
    let back = |count: i64| until.checked_sub(count.days()).unwrap_or_else(|_| until.clone());
    Span { from: back(days), earlier: back(2 * days), until }
}

/// The days up to today.
fn days_back(days: i64, now: &Zoned) -> Span {
    let today = now.date();
    let first = today.checked_sub((days - 1).days()).unwrap_or(today);
    whole_days(first, today, now)
}

/// From the beginning of a day to the end of another.
fn whole_days(first: Date, last: Date, now: &Zoned) -> Span {
    let zone = now.time_zone();
    let begin = |date: Date| date.to_zoned(zone.clone()).unwrap_or_else(|_| now.clone());
    let count = last.since(first).map_or(1, |span| i64::from(span.get_days()) + 1);
    let after = last.tomorrow().unwrap_or(last);
    let earlier = first.checked_sub(count.days()).unwrap_or(first);
    Span { from: begin(first), until: begin(after), earlier: begin(earlier) }
}

fn dates(from: &str, to: &str, now: &Zoned) -> Result<Span, String> {
    let day = |text: &str| {
        text.parse::<Date>()
            .map_err(|_| format!("“{text}” is not a day. Enter days as 2026-01-31; the last 30 days are shown."))
    };
    let (first, last) = (day(from)?, day(to)?);
    let (first, last) = if first <= last { (first, last) } else { (last, first) };
    if last.since(first).map_or(i64::MAX, |span| span.get_days().into()) > LONGEST {
        return Err("That is more than ten years; no use is kept for so long. The last 30 days are shown.".to_owned());
    }
    Ok(whole_days(first, last, now))
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
pub(super) fn step_word(step: Step) -> &'static str {
    match step {
        Step::Hour => "hour",
        Step::Day => "day",
        Step::Week => "week",
        Step::Month => "month",
    }
}
