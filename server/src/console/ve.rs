//! The license of this machine: how it stands, its request as a file, installing what came back.

use app::pages::licenses::{
    ComponentRow, LICENSE_FILE as FILE, LICENSE_KEY as KEY, LICENSE_TEXT as TEXT, MachineLicense, VeLicense, VeProduct,
};
use app::paths;
use app::request::{FieldError, Tone};
use axum::http::StatusCode;
use axum::response::Response;
use engine::Engine;
use engine::ve::{InstallError, InstalledVe};
use licensing::machine::{
    ALLOWED, BoundMachine, ComponentMark, ComponentName, ComponentReading, MachineIdentity, VOIDS,
};
use licensing::permission::Permission;
use licensing::ve::{VeEntitlement, VeLicenseKind, VeLicenseStatus};
use licensing::vendor_key::Fingerprint;

use super::form::{Form, wrong};
use super::{Console, Page, PageError, Refusal, attachment, licenses};

/// `GET /licenses/machine/request.json`
pub async fn request(console: Console) -> Result<Response, PageError> {
    let made = console.engine.ve_request().await.map_err(PageError::internal)?;
    Ok(attachment("application/json", "leasehold-license-request.json", made.to_json()))
}

/// `POST /licenses/machine`
pub async fn install(form: Form) -> Result<Page, PageError> {
    let (typed, file, key) = (form.value(TEXT).trim(), form.value(FILE).trim(), form.value(KEY).trim());
    let (field, text) = if typed.is_empty() && !file.is_empty() { (FILE, file) } else { (TEXT, typed) };
    let named = match Some(key).filter(|key| !key.is_empty()).map(str::parse::<Fingerprint>).transpose() {
        Ok(named) => named,
        Err(unreadable) => return refuse(&form, wrong(Some(KEY), unreadable)).await,
    };
    match form.engine.install_ve(text.as_bytes(), named, &form.actor()).await {
        Ok(now) => {
            let id = &now.installed.license().license_id;
            let said = match now.unchanged {
                true => format!("License {id} was already installed. Nothing changed."),
                false => format!("License {id} is installed."),
            };
            Ok(form.done(said, paths::LICENSES).await)
        }
        Err(InstallError::Sql(failed)) => Err(failed.into()),
        Err(refused) => refuse(&form, wrong(Some(refused.field().unwrap_or(field)), &refused)).await,
    }
}

async fn refuse(form: &Form, error: FieldError) -> Result<Page, PageError> {
    let mut state = form.state(vec![error]);
    // A file is chosen again; what it held is not shown.
    state.values.retain(|(name, _)| name != FILE);
    let page = licenses::show(form).await?.at(paths::LICENSES).with_form(state);
    Ok(page.status(StatusCode::UNPROCESSABLE_ENTITY))
}

fn tone(standing: &VeLicenseStatus) -> (Tone, &'static str) {
    match standing {
        VeLicenseStatus::None => (Tone::Neutral, "None"),
        VeLicenseStatus::Valid { .. } => (Tone::Success, "In force"),
        VeLicenseStatus::Unverified { .. } => (Tone::Warning, "Not verified"),
        VeLicenseStatus::Void { .. } => (Tone::Danger, "Void"),
        VeLicenseStatus::Expired { .. } => (Tone::Danger, "Ended"),
        VeLicenseStatus::Empty => (Tone::Danger, "No hours left"),
        VeLicenseStatus::Older { .. } => (Tone::Danger, "Out of service"),
    }
}

fn product(product: &VeEntitlement, with_secrets: bool) -> VeProduct {
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
        VeLicenseKind::Normal { until } => (Some(until), None),
        VeLicenseKind::Countdown { hours } => (None, Some(hours)),
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

fn component(
    name: ComponentName,
    identity: &MachineIdentity,
    present: &BoundMachine,
    bound: Option<&BoundMachine>,
) -> ComponentRow {
    let licensed = bound.and_then(|bound| bound.mark(name));
    let now = match identity.reading(name) {
        ComponentReading::Value(_) | ComponentReading::Absent => {
            present.mark(name).map_or_else(String::new, ComponentMark::shown)
        }
        ComponentReading::Unknown(why) => format!("not readable: {why}"),
    };
    let differs = licensed.is_some_and(|mark| {
        mark.digest().is_some() && present.mark(name).is_some_and(|present| present.digest() != mark.digest())
    });
    ComponentRow {
        label: name.label().to_owned(),
        now,
        licensed: licensed.map(ComponentMark::shown),
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
pub async fn machine(console: &Console) -> MachineLicense {
    let engine = &console.engine;
    let with_secrets = console.may(Permission::EditConfiguration);
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
        VeLicenseStatus::Void { changes } | VeLicenseStatus::Valid { notes: changes } => changes.as_slice(),
        _ => &[],
    };
    MachineLicense {
        license: Some(license(engine, installed, with_secrets)),
        tone,
        label: label.to_owned(),
        sentence: state.standing.sentence(),
        changes: changes.iter().map(ToString::to_string).collect(),
        checked_ms: state.checked_at,
        components: ComponentName::ALL.map(|name| component(name, &identity, &present, Some(bound))).to_vec(),
        voids: VOIDS.map(str::to_owned).to_vec(),
        allowed: ALLOWED.map(str::to_owned).to_vec(),
    }
}
