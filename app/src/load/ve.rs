//! The license of this machine.

use engine::Engine;
use engine::ve::InstalledVe;
use licensing::identity::{ALLOWED, Bound, Identity, Mark, Name, Reading, VOIDS};
use licensing::permission::Role;
use licensing::ve::{Kind, Product, Standing};

use crate::pages::licenses::{ComponentRow, MachineLicense, VeLicense, VeProduct};
use crate::request::{Tone, request};

fn tone(standing: &Standing) -> (Tone, &'static str) {
    match standing {
        Standing::None => (Tone::Neutral, "None"),
        Standing::Valid { .. } => (Tone::Success, "In force"),
        Standing::Unverified { .. } => (Tone::Warning, "Not verified"),
        Standing::Void { .. } => (Tone::Danger, "Void"),
        Standing::Expired { .. } => (Tone::Danger, "Ended"),
        Standing::Empty => (Tone::Danger, "No hours left"),
        Standing::Older { .. } => (Tone::Danger, "Out of service"),
    }
}

fn product(product: &Product, with_secrets: bool) -> VeProduct {
    VeProduct {
        name: product.name.clone(),
        codes: product.codes.join(", "),
        version: format!("{}.{}", product.major, product.minor),
        cpus: product.cpus,
        memory_mb: product.memory_mb,
        instances: product.instances,
        until_ms: product.until,
        passphrase: product.passphrase.filter(|_| with_secrets).map(|passphrase| passphrase.to_string()),
    }
}

fn license(engine: &Engine, installed: &InstalledVe, with_secrets: bool) -> VeLicense {
    let license = installed.license();
    let (until_ms, hours) = match license.kind {
        Kind::Normal { until } => (Some(until), None),
        Kind::Countdown { hours } => (None, Some(hours)),
    };
    let view = engine.countdown.view();
    VeLicense {
        id: license.license_id.clone(),
        serial: license.serial,
        customer: license.customer.clone(),
        platform: license.platform.clone(),
        until_ms,
        hours,
        left_ms: hours.filter(|_| view.serial == license.hours_serial()).map(|_| view.balance_ms),
        grace_min: license.grace_min,
        interval_min: license.interval_min,
        vendor_key: installed.key.fingerprint().to_string(),
        installed_ms: installed.installed_at,
        installed_by: installed.installed_by.clone(),
        products: license.products.iter().map(|of| product(of, with_secrets)).collect(),
    }
}

fn component(name: Name, identity: &Identity, present: &Bound, bound: Option<&Bound>) -> ComponentRow {
    let licensed = bound.and_then(|bound| bound.mark(name));
    let now = match identity.reading(name) {
        Reading::Value(_) | Reading::Absent => present.mark(name).map_or_else(String::new, Mark::shown),
        Reading::Unknown(why) => format!("not readable: {why}"),
    };
    let differs = licensed.is_some_and(|mark| {
        mark.digest().is_some() && present.mark(name).is_some_and(|present| present.digest() != mark.digest())
    });
    ComponentRow {
        label: name.label().to_owned(),
        now,
        licensed: licensed.map(Mark::shown),
        voids: name.is_hard(),
        when: name.void_when().to_owned(),
        differs,
    }
}

/// How the license of this machine stands, if one is installed.
pub fn standing(engine: &Engine) -> Option<(Tone, String)> {
    let state = engine.ve.state();
    state.installed.is_some().then(|| (tone(&state.standing).0, state.standing.sentence()))
}

/// The block of the page `/licenses`; passphrases are in it only for administrators.
pub async fn machine(engine: &Engine) -> MachineLicense {
    let with_secrets = request().viewer.as_ref().is_some_and(|viewer| viewer.role == Role::Administrator);
    let state = engine.ve.state();
    let (tone, label) = tone(&state.standing);
    let Some(installed) = state.installed.as_deref() else {
        return MachineLicense {
            tone,
            label: label.to_owned(),
            sentence: state.standing.sentence(),
            ..MachineLicense::default()
        };
    };
    let identity = engine.machine_identity().await;
    let (present, bound) = (identity.bound(), &installed.license().bound);
    let changes = match &state.standing {
        Standing::Void { changes } | Standing::Valid { notes: changes } => changes.as_slice(),
        _ => &[],
    };
    MachineLicense {
        license: Some(license(engine, installed, with_secrets)),
        tone,
        label: label.to_owned(),
        sentence: state.standing.sentence(),
        changes: changes.iter().map(ToString::to_string).collect(),
        checked_ms: state.checked_at,
        components: Name::ALL.map(|name| component(name, &identity, &present, Some(bound))).to_vec(),
        voids: VOIDS.map(str::to_owned).to_vec(),
        allowed: ALLOWED.map(str::to_owned).to_vec(),
    }
}
