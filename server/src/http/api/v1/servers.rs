use axum::Json;
use axum::extract::State;
use engine::Engine;
use engine::peers::Server;
use serde::Serialize;

use crate::http::problem::Problem;
use crate::http::state::App;
use crate::status;
use crate::time::rfc3339;

/// The servers of the installation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Servers {
    /// This server first.
    items: Vec<Item>,
    /// Since when this server has heard of no other: what it shows of them may be old, and its own network may be the reason.
    stale_since: Option<String>,
    /// A sentence when the servers cannot all be of one installation.
    conflict: Option<String>,
    /// Who serves clients, until when, and what to do now.
    service: status::Service,
}

/// One server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = InstallationServer)]
pub struct Item {
    name: String,
    /// The server that answers this call.
    #[serde(rename = "self")]
    itself: bool,
    /// `primary` or `backup`; `unregistered` for a server that is neither.
    role: String,
    /// `production`, `backup` or `development`; unknown while it is not registered.
    context: Option<String>,
    guid: Option<String>,
    /// `up`, `silent` or `never`: whether it gave a sign of life within 10 s, earlier, or never.
    state: String,
    /// Since when it is up, or silent.
    since: Option<String>,
    /// Its last sign of life.
    last_seen: Option<String>,
    /// How far its clock is ahead of this server's, milliseconds; behind is negative.
    clock_off_ms: Option<i64>,
    version: Option<String>,
    /// Whom it serves.
    serving: Option<Serving>,
    /// Where it is asked; none when it only asks by itself.
    url: Option<String>,
    /// Why asking it does not work.
    problem: Option<String>,
    /// The fingerprint of its key.
    key: Option<String>,
    joined_at: Option<String>,
    joined_by: Option<String>,
}

/// Whom a server serves.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ServerServing)]
pub struct Serving {
    /// Clients that refresh.
    connected: u32,
    /// Clients that have licenses in use.
    holding: u32,
}

/// The servers of the installation, and which of them are there.
#[utoipa::path(get, path = "/api/v1/servers", tag = "servers", responses(
    (status = 200, description = "All servers, this one first", body = Servers),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn get(State(app): State<App>) -> Json<Servers> {
    Json(list(&app.engine))
}

/// The same, for a command too.
pub fn list(engine: &Engine) -> Servers {
    let picture = engine.servers();
    Servers {
        service: engine.judge_service(&picture).into(),
        items: picture.servers.into_iter().map(|server| item(engine, server)).collect(),
        stale_since: picture.stale_since.map(rfc3339),
        conflict: picture.conflict,
    }
}

fn item(engine: &Engine, server: Server) -> Item {
    let report = server.report.as_deref();
    Item {
        role: if server.itself { status::role(engine, server.context) } else { server.role.to_string() },
        name: server.name,
        itself: server.itself,
        context: server.context.map(|context| context.to_string()),
        guid: server.guid.map(|guid| guid.to_string()),
        state: server.state.as_str().to_owned(),
        since: server.state.since().map(rfc3339),
        last_seen: server.last_seen_ms.map(rfc3339),
        clock_off_ms: server.clock_off_ms,
        version: report.map(|report| report.version.clone()),
        serving: report
            .and_then(|report| report.serving.as_ref())
            .map(|serving| Serving { connected: serving.connected, holding: serving.holding }),
        url: server.url,
        problem: server.problem,
        key: server.key.map(|key| key.to_string()),
        joined_at: server.joined_at_ms.map(rfc3339),
        joined_by: server.joined_by,
    }
}
