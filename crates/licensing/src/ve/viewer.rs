use super::{VeEntitlement, VeLicense, VeLicenseKind, write::instant};

/// A license in the words of the newer form. Times are UTC. Includes the passphrases.
#[must_use]
pub fn viewer(license: &VeLicense) -> String {
    let end = match license.kind {
        VeLicenseKind::Normal { until } => instant(until),
        VeLicenseKind::Countdown { hours } => format!("{hours} hour(s)"),
    };
    let mut lines = vec![
        ("License fingerprint", license.fingerprint.to_string()),
        ("Customer name", license.customer.clone()),
        ("License ID", license.license_id.clone()),
        ("Key type", license.kind.as_str().to_owned()),
        ("Expiration date", end),
        ("Platform", license.platform.clone()),
    ];
    lines.extend(license.released.map(|released| ("Release date", instant(released))));
    lines.push(("Grace period", format!("{} minutes", license.grace_min)));
    lines.push(("License check interval", format!("{} minutes", license.interval_min)));
    let mut text = written(&lines);
    for product in &license.products {
        text.push('\n');
        text.push_str(&written(&words(product)));
    }
    text
}

fn words(product: &VeEntitlement) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Virtual Hardware", product.name.clone()), ("Product code", product.codes.join(","))];
    lines.extend(product.until.map(|until| ("Expiration date", instant(until))));
    lines.extend([
        ("Major Version", product.major.to_string()),
        ("Minor Version", product.minor.to_string()),
        ("Maximum CPU", product.cpus.to_string()),
        ("Maximum virtual memory", format!("{}MB", product.memory_mb)),
        ("Instances allowed", product.instances.to_string()),
    ]);
    lines.extend(product.passphrase.map(|passphrase| ("Passphrase", passphrase.to_string())));
    lines
}

fn written(lines: &[(&str, String)]) -> String {
    lines.iter().map(|(label, value)| format!("{}\n", format!("{label}: {value}").trim_end())).collect()
}
