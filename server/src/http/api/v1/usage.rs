use std::collections::BTreeMap;

use crate::console::usage::Asked;
use app::pages::usage::UsageFilter;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::usage::query::{self, ProductUse};
use engine::{DatabaseError, Engine};
use serde::{Deserialize, Serialize};

use super::json::Query;
use crate::http::problem::{InputError, Problem};
use crate::http::state::App;
use crate::time::rfc3339;

/// Which use.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct Filter {
    /// One product; all when left out.
    product: String,
    /// One client, by its name.
    client: String,
    /// `production`, `backup` or `development`.
    context: String,
    /// `7d`, `30d` (the default), `90d`, `365d` or `custom`.
    range: String,
    /// With `custom`: the first day, such as `2026-01-31`.
    from: String,
    /// With `custom`: the last day, included.
    to: String,
    /// Where days begin: an IANA name; the server's own zone when left out.
    zone: String,
}

/// Use in a period, by product. Products can contain one another: they are never added together.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Usage {
    items: Vec<Item>,
    /// All products fit on one page: always null.
    next: Option<String>,
    /// Beginning of the period.
    from: String,
    /// End of the period, not included.
    until: String,
    /// The cumulative counters, as reports to the vendor carry them, by product.
    totals: BTreeMap<String, Total>,
}

/// The use of one product.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Item {
    product: String,
    /// The most that was licensed in the period; none where that is not known.
    licensed: Option<u64>,
    /// Licenses taken.
    usage_count: u64,
    /// Time licenses were in use, milliseconds.
    usage_ms: u64,
    /// Requests refused.
    denied: u64,
    /// The most in use at any instant.
    peak: u32,
    /// The beginning of the first hour that reached the peak.
    peak_at: Option<String>,
    /// How many licenses would have been enough for a share of the time. Empty when one client is asked about.
    coverage: Vec<Coverage>,
    /// The period of the same length before.
    before: Before,
}

/// How many licenses would have been enough for a share of the time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Coverage {
    /// Share of the time.
    percent: f64,
    licenses: u32,
}

/// Figures of the period before.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Before {
    usage_count: u64,
    usage_ms: u64,
    denied: u64,
    peak: u32,
}

/// Totals of one product since this installation was made.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Total {
    usage_count: u64,
    usage_ms: u64,
    /// Refused requests on record.
    denied: u64,
}

/// What was used of each product, and how near it came to what is licensed.
#[utoipa::path(get, path = "/api/v1/usage", tag = "usage", params(Filter), responses(
    (status = 200, description = "Use by product", body = Usage),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A day, period or zone cannot be understood", body = Problem, content_type = "application/problem+json")))]
pub async fn get(State(app): State<App>, Query(filter): Query<Filter>) -> Result<Json<Usage>, Problem> {
    let filter = UsageFilter {
        product: filter.product,
        client: filter.client,
        context: filter.context,
        range: filter.range,
        from: filter.from,
        to: filter.to,
        zone: filter.zone,
        ..UsageFilter::default()
    };
    let engine = &app.engine;
    let asked = Asked::of(&filter, engine.now_ms());
    if let Some(problem) = asked.problem {
        let field = if asked.filter.zone == filter.zone { "range" } else { "zone" };
        let errors = vec![InputError { field: field.to_owned(), message: problem }];
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "The period or the zone cannot be understood.")
            .with_errors(errors));
    }
    let product = Some(filter.product.as_str()).filter(|product| !product.is_empty());
    let query = asked.query(product);
    let found = engine.usage.summary(&query).await.map_err(|error| Problem::internal(&error))?;
    let totals = totals(engine, product, &query).await.map_err(|error| Problem::internal(&error))?;
    Ok(Json(Usage {
        items: found.into_iter().map(item).collect(),
        next: None,
        from: rfc3339(asked.period.from_ms),
        until: rfc3339(asked.period.until_ms),
        totals,
    }))
}

fn item(of: ProductUse) -> Item {
    let query::Figures { taken, use_ms, denied, peak } = of.before;
    Item {
        product: of.product,
        licensed: of.licensed,
        usage_count: of.taken,
        usage_ms: of.use_ms,
        denied: of.denied,
        peak: of.peak,
        peak_at: of.peak_at_ms.map(rfc3339),
        coverage: of.coverage.into_iter().map(|(percent, licenses)| Coverage { percent, licenses }).collect(),
        before: Before { usage_count: taken, usage_ms: use_ms, denied, peak },
    }
}

/// The counters of all deployments; refused requests are not in reports and come from the records.
async fn totals(
    engine: &Engine,
    product: Option<&str>,
    query: &query::Filter,
) -> Result<BTreeMap<String, Total>, DatabaseError> {
    let mut totals: BTreeMap<String, Total> = BTreeMap::new();
    let mut deployments = engine.deployments().await?;
    // Before it is registered a server counts for no deployment.
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
