use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Bundle, BundleError, License, LicenseKind, Serial};
use crate::{
    canonical::{
        LARGEST_INTEGER, instant,
        members::{FieldError, Members},
    },
    contact::Millis,
};

/// The member `format` of a bundle.
pub const FORMAT: &str = "leasehold bundle 1";

/// Maximum number of licenses in a bundle.
pub const MOST_LICENSES: usize = 10_000;

/// Maximum length of a license id, characters.
const LONGEST_ID: usize = 64;

impl From<License> for Value {
    fn from(license: License) -> Value {
        let instant = |at: Option<Millis>| at.map(instant::to_text);
        json!({
            "id": license.id,
            "product": license.product,
            "kind": license.kind,
            "count": exact(license.count),
            "context": license.context,
            "hours": license.hours.map(exact),
            "expires": instant(license.expires),
            "maintenance-expires": instant(license.maintenance_expires),
            "version": license.version,
        })
    }
}

impl From<Bundle> for Value {
    fn from(bundle: Bundle) -> Value {
        json!({
            "format": FORMAT,
            "guid": bundle.guid,
            "context": bundle.context,
            "serial": exact(bundle.serial.0),
            "issued": instant::to_text(bundle.issued),
            "customer": bundle.customer,
            "contact-limit-days": bundle.contact_limit_days,
            "deployments": bundle.deployments,
            "licenses": bundle.licenses.into_iter().map(Value::from).collect::<Vec<_>>(),
        })
    }
}

/// The number, capped at the largest that survives JSON.
fn exact(number: u64) -> u64 {
    number.min(LARGEST_INTEGER)
}

impl TryFrom<Value> for License {
    type Error = BundleError;

    fn try_from(value: Value) -> Result<License, BundleError> {
        Ok(license(&value, String::new())?)
    }
}

impl TryFrom<Value> for Bundle {
    type Error = BundleError;

    fn try_from(value: Value) -> Result<Bundle, BundleError> {
        Ok(bundle(&value)?)
    }
}

/// Strict on types; unknown members are signed too, and ignored.
pub(super) fn bundle(value: &Value) -> Result<Bundle, FieldError> {
    let members = Members::of(value, "")?;
    if members.text("format")? != FORMAT {
        return Err(members.error("format", format!("must be “{FORMAT}”, the only format this server reads")));
    }
    let days = u32::try_from(members.whole("contact-limit-days")?);
    Ok(Bundle {
        guid: members.parsed("guid")?,
        context: members.parsed("context")?,
        serial: Serial(members.whole("serial")?),
        issued: members.instant("issued")?,
        customer: members.text("customer")?.to_owned(),
        contact_limit_days: days.map_err(|_| members.error("contact-limit-days", "must be a number of days"))?,
        deployments: members.texts("deployments")?,
        licenses: licenses(&members)?,
    })
}

fn licenses(members: &Members<'_>) -> Result<Vec<License>, FieldError> {
    let items = members.list("licenses")?;
    if items.len() > MOST_LICENSES {
        let problem = format!("has {} entries; the maximum is {MOST_LICENSES}", items.len());
        return Err(members.error("licenses", problem));
    }
    let mut ids = BTreeSet::new();
    let mut licenses = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let license = license(item, format!("licenses[{index}]"))?;
        if !ids.insert(license.id.clone()) {
            return Err(members.error(&format!("licenses[{index}].id"), "is also the id of another license"));
        }
        licenses.push(license);
    }
    Ok(licenses)
}

fn license(value: &Value, path: String) -> Result<License, FieldError> {
    let members = Members::of(value, path)?;
    let id = members.text("id")?;
    if id.is_empty() || id.chars().count() > LONGEST_ID {
        return Err(members.error("id", format!("must have 1 to {LONGEST_ID} characters")));
    }
    let license = License {
        id: id.to_owned(),
        product: members.parsed("product")?,
        kind: members.parsed("kind")?,
        count: members.whole("count")?,
        context: members.parsed("context")?,
        hours: members.optional_whole("hours")?,
        expires: members.optional_instant("expires")?,
        maintenance_expires: members.optional_instant("maintenance-expires")?,
        version: members.optional_text("version")?.map(str::to_owned),
    };
    if license.kind == LicenseKind::Countdown && license.hours.is_none() {
        return Err(members.error("hours", "must be a number of hours in a countdown license"));
    }
    Ok(license)
}
