//! Registration with the vendor's nodes.

use axum::extract::State;
use axum::http::StatusCode;
use engine::conf::BaseRevision;
use licensing::conf::diff::Diff;
use licensing::conf::effective::Effective;
use licensing::guid::Guid;
use licensing::permission::Permission::Register;
use licensing::registration::{Registration, TypedError};
use licensing::registration_file::RegistrationFile;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::exchange::Synced;
use super::request::{By, Json};
use super::{Api, Operations};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(register), May(Register), &["conf.save", "server.register"])
}

/// A registration file, or its values.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Registration, example = json!({ "guid": "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}", "auth": "the-auth-string", "sync": false }))]
struct Registering {
    /// The text of a registration file, with GUID, auth string and the vendor's keys.
    file: Option<String>,
    /// With or without braces and hyphens, in any case.
    guid: Option<String>,
    /// The auth string from the vendor.
    auth: Option<String>,
    /// Fingerprint of the vendor's key.
    vendor_key: Option<String>,
    /// Sync at once.
    #[serde(default = "yes")]
    #[schema(default = true)]
    sync: bool,
}

fn yes() -> bool {
    true
}

/// The result of registering.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Registered {
    guid: String,
    deployment_id: String,
    /// Revision of license_server.conf.
    revision: i64,
    /// What changed in it.
    diff: Diff,
    /// What saving could not keep to, such as writing the file as a whole; missing otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
    /// The result of the first sync.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sync: Option<Synced>,
}

/// Registers this server: GUID, auth string and the vendor's keys, then the first sync.
#[utoipa::path(post, path = "/api/v1/registration", tag = "registration", request_body = Registering, responses(
    (status = 200, description = "Registered", body = Registered),
    (status = 409, description = "Registered with another GUID, or the file can't be written"),
    (status = 412, description = "The file has changed"),
    (status = 424, description = "Registered, but the first sync failed: `attempts` has the reason for each node"),
    (status = 507, description = "The disk is full")))]
async fn register(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Json(given): Json<Registering>,
) -> Result<axum::Json<Registered>, Problem> {
    let document = engine.conf().document();
    let mut registration = match &given.file {
        Some(text) => {
            let file = RegistrationFile::parse(text.as_bytes()).map_err(|error| Problem::field("file", error))?;
            Registration::from(&file)
        }
        None => {
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            Registration::typed(&part(&given.guid), &part(&given.auth), &part(&given.vendor_key)).map_err(|error| {
                let field = match error {
                    TypedError::Guid(_) => "guid",
                    TypedError::Auth(_) => "auth",
                    TypedError::Fingerprint(_) => "vendor_key",
                };
                Problem::field(field, error)
            })?
        }
    };
    let guid = registration.guid;
    let before = Effective::of(&document);
    if given.sync {
        for (fingerprint, key) in registration.vendor_keys.iter_mut().filter(|(_, key)| key.is_none()) {
            *key = engine.key_of(&before, *fingerprint).await.map_err(|error| Problem::field("vendor_key", error))?;
        }
    }
    if let Some(before) = before.guid.filter(|before| *before != guid) {
        let detail = format!(
            "This server is already registered as {before}. If the vendor gave it a new GUID, change LICENSE_SERVER_GUID with `leasehold config set`."
        );
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let (actor, last) = (by.actor(), engine.last_sync());
    let more = registration.node_values(&document);
    let comment = if by.is_local() { "Registered from the command line." } else { "Registered over the API." };
    let saved = engine.register(&actor, &BaseRevision::Newest, registration, more, comment).await?;
    let sync = match given.sync {
        true => Some(engine.sync_since(&actor, last).await.map_err(|error| not_synced(guid, error.into()))?.into()),
        false => None,
    };
    Ok(axum::Json(Registered {
        guid: guid.to_string(),
        deployment_id: guid.compact(),
        revision: saved.revision.number,
        diff: saved.diff,
        note: saved.note,
        sync,
    }))
}

/// The registration is saved; the server will try again.
fn not_synced(guid: Guid, problem: Problem) -> Problem {
    let detail = format!(
        "Registered as {guid}, but the first sync failed: {} The server will try again; to try now, run `leasehold sync`.",
        problem.detail.replace(" Nothing was changed.", "")
    );
    let mut not_synced = Problem::new(StatusCode::FAILED_DEPENDENCY, detail);
    not_synced.more = problem.more;
    not_synced
}
