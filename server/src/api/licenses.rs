//! All licenses, in service or not, and why.

use axum::Json;
use axum::extract::State;
use engine::exchange::LicenseItem;
use licensing::permission::Permission::View;
use licensing::product::LicenseKind;
use serde::Serialize;
use utoipa_axum::routes;

use super::{Api, Operations, Time};
use crate::http::access::Access::May;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_licenses), May(View), &[])
}

/// One license.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct License {
    /// The vendor's name of it.
    id: String,
    /// Product code.
    product: String,
    /// `concurrent`, `countdown` or `metered`.
    kind: String,
    /// `production`, `backup` or `development`.
    context: String,
    /// How many are licensed; none for a metered license, which has no limit.
    licensed: Option<u64>,
    /// Use is counted, not limited.
    metered: bool,
    /// Uses that a metered license includes.
    included: Option<u64>,
    /// How many are in use.
    in_use: u64,
    /// Hours of a countdown license.
    hours: Option<u64>,
    /// Highest version it is good for.
    version: Option<String>,
    /// Until when it runs; none: without end.
    expires: Option<Time>,
    /// Until when maintenance is paid.
    maintenance_expires: Option<Time>,
    /// `active`, `expired`, `lapsed`, `wrong_context` or `other_guid`.
    state: String,
    /// Why it is not in service, and what to do.
    reason: Option<String>,
}

/// All licenses.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
struct Licenses {
    /// In the order of their products.
    items: Vec<License>,
    /// Serial of the vendor's list; none before the first exchange.
    serial: Option<u64>,
    /// The context of the list.
    context: Option<String>,
    /// When it was installed.
    installed_at: Option<Time>,
}

/// All licenses of this server.
#[utoipa::path(get, path = "/api/v1/licenses", tag = "licenses", responses(
    (status = 200, description = "All of them", body = Licenses)))]
async fn list_licenses(State(Api { engine, .. }): State<Api>) -> Json<Licenses> {
    let Some(all) = engine.licenses() else { return Json(Licenses::default()) };
    Json(Licenses {
        items: all.items.into_iter().map(license).collect(),
        serial: Some(all.serial),
        context: Some(all.context.to_string()),
        installed_at: Some(Time(all.installed_at)),
    })
}

fn license(LicenseItem { license, in_use, verdict, .. }: LicenseItem) -> License {
    let metered = license.kind == LicenseKind::Metered;
    License {
        product: license.product.to_string(),
        kind: license.kind.as_str().to_owned(),
        context: license.context.to_string(),
        licensed: (!metered).then_some(license.count),
        metered,
        included: metered.then_some(license.count),
        in_use,
        hours: license.hours,
        version: license.version.clone(),
        expires: license.expires.map(Time),
        maintenance_expires: license.maintenance_expires.map(Time),
        state: verdict.standing.as_str().to_owned(),
        reason: verdict.reason,
        id: license.id.clone(),
    }
}
