//! The license of this machine.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use engine::ve::{InstallError, InstalledVe};
use licensing::guid::Guid;
use licensing::machine::{
    ALLOWED, ComponentChange, ComponentMark, ComponentName, ComponentReading, MachineIdentity, VOIDS,
};
use licensing::permission::Permission::{EditConfiguration, Exchange, View};
use licensing::ve::{LARGEST, VeEntitlement, VeLicense, VeLicenseKind, VeLicenseStatus};
use licensing::vendor_key::Fingerprint;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::request::{By, Query, bytes};
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(get_machine_license), May(View), &[])
        .add(routes!(install_machine_license), May(EditConfiguration), &["ve.install"])
        .add(routes!(make_machine_request), May(Exchange), &[])
}

/// A product of the license.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct InstalledVeProduct {
    /// The virtual hardware; several names are separated by commas.
    name: String,
    codes: Vec<String>,
    /// The newest version covered.
    version: String,
    /// The most virtual processors of one instance.
    cpus: u32,
    /// The most memory of one instance, in MB.
    memory_mb: u64,
    /// The most instances at once.
    instances: u32,
    /// Its own end, if it differs from the license's.
    expires: Option<Time>,
    /// Passphrase for logging in; only for callers who may install licenses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, required = false)]
    passphrase: Option<Option<String>>,
}

fn product(of: &VeEntitlement, passphrases: bool) -> InstalledVeProduct {
    InstalledVeProduct {
        name: of.name.clone(),
        codes: of.codes.clone(),
        version: format!("{}.{}", of.major, of.minor),
        cpus: of.cpus,
        memory_mb: of.memory_mb,
        instances: of.instances,
        expires: of.until.map(Time),
        passphrase: passphrases.then(|| of.passphrase.as_ref().map(ToString::to_string)),
    }
}

/// A license of a machine.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct InstalledVeLicense {
    license_id: String,
    /// Serial; a newer license has a higher one.
    serial: u64,
    customer: String,
    platform: String,
    /// `normal` or `countdown`.
    r#type: String,
    /// Of a countdown license.
    hours: Option<u64>,
    /// Of a normal license.
    expires: Option<Time>,
    released: Option<Time>,
    /// Grace period, minutes.
    grace_minutes: u32,
    /// Check interval, minutes.
    interval_minutes: u32,
    /// The machine it is for.
    fingerprint: String,
    #[schema(value_type = Option<String>)]
    guid: Option<Guid>,
    /// Fingerprint of the key that signed it.
    #[schema(value_type = String)]
    vendor_key: Fingerprint,
    installed_at: Time,
    installed_by: String,
    products: Vec<InstalledVeProduct>,
    /// Of a countdown license in use: time left, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    left_ms: Option<i64>,
}

fn license(installed: &InstalledVe, passphrases: bool, left_ms: Option<i64>) -> InstalledVeLicense {
    let license = installed.license();
    let (hours, expires) = match license.kind {
        VeLicenseKind::Countdown { hours } => (Some(hours), None),
        VeLicenseKind::Normal { until } => (None, Some(Time(until))),
    };
    InstalledVeLicense {
        license_id: license.license_id.clone(),
        serial: license.serial,
        customer: license.customer.clone(),
        platform: license.platform.clone(),
        r#type: license.kind.as_str().to_ascii_lowercase(),
        hours,
        expires,
        released: license.released.map(Time),
        grace_minutes: license.grace_min,
        interval_minutes: license.interval_min,
        fingerprint: license.fingerprint.as_str().to_owned(),
        guid: license.guid,
        vendor_key: installed.key.fingerprint(),
        installed_at: Time(installed.installed_at),
        installed_by: installed.installed_by.clone(),
        products: license.products.iter().map(|of| product(of, passphrases)).collect(),
        left_ms,
    }
}

/// The state of the license.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VeStanding {
    /// `none`, `valid`, `unverified`, `void`, `expired`, `empty` or `older`.
    state: String,
    in_force: bool,
    sentence: String,
    /// Components of the machine that have changed.
    changes: Vec<VeChange>,
    /// Components that could not be read.
    unread: Vec<VeUnread>,
    /// Until when unreadable components are tolerated.
    until: Option<Time>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VeChange {
    #[schema(value_type = String)]
    component: ComponentName,
    was: String,
    is: String,
    sentence: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VeUnread {
    #[schema(value_type = String)]
    component: ComponentName,
    label: String,
    why: String,
}

fn unread(component: ComponentName, why: &str) -> VeUnread {
    VeUnread { component, label: component.label().to_owned(), why: why.to_owned() }
}

fn standing(of: &VeLicenseStatus) -> VeStanding {
    let changes = match of {
        VeLicenseStatus::Void { changes } | VeLicenseStatus::Valid { notes: changes } => changes.as_slice(),
        _ => &[],
    };
    let change = |change: &ComponentChange| VeChange {
        component: change.name,
        was: change.was.clone(),
        is: change.is.clone(),
        sentence: change.to_string(),
    };
    let (names, until) = match of {
        VeLicenseStatus::Unverified { names, until_ms } => (names.as_slice(), Some(Time(*until_ms))),
        _ => (&[][..], None),
    };
    VeStanding {
        state: of.as_str().to_owned(),
        in_force: of.in_force(),
        sentence: of.sentence(),
        changes: changes.iter().map(change).collect(),
        unread: names.iter().map(|of| unread(of.name, &of.why)).collect(),
        until,
    }
}

/// The machine as it is now, without the values of ids.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VeMachine {
    fingerprint: String,
    components: Vec<VeComponent>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VeComponent {
    #[schema(value_type = String)]
    component: ComponentName,
    label: String,
    /// `read`, `absent` or `unreadable`.
    state: String,
    value: String,
    /// Value in the license.
    licensed: Option<String>,
    /// Whether a change voids the license.
    voids: bool,
    /// Which changes do.
    when: String,
}

fn machine(identity: &MachineIdentity, license: Option<&VeLicense>) -> VeMachine {
    let component = |name: ComponentName| {
        let (state, value) = match identity.reading(name) {
            ComponentReading::Unknown(why) => ("unreadable", why.clone()),
            reading if reading.value().is_some() => {
                ("read", identity.bound().mark(name).map_or_else(String::new, ComponentMark::shown))
            }
            // It was there when the license was made.
            ComponentReading::Missing { file, .. }
                if license.and_then(|license| license.bound.mark(name)?.digest()).is_some() =>
            {
                ("unreadable", format!("{file} is missing"))
            }
            _ => ("absent", "none".to_owned()),
        };
        VeComponent {
            component: name,
            label: name.label().to_owned(),
            state: state.to_owned(),
            value,
            licensed: license.and_then(|license| license.bound.mark(name)).map(ComponentMark::shown),
            voids: name.is_hard(),
            when: name.void_when().to_owned(),
        }
    };
    VeMachine {
        fingerprint: identity.fingerprint().to_string(),
        components: ComponentName::ALL.into_iter().map(component).collect(),
    }
}

/// The license of this machine.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VeState {
    /// Null if none is installed.
    license: Option<InstalledVeLicense>,
    standing: VeStanding,
    checked_at: Option<Time>,
    machine: VeMachine,
    /// Changes that void a license.
    voids: Vec<String>,
    /// The changes it tolerates.
    allowed: Vec<String>,
}

/// The license of this machine: its terms, whether it is valid, and what would void it.
///
/// Only administrators see passphrases.
#[utoipa::path(get, path = "/api/v1/ve/license", tag = "licenses", responses(
    (status = 200, description = "The license", body = VeState)))]
async fn get_machine_license(State(Api { engine, .. }): State<Api>, by: By) -> Result<Json<VeState>, Problem> {
    engine.check_ve().await?;
    let (state, identity) = (engine.ve.state(), engine.machine_identity().await);
    let installed = state.installed.as_deref();
    let hours = engine.countdown.view();
    let runs = |license: &VeLicense| {
        matches!(license.kind, VeLicenseKind::Countdown { .. }) && license.hours_serial() == hours.serial
    };
    let left = |installed: &InstalledVe| runs(installed.license()).then_some(hours.balance_ms);
    Ok(Json(VeState {
        license: installed.map(|installed| license(installed, by.may(EditConfiguration), left(installed))),
        standing: standing(&state.standing),
        checked_at: state.checked_at.map(Time),
        machine: machine(&identity, installed.map(InstalledVe::license)),
        voids: VOIDS.iter().map(ToString::to_string).collect(),
        allowed: ALLOWED.iter().map(ToString::to_string).collect(),
    }))
}

/// A request for a license of this machine.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VeRequest {
    /// The text to carry to the vendor: JSON.
    request: String,
    /// The machine.
    fingerprint: String,
    /// Its name.
    server: String,
    /// Whether anything identifies this machine; otherwise no license can be made for it.
    unique: bool,
    /// Components that could not be read and won't be bound.
    unread: Vec<VeUnread>,
}

/// Creates a license request for this machine, to carry to the vendor.
#[utoipa::path(get, path = "/api/v1/ve/request", tag = "licenses", responses(
    (status = 200, description = "The request", body = VeRequest)))]
async fn make_machine_request(State(Api { engine, .. }): State<Api>) -> Result<Json<VeRequest>, Problem> {
    let made = engine.ve_request().await?;
    Ok(Json(VeRequest {
        request: made.to_json(),
        fingerprint: made.fingerprint().to_string(),
        unique: made.bound.is_unique(),
        unread: made.unread.iter().map(|(name, why)| unread(*name, why)).collect(),
        server: made.server,
    }))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
struct Install {
    /// Fingerprint (SHA256:…) of a vendor's key to trust from now on.
    #[param(example = "SHA256:0f3c5b8fd8b7f8a3d3c4c1b8a9e6b1d0c9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4")]
    vendor_key: Option<String>,
}

/// The result of installing.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VeInstalled {
    license: InstalledVeLicense,
    standing: VeStanding,
    /// True if this license was already installed.
    unchanged: bool,
}

/// Installs a license of this machine, as the vendor sent it.
#[utoipa::path(post, path = "/api/v1/ve/license", tag = "licenses", params(Install),
    request_body(content = String, content_type = "text/plain", description = "The license text", example = "01.00000001.002.045"),
    responses(
        (status = 200, description = "Installed", body = VeInstalled),
        (status = 409, description = "Older than the license installed before"),
        (status = 422, description = "Refused: `detail` has the reason")))]
async fn install_machine_license(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Query(install): Query<Install>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<VeInstalled>, Problem> {
    let text = bytes(body, LARGEST, "A license")?;
    let named = install.vendor_key.as_deref().map(str::parse::<Fingerprint>).transpose();
    let named = named.map_err(|error| Problem::field("vendor_key", error))?;
    let now = engine.install_ve(&text, named, &by.actor()).await?;
    Ok(Json(VeInstalled {
        license: license(&now.installed, by.may(EditConfiguration), None),
        standing: standing(&engine.ve.standing()),
        unchanged: now.unchanged,
    }))
}

impl From<InstallError> for Problem {
    fn from(error: InstallError) -> Self {
        match error {
            InstallError::Sql(error) => error.into(),
            InstallError::Hours(error) => Self::internal(&error),
            older @ InstallError::Older { .. } => Self::new(StatusCode::CONFLICT, older.to_string()),
            refused => Self::new(StatusCode::UNPROCESSABLE_ENTITY, refused.to_string()),
        }
    }
}
