//! Usage of each product compared with what is licensed; its records as files.

mod records;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use engine::usage::period::{self, Period, PeriodError};
use engine::usage::query::{self, ProductUse};
use engine::{DatabaseError, Engine};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use licensing::context::Context;
use licensing::permission::Permission::View;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::request::Query;
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

pub use records::IMPORT;

pub fn operations(all: Operations) -> Operations {
    records::operations(all.add(routes!(get_usage), May(View), &[]))
}

/// Filter and period.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct Filter {
    /// One product [default: all].
    #[param(example = "TTS3_QUIXOTIC")]
    product: String,
    /// One client, by its name.
    client: String,
    /// `production`, `backup` or `development`.
    context: String,
    #[param(example = "7d")]
    /// `7d`, `30d` (the default), `90d`, `365d` or `custom`.
    range: String,
    /// With `custom`: first day, such as `2026-01-31`.
    from: String,
    /// With `custom`: last day, included.
    to: String,
    /// Time zone of the days, an IANA name [default: the server's].
    #[param(example = "UTC")]
    zone: String,
}

/// Usage in a period, by product. Products can contain one another, so there is no total.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Usage {
    items: Vec<ProductUsage>,
    /// All products fit on one page: always null.
    next: Option<String>,
    /// Beginning of the period.
    from: Time,
    /// End of the period, not included.
    until: Time,
    /// Since when use is recorded; null before the first.
    recorded_since: Option<Time>,
    /// The cumulative counters by product, as in reports to the vendor.
    totals: BTreeMap<String, UsageTotal>,
}

/// Usage of one product.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ProductUsage {
    product: String,
    /// What was licensed in the hour of the peak; without use, the most in the period. Null if unknown.
    licensed: Option<u64>,
    /// What is licensed now; null if unknown.
    licensed_now: Option<u64>,
    /// Check-outs.
    usage_count: u64,
    /// Time licenses were in use, milliseconds.
    usage_ms: u64,
    /// Denials.
    denied: u64,
    /// The most in use at any instant.
    peak: u32,
    /// Start of the first hour that reached the peak.
    peak_at: Option<Time>,
    /// The hour that came closer to what was licensed in it than the hour of the peak did, where fewer were licensed.
    closest: Option<UsagePeakHour>,
    /// Number of licenses that would have been enough for a share of the time. Empty for a single client.
    coverage: Vec<UsageCoverage>,
    /// The previous period of the same length; null unless it was recorded whole.
    before: Option<UsageBefore>,
}

/// The most in use within an hour, and what was licensed then.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UsagePeakHour {
    /// Beginning of the hour.
    at: Time,
    peak: u64,
    licensed: Option<u64>,
}

/// Number of licenses that would have been enough for a share of the time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UsageCoverage {
    /// Share of the time.
    percent: f64,
    licenses: u32,
}

/// Figures of the previous period.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UsageBefore {
    usage_count: u64,
    usage_ms: u64,
    denied: u64,
    peak: u32,
}

/// Totals of one product since this server was set up.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
struct UsageTotal {
    usage_count: u64,
    usage_ms: u64,
    /// Denials on record.
    denied: u64,
}

/// Usage of each product compared with what is licensed.
#[utoipa::path(get, path = "/api/v1/usage", tag = "usage", params(Filter), responses(
    (status = 200, description = "Usage by product", body = Usage),
    (status = 422, description = "Invalid day, period, zone or context")))]
async fn get_usage(
    State(Api { engine, .. }): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<Usage>, Problem> {
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let context = given(&filter.context).map(|word| word.parse::<Context>()).transpose();
    let context = context.map_err(|error| Problem::field("context", error))?;
    let zone = period::zone(&filter.zone, &TimeZone::system())?;
    let now = Timestamp::from_millisecond(engine.now_ms()).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
    let period = Period::read(&filter.range, &filter.from, &filter.to, &now)?;
    let query = query::Filter {
        from_ms: period.from.timestamp().as_millisecond(),
        to_ms: period.until.timestamp().as_millisecond(),
        product: given(&filter.product),
        client: given(&filter.client),
        context: context.map(|context| context.to_string()),
        deployment: None,
        zone,
    };
    let found = engine.usage.summary(&query).await?;
    let totals = totals(&engine, query.product.as_deref(), &query).await?;
    Ok(Json(Usage {
        items: found.into_iter().map(item).collect(),
        next: None,
        from: Time(query.from_ms),
        until: Time(query.to_ms),
        recorded_since: engine.usage.recorded_from().await?.map(Time),
        totals,
    }))
}

impl From<PeriodError> for Problem {
    fn from(error: PeriodError) -> Self {
        let field = match error {
            PeriodError::Zone(_) => "zone",
            PeriodError::Range(_) => "range",
            PeriodError::Day(_) | PeriodError::TooLong => "from",
        };
        Self::field(field, error)
    }
}

fn item(of: ProductUse) -> ProductUsage {
    let before = of.before.map(|query::Figures { taken, use_ms, denied, peak }| UsageBefore {
        usage_count: taken,
        usage_ms: use_ms,
        denied,
        peak,
    });
    let closest =
        of.closest.map(|hour| UsagePeakHour { at: Time(hour.at_ms), peak: hour.peak, licensed: hour.licensed });
    ProductUsage {
        product: of.product,
        licensed: of.licensed,
        licensed_now: of.licensed_now,
        usage_count: of.taken,
        usage_ms: of.use_ms,
        denied: of.denied,
        peak: of.peak,
        peak_at: of.peak_at_ms.map(Time),
        coverage: of.coverage.into_iter().map(|(percent, licenses)| UsageCoverage { percent, licenses }).collect(),
        closest,
        before,
    }
}

/// The counters of all deployments; denials are not in reports and come from the records.
async fn totals(
    engine: &Engine,
    product: Option<&str>,
    query: &query::Filter,
) -> Result<BTreeMap<String, UsageTotal>, DatabaseError> {
    let mut totals: BTreeMap<String, UsageTotal> = BTreeMap::new();
    let mut deployments = engine.deployments().await?;
    // An unregistered server has no deployment to count for.
    if deployments.is_empty() {
        deployments.push(String::new());
    }
    for deployment in deployments {
        for (name, usage) in engine.usage_report(&deployment, product.unwrap_or_default()).await?.license_usage {
            let total = totals.entry(name).or_default();
            total.usage_count = total.usage_count.saturating_add(usage.usage_count);
            total.usage_ms = total.usage_ms.saturating_add(usage.usage_ms);
        }
    }
    if let Some(extent) = engine.usage.extent().await? {
        let all = query::Filter {
            from_ms: extent.first_ms,
            to_ms: extent.last_ms,
            client: None,
            context: None,
            ..query.clone()
        };
        for of in engine.usage.summary(&all).await? {
            totals.entry(of.product).or_default().denied = of.denied;
        }
    }
    Ok(totals)
}
