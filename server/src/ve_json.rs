//! The license of this machine in JSON: the same for API and commands.

use engine::Engine;
use engine::ve::{InstalledNow, InstalledVe};
use licensing::identity::{ALLOWED, Identity, Mark, Name, Reading, VOIDS};
use licensing::ve::{Kind, License, Product, Standing};
use serde_json::{Value, json};

use crate::time::rfc3339;

/// A product; the passphrase only for whom it is.
fn product(product: &Product, passphrases: bool) -> Value {
    let mut value = json!({
        "name": product.name,
        "codes": product.codes,
        "version": format!("{}.{}", product.major, product.minor),
        "cpus": product.cpus,
        "memory_mb": product.memory_mb,
        "instances": product.instances,
        "expires": product.until.map(rfc3339),
    });
    if passphrases {
        value["passphrase"] = json!(product.passphrase.map(|passphrase| passphrase.to_string()));
    }
    value
}

fn license(installed: &InstalledVe, passphrases: bool) -> Value {
    let license = installed.license();
    let (hours, expires) = match license.kind {
        Kind::Countdown { hours } => (Some(hours), None),
        Kind::Normal { until } => (None, Some(rfc3339(until))),
    };
    json!({
        "license_id": license.license_id,
        "serial": license.serial,
        "customer": license.customer,
        "platform": license.platform,
        "type": license.kind.as_str().to_ascii_lowercase(),
        "hours": hours,
        "expires": expires,
        "released": license.released.map(rfc3339),
        "grace_minutes": license.grace_min,
        "interval_minutes": license.interval_min,
        "fingerprint": license.fingerprint.as_str(),
        "guid": license.guid,
        "vendor_key": installed.key.fingerprint(),
        "installed_at": rfc3339(installed.installed_at),
        "installed_by": installed.installed_by,
        "products": license.products.iter().map(|of| product(of, passphrases)).collect::<Vec<_>>(),
    })
}

fn standing(standing: &Standing) -> Value {
    let changes = match standing {
        Standing::Void { changes } | Standing::Valid { notes: changes } => changes.as_slice(),
        _ => &[],
    };
    let change = |change: &licensing::identity::Change| json!({ "component": change.name, "was": change.was, "is": change.is, "sentence": change.to_string() });
    let (unread, until) = match standing {
        Standing::Unverified { names, until_ms } => (
            names.iter().map(|unread| json!({ "component": unread.name, "why": unread.why })).collect(),
            Some(*until_ms),
        ),
        _ => (Vec::new(), None),
    };
    json!({
        "state": standing.as_str(),
        "in_force": standing.in_force(),
        "sentence": standing.sentence(),
        "changes": changes.iter().map(change).collect::<Vec<_>>(),
        "unread": unread,
        "until": until.map(rfc3339),
    })
}

/// The machine as it is now; ids stay on it.
fn machine(identity: &Identity, license: Option<&License>) -> Value {
    let component = |name: Name| {
        let reading = identity.reading(name);
        let (state, shown) = match reading {
            Reading::Value(value) if name.is_open() => ("read", value.clone()),
            Reading::Value(_) => {
                let bound = identity.bound();
                ("read", bound.mark(name).map_or_else(String::new, Mark::shown))
            }
            Reading::Absent => ("absent", "none".to_owned()),
            Reading::Unknown(why) => ("unreadable", why.clone()),
        };
        json!({
            "component": name,
            "label": name.label(),
            "state": state,
            "value": shown,
            "licensed": license.and_then(|license| license.bound.mark(name)).map(Mark::shown),
            "voids": name.is_hard(),
            "when": name.void_when(),
        })
    };
    json!({ "fingerprint": identity.fingerprint().to_string(), "components": Name::ALL.map(component).to_vec() })
}

/// The license, its standing, the machine, what would void it and what it stands.
pub async fn state(engine: &Engine, passphrases: bool) -> Value {
    let (state, identity) = (engine.ve.state(), engine.machine_identity().await);
    let installed = state.installed.as_deref();
    let hours = engine.countdown.view();
    let own = installed.filter(|installed| installed.license().hours_serial() == hours.serial);
    let mut value = json!({
        "license": installed.map(|installed| license(installed, passphrases)),
        "standing": standing(&state.standing),
        "checked_at": state.checked_at.map(rfc3339),
        "machine": machine(&identity, installed.map(InstalledVe::license)),
        "voids": VOIDS,
        "allowed": ALLOWED,
    });
    if own.is_some() && matches!(installed.map(|i| i.license().kind), Some(Kind::Countdown { .. })) {
        value["license"]["left_ms"] = json!(hours.balance_ms);
    }
    value
}

/// What installing came to.
pub fn installed(now: &InstalledNow, standing_now: &Standing, passphrases: bool) -> Value {
    json!({
        "license": license(&now.installed, passphrases),
        "standing": standing(standing_now),
        "unchanged": now.unchanged,
    })
}
