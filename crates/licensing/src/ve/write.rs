//! The sections of the older form, in the order vendors write them; our own keys follow the others.

use jiff::Timestamp;

use super::{VeEntitlement, VeLicense, VeLicenseKind};
use crate::contact::Millis;

/// `2027-12-31 23:59:59`, UTC.
pub(super) fn instant(at: Millis) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX);
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `KEYSEC … KEYEND`, then one `PRODSEC … PRODEND` for each product.
pub(super) fn keys(license: &VeLicense) -> String {
    let mut text = String::new();
    section(&mut text, "KEYSEC", &head(license), "KEYEND");
    for of in &license.products {
        section(&mut text, "PRODSEC", &product(of), "PRODEND");
    }
    text
}

fn section(text: &mut String, begin: &str, lines: &[(&str, String)], end: &str) {
    text.push_str(&format!("{begin}\n"));
    for (key, value) in lines {
        text.push_str(&format!("{key}={value}\n"));
    }
    text.push_str(&format!("{end}\n"));
}

fn head(license: &VeLicense) -> Vec<(&'static str, String)> {
    let end = match license.kind {
        VeLicenseKind::Normal { until } => instant(until),
        VeLicenseKind::Countdown { hours } => hours.to_string(),
    };
    let mut lines = vec![
        ("K_FINGER", license.fingerprint.as_str().to_owned()),
        ("K_LICENSE_ID", license.license_id.clone()),
        ("K_TYPE", license.kind.as_str().to_owned()),
        ("K_EXPIRED", end),
        ("K_CUSTOMER", license.customer.clone()),
        ("K_PLATFORM", license.platform.clone()),
    ];
    lines.extend(license.released.map(|released| ("K_R_DATE", released.div_euclid(1000).to_string())));
    lines.push(("K_INTERVAL", license.interval_min.to_string()));
    lines.push(("K_GRACE", license.grace_min.to_string()));
    if license.serial > 0 {
        lines.push(("K_SERIAL", license.serial.to_string()));
    }
    lines.extend(license.guid.map(|guid| ("K_GUID", guid.to_string())));
    lines.extend(license.bound.marks().map(|(name, mark)| ("K_COMPONENT", format!("{name} {mark}"))));
    lines
}

fn product(product: &VeEntitlement) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("P_NAME", product.name.clone()),
        ("P_CODE", product.codes.join(",")),
        ("P_MAJV", product.major.to_string()),
        ("P_MINV", product.minor.to_string()),
        ("P_CPU_NUM", product.cpus.to_string()),
        ("P_MAX_MEM", format!("{}MB", product.memory_mb)),
        ("P_INSTANCE", product.instances.to_string()),
    ];
    lines.extend(product.until.map(|until| ("P_EXPIRED", instant(until))));
    lines.extend(product.passphrase.map(|passphrase| ("P_PASSPHRASE", passphrase.to_string())));
    lines
}
