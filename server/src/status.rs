//! What the server says of itself: one answer for the API, the command line and the console.

use engine::Engine;
use licensing::conf::effective::Effective;
use serde::{Deserialize, Serialize};

use crate::time::rfc3339;

/// The state of this server.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Status {
    /// Version of Leasehold.
    pub version: String,
    /// Canonical GUID, when there is one.
    pub guid: Option<String>,
    /// Flexible licensing is on and there is a GUID.
    pub registered: bool,
    /// `production`, `backup` or `development`; unknown before the first exchange.
    pub context: Option<String>,
    /// `primary` or `backup`; `unregistered` before registration.
    pub role: String,
    /// Whether licenses are in service.
    pub in_service: bool,
    /// The contact clock.
    pub contact: Contact,
    /// The conf file.
    pub conf: Conf,
    /// Hours of a countdown license; none is installed.
    pub countdown: Option<Countdown>,
    /// When this process began to serve.
    pub started_at: String,
}

/// The contact clock.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Contact {
    /// State by name.
    pub state: String,
    /// Days since the last verified exchange.
    pub days: Option<i64>,
    /// The last verified exchange.
    pub since: Option<String>,
    /// When the next state begins.
    pub next: Option<String>,
}

/// The conf file.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Conf {
    /// Path as configured.
    pub path: String,
    /// Newest revision.
    pub revision: i64,
    /// An outside edit waits to be looked at.
    pub changed_outside: bool,
    /// Why the file cannot be used now.
    pub problem: Option<String>,
}

/// A countdown license.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Countdown {
    /// Hours left.
    pub hours_left: f64,
    /// Until when, at the present burn.
    pub until: Option<String>,
}

/// Looks at the file now, then tells.
///
/// # Errors
/// [`sqlx::Error`](engine) as text when the database does not answer.
pub async fn status(engine: &Engine) -> Result<Status, engine::DatabaseError> {
    let conf = engine.conf();
    let effective = Effective::of(&conf.document());
    // Of a file that cannot be read now, what was last known counts; `conf.problem` says so.
    let registered = effective.registered();
    Ok(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        guid: effective.guid.map(|g| g.to_string()),
        registered,
        context: None,
        role: if registered { "primary" } else { "unregistered" }.to_owned(),
        in_service: false,
        contact: Contact { state: "unregistered".to_owned(), days: None, since: None, next: None },
        conf: Conf {
            revision: conf.number(),
            changed_outside: conf.outside.is_some(),
            problem: conf.problem.as_ref().map(ToString::to_string),
            path: conf.path,
        },
        countdown: None,
        started_at: rfc3339(engine.started_at),
    })
}
