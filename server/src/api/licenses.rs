//! All licenses, in service or not, and why.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use engine::exchange::LicenseItem;
use licensing::permission::Permission::View;
use licensing::product::LicenseKind;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::request::{Query, page};
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_licenses), May(View), &[])
}

/// One license.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct License {
    /// The vendor's id.
    id: String,
    /// Product code.
    product: String,
    /// `concurrent`, `countdown` or `metered`.
    kind: String,
    /// `production`, `backup` or `development`.
    context: String,
    /// Number licensed; null for a metered license, which has no limit.
    licensed: Option<u64>,
    /// Use is counted, not limited.
    metered: bool,
    /// Uses that a metered license includes.
    included: Option<u64>,
    /// Number in use.
    in_use: u64,
    /// Until when the product was used: the end of the hour, which may be ahead; null if it never was.
    last_used: Option<Time>,
    /// Hours of a countdown license.
    hours: Option<u64>,
    /// Highest version it covers.
    version: Option<String>,
    /// End of the license; null for none.
    expires: Option<Time>,
    /// End of maintenance.
    maintenance_expires: Option<Time>,
    /// `active`, `expired`, `lapsed`, `not_charged`, `wrong_context` or `other_guid`.
    state: String,
    /// Why it is not in service, and what to do.
    reason: Option<String>,
}

/// Licenses on one page.
const PAGE: usize = 500;

/// Which licenses.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
struct LicenseFilter {
    /// The following page: `next` of the previous one.
    before: Option<String>,
}

/// One page of the licenses.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
struct Licenses {
    /// Ordered by product.
    items: Vec<License>,
    next: Option<String>,
    /// Serial of the licenses; null before the first sync.
    serial: Option<u64>,
    /// Context of the server in the licenses.
    context: Option<String>,
    /// When they were installed.
    installed_at: Option<Time>,
}

/// The licenses of this server.
#[utoipa::path(get, path = "/api/v1/licenses", tag = "licenses", params(LicenseFilter), responses(
    (status = 200, description = "One page", body = Licenses)))]
async fn list_licenses(
    State(Api { engine, .. }): State<Api>,
    Query(filter): Query<LicenseFilter>,
) -> Result<Json<Licenses>, Problem> {
    let Some(mut all) = engine.licenses() else { return Ok(Json(Licenses::default())) };
    let last_used = engine.usage.last_used().await?;
    let place = |item: &LicenseItem| format!("{} {}", item.license.product, item.license.id);
    all.items.sort_by_cached_key(place);
    let (items, next) = page(all.items, place, filter.before.as_ref(), PAGE);
    Ok(Json(Licenses {
        items: items.into_iter().map(|item| license(item, &last_used)).collect(),
        next,
        serial: Some(all.serial),
        context: Some(all.context.to_string()),
        installed_at: Some(Time(all.installed_at)),
    }))
}

fn license(item: LicenseItem, last_used: &BTreeMap<String, i64>) -> License {
    let LicenseItem { license, in_use, verdict, .. } = item;
    let metered = license.kind == LicenseKind::Metered;
    License {
        product: license.product.to_string(),
        kind: license.kind.as_str().to_owned(),
        context: license.context.to_string(),
        licensed: (!metered).then_some(license.count),
        metered,
        included: metered.then_some(license.count),
        in_use,
        last_used: last_used.get(license.product.as_str()).copied().map(Time),
        hours: license.hours,
        version: license.version.clone(),
        expires: license.expires.map(Time),
        maintenance_expires: license.maintenance_expires.map(Time),
        state: verdict.standing.as_str().to_owned(),
        reason: verdict.reason,
        id: license.id.clone(),
    }
}
