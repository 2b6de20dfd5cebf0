//! The licenses: the list, the list as a file; the license of this machine: how it stands, its request as a file, installing
//! what came back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::exchange::contact;
use super::form::{Form, wrong};
use super::{Console, Page, PageError, Refusal, attachment, csv_file, csv_text};
use app::drawn::Draw;
use app::pages::licenses::{
    ComponentRow, LICENSE_FILE as FILE, LICENSE_KEY as KEY, LICENSE_TEXT as TEXT, LicenseFilter, LicensesPage,
    LicensesView, MachineLicense, VeLicense,
};
use app::paths;
use app::request::{FieldError, Tone};
use axum::http::StatusCode;
use axum::response::Response;
use engine::exchange::{LicenseItem, Licenses};
use engine::ve::{InstallError, InstalledVe};
use engine::{DatabaseError, Engine};
use leptos::prelude::*;
use licensing::bundle::LicenseStatus;
use licensing::machine::{
    ALLOWED, BoundMachine, ComponentMark, ComponentName, ComponentReading, MachineIdentity, VOIDS, differs,
};
use licensing::permission::Permission;
use licensing::ve::{VeEntitlement, VeLicenseKind, VeLicenseStatus};
use licensing::vendor_key::Fingerprint;

/// `GET /licenses`
pub async fn page(console: Console) -> Result<Page, PageError> {
    show(&console).await
}

pub(super) async fn show(console: &Console) -> Result<Page, PageError> {
    let data = load(console).await?;
    Ok(Page::new("Licenses", || view! { <LicensesView data=data /> }.drawn()))
}

/// `GET /licenses.csv`: what the page with the same query shows.
pub async fn file(console: Console) -> Result<Response, PageError> {
    let last_used = console.engine.usage.last_used().await?;
    let items = chosen(console.engine.licenses().as_ref(), &console.filter(), &last_used);
    Ok(csv_file("leasehold-licenses.csv", csv(&items, &last_used)))
}

fn matches(item: &LicenseItem, filter: &LicenseFilter) -> bool {
    let license = &item.license;
    let wanted = filter.q.to_lowercase();
    let version = license.version.as_deref().unwrap_or_default();
    let text = [license.product.as_str(), &license.id, license.context.as_str(), version];
    (wanted.is_empty() || text.iter().any(|text| text.to_lowercase().contains(&wanted)))
        && (filter.state.is_empty() || item.verdict.standing.as_str() == filter.state)
        && (filter.kind.is_empty() || license.kind.as_str() == filter.kind)
}

fn sort(items: &mut [&LicenseItem], filter: &LicenseFilter, last_used: &BTreeMap<String, i64>) {
    let used = |item: &LicenseItem| match item.in_use {
        0 => last_used.get(item.license.product.as_str()).copied(),
        _ => Some(i64::MAX),
    };
    // What never ends comes last.
    let end = |at: Option<i64>| at.unwrap_or(i64::MAX);
    items.sort_by(|x, y| {
        let (a, b) = (&x.license, &y.license);
        let order = match filter.sort.as_str() {
            "kind" => a.kind.as_str().cmp(b.kind.as_str()),
            "licensed" => a.count.cmp(&b.count),
            "in_use" => x.in_use.cmp(&y.in_use),
            "last_used" => used(x).cmp(&used(y)),
            "expires" => end(a.expires).cmp(&end(b.expires)),
            "maintenance" => end(a.maintenance_expires).cmp(&end(b.maintenance_expires)),
            "context" => a.context.as_str().cmp(b.context.as_str()),
            "state" => x.verdict.standing.label().cmp(y.verdict.standing.label()),
            _ => a.product.as_str().cmp(b.product.as_str()),
        };
        let order = if filter.descending { order.reverse() } else { order };
        order.then_with(|| (a.product.as_str(), &a.id).cmp(&(b.product.as_str(), &b.id)))
    });
}

/// The licenses that the filter asks for, in its order.
fn chosen(all: Option<&Licenses>, filter: &LicenseFilter, last_used: &BTreeMap<String, i64>) -> Vec<LicenseItem> {
    let items = all.map(|all| all.items.as_slice()).unwrap_or_default();
    let mut items: Vec<&LicenseItem> = items.iter().filter(|item| matches(item, filter)).collect();
    sort(&mut items, filter, last_used);
    items.into_iter().cloned().collect()
}

async fn load(console: &Console) -> Result<LicensesPage, DatabaseError> {
    let engine = &console.engine;
    let filter: LicenseFilter = console.filter();
    let all = engine.licenses();
    let everything = all.as_ref().map(|all| all.items.as_slice()).unwrap_or_default();
    let mut counts: Vec<(LicenseStatus, usize)> = Vec::new();
    for state in everything.iter().map(|item| item.verdict.standing) {
        match counts.iter_mut().find(|(counted, _)| *counted == state) {
            Some((_, count)) => *count += 1,
            None => counts.push((state, 1)),
        }
    }
    let identity = engine.identity().await?;
    let last = engine.last_changes().await?;
    let last_used = engine.usage.last_used().await?;
    Ok(LicensesPage {
        items: chosen(all.as_ref(), &filter, &last_used),
        last_used,
        total: everything.len(),
        csv: paths::with(paths::LICENSES_CSV, &LicenseFilter { page: None, ..filter.clone() }),
        filter,
        contact: contact(engine),
        readiness: identity.readiness,
        context: identity.context.map(|context| context.to_string()),
        serial: all.as_ref().map(|all| all.serial),
        installed_ms: all.as_ref().map(|all| all.installed_at),
        last_changes: last.map(|(at, changes)| (at, Arc::unwrap_or_clone(changes))),
        counts,
        machine: machine(console).await,
    })
}

/// The rows as CSV (RFC 4180). A cell that a spreadsheet would take for a formula is made text.
fn csv(items: &[LicenseItem], last_used: &BTreeMap<String, i64>) -> String {
    let time = |at: Option<i64>| {
        at.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
            .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_default()
    };
    let mut text =
        "id,product,kind,context,licensed,in_use,hours,version,expires,maintenance_expires,state,reason,last_used\r\n"
            .to_owned();
    for item in items {
        let license = &item.license;
        let cells = [
            license.id.clone(),
            license.product.to_string(),
            license.kind.as_str().to_owned(),
            license.context.to_string(),
            license.count.to_string(),
            item.in_use.to_string(),
            license.hours.map(|hours| hours.to_string()).unwrap_or_default(),
            license.version.clone().unwrap_or_default(),
            time(license.expires),
            time(license.maintenance_expires),
            item.verdict.standing.as_str().to_owned(),
            item.verdict.reason.clone().unwrap_or_default(),
            time(last_used.get(license.product.as_str()).copied()),
        ];
        text.push_str(&cells.iter().map(|text| csv_text(text)).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}

/// `GET /licenses/machine/request.json`
pub async fn request(console: Console) -> Result<Response, PageError> {
    let made = console.engine.ve_request().await.map_err(PageError::internal)?;
    Ok(attachment("application/json", "leasehold-license-request.json", made.to_json()))
}

/// `POST /licenses/machine`
pub async fn install(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::LICENSES).await? {
        return Ok(page);
    }
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
    let page = show(form).await?.at(paths::LICENSES).with_form(state);
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

fn license(engine: &Engine, installed: &InstalledVe, with_secrets: bool) -> VeLicense {
    let license = installed.license();
    let (until_ms, hours) = match license.kind {
        VeLicenseKind::Normal { until } => (Some(until), None),
        VeLicenseKind::Countdown { hours } => (None, Some(hours)),
    };
    let view = engine.countdown.view();
    let products = license
        .products
        .iter()
        .map(|product| VeEntitlement { passphrase: product.passphrase.filter(|_| with_secrets), ..product.clone() });
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
        products: products.collect(),
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
        ComponentReading::Unknown(why) => format!("not readable: {why}"),
        // It was there when the license was made.
        ComponentReading::Missing { file, .. } if licensed.is_some_and(|mark| mark.digest().is_some()) => {
            format!("not readable: {file} is missing")
        }
        _ => present.mark(name).map_or_else(String::new, ComponentMark::shown),
    };
    let is_other = licensed.is_some_and(|mark| differs(name, mark, identity.reading(name)));
    ComponentRow {
        label: name.label().to_owned(),
        now,
        licensed: licensed.map(ComponentMark::shown),
        voids: name.is_hard(),
        when: name.void_when().to_owned(),
        differs: is_other,
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
