//! The servers of the installation, planned maintenance and failover drills.

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;
use engine::drain::{ActiveDrain, DrainError, DrainRefusal};
use engine::peers::{InstallationServer, InviteError, Join, JoinError, RemoveError};
use licensing::permission::Permission::{Drain, ManageServers, View};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;

use super::request::{By, Json, Path};
use super::{Api, Operations, Time, status};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(list_servers), May(View), &[])
        .add(routes!(invite_server), May(ManageServers), &["peer.invite"])
        .add(routes!(join_server), May(ManageServers), &["peer.join"])
        .add(routes!(remove_server), May(ManageServers), &["peer.remove"])
        .add(routes!(get_drain), May(View), &[])
        .add(routes!(start_drain), May(Drain), &["server.handover"])
        .add(routes!(start_drill), May(Drain), &["server.rehearse"])
        .add(routes!(take_back), May(Drain), &["server.take_back"])
}

/// The servers of the installation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Servers {
    /// This server first.
    items: Vec<Server>,
    /// All servers fit on one page: always null.
    next: Option<i64>,
    /// Since when no peer has responded: their states may be old, and this server's own network may be the cause.
    stale_since: Option<Time>,
    /// A sentence if the servers can't all belong to one installation.
    conflict: Option<String>,
    /// Who serves clients, until when, and what to do now; null if no server is running here.
    service: Option<status::Service>,
    /// Whether a server is running here. If not, the states of the others are the last known ones.
    server_runs: bool,
}

/// One server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Server {
    name: String,
    /// Whether it is the server that answers this call.
    #[serde(rename = "self")]
    itself: bool,
    /// `primary` or `backup`; `unregistered` if neither.
    role: String,
    /// `production`, `backup` or `development`; null while it is not registered.
    context: Option<String>,
    guid: Option<String>,
    /// `up`, `silent` or `never`: it responded within the last 10 s, earlier, or never; while no server is running
    /// here, `stopped` for this one and `unknown` for others.
    state: String,
    /// Since when it has been in this state.
    since: Option<Time>,
    /// Its last response.
    last_seen: Option<Time>,
    /// How far its clock is ahead of this server's, milliseconds; negative if behind.
    clock_off_ms: Option<i64>,
    version: Option<String>,
    /// Its clients.
    serving: Option<ServerClients>,
    /// Address at which it is polled; null if only it polls.
    url: Option<String>,
    /// Why polling it fails.
    problem: Option<String>,
    /// The fingerprint of its key.
    key: Option<String>,
    joined_at: Option<Time>,
    joined_by: Option<String>,
}

/// The clients of a server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ServerClients {
    /// Clients that refresh.
    connected: u32,
    /// Clients that have licenses in use.
    holding: u32,
}

/// The servers of the installation, and which of them respond.
#[utoipa::path(get, path = "/api/v1/servers", tag = "servers", responses(
    (status = 200, description = "All servers, this one first", body = Servers)))]
async fn list_servers(State(Api { engine, serving, .. }): State<Api>) -> Answer<Servers> {
    let picture = engine.servers();
    let server = |seen| if serving { server(&engine, seen) } else { at_rest(server(&engine, seen)) };
    Answer(Servers {
        service: serving.then(|| engine.judge_service(&picture).into()),
        items: picture.servers.into_iter().map(server).collect(),
        next: None,
        stale_since: picture.stale_since.filter(|_| serving).map(Time),
        conflict: picture.conflict,
        server_runs: serving,
    })
}

fn server(engine: &Engine, seen: InstallationServer) -> Server {
    let report = seen.report.as_deref();
    Server {
        role: if seen.itself { status::role(engine, seen.context) } else { seen.role.to_string() },
        name: seen.name,
        itself: seen.itself,
        context: seen.context.map(|context| context.to_string()),
        guid: seen.guid.map(|guid| guid.to_string()),
        state: seen.state.as_str().to_owned(),
        since: seen.state.since().map(Time),
        last_seen: seen.last_seen_ms.map(Time),
        clock_off_ms: seen.clock_off_ms,
        version: report.map(|report| report.version.clone()),
        serving: report
            .and_then(|report| report.serving.as_ref())
            .map(|serving| ServerClients { connected: serving.connected, holding: serving.holding }),
        url: seen.url,
        problem: seen.problem,
        key: seen.key.map(|key| key.to_string()),
        joined_at: seen.joined_at_ms.map(Time),
        joined_by: seen.joined_by,
    }
}

/// A server in a data folder on which no server is running: states are the last known ones, and this one is not up
/// either.
fn at_rest(server: Server) -> Server {
    if server.itself {
        let state = "stopped".to_owned();
        let (since, last_seen, clock_off_ms, version, serving) = (None, None, None, None, None);
        return Server { state, since, last_seen, clock_off_ms, version, serving, ..server };
    }
    if server.state == "never" {
        return server;
    }
    Server { state: "unknown".to_owned(), since: server.last_seen, ..server }
}

/// A one-time code that lets another server join.
#[derive(Serialize, utoipa::ToSchema)]
struct Invitation {
    code: String,
    expires_at: Time,
    /// Address at which the other server probably reaches this one.
    url: String,
}

/// Creates a one-time code that lets another server join.
#[utoipa::path(post, path = "/api/v1/servers/invite", tag = "servers", responses(
    (status = 200, description = "The code", body = Invitation),
    (status = 409, description = "Other servers can't join through this one")))]
async fn invite_server(State(Api { engine, console, .. }): State<Api>, by: By) -> Result<Answer<Invitation>, Problem> {
    let invited = engine.invite_peer(&by.actor()).await.map_err(|error| match error {
        InviteError::Refused(refusal) => Problem::new(StatusCode::CONFLICT, refusal.to_string()),
        other => Problem::internal(&other),
    })?;
    let (code, expires_at) = (invited.code.to_string(), Time(invited.expires_ms));
    Ok(Answer(Invitation { code, expires_at, url: console.to_string() }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "https://127.0.0.1:9", "code": "not-a-code" }))]
struct JoinServer {
    /// Console address of the other server.
    url: String,
    /// The code created there.
    code: String,
    /// Console address at which the other servers reach this one [default: its own, unless that is loopback].
    own_url: Option<String>,
    /// Name of this server in the installation [default: the host name].
    name: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Joined {
    name: String,
    /// `primary` or `backup`.
    role: String,
    /// The other server's name.
    with: String,
    /// Address at which the other servers reach this one; null if they don't poll it.
    own_url: Option<String>,
}

/// Joins another server's installation with a code created there.
#[utoipa::path(post, path = "/api/v1/servers/join", tag = "servers", request_body = JoinServer, responses(
    (status = 200, description = "Joined", body = Joined),
    (status = 502, description = "The other server gave no valid answer")))]
async fn join_server(
    State(Api { engine, console, .. }): State<Api>,
    by: By,
    Json(JoinServer { url, code, own_url, name }): Json<JoinServer>,
) -> Result<Answer<Joined>, Problem> {
    let join = Join { url, code, own_url, name };
    let joined = engine.join_peer(&by.actor(), &join, &console).await?;
    let role = joined.role.to_string();
    Ok(Answer(Joined {
        name: joined.name,
        role,
        with: joined.with,
        own_url: joined.own_url.map(|url| url.to_string()),
    }))
}

impl From<JoinError> for Problem {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Sql(error) => error.into(),
            JoinError::Key(_) | JoinError::Client(_) => Self::internal(&error),
            JoinError::Code(_) => Self::field("code", error),
            JoinError::Url(_) => Self::field("url", error),
            refused if refused.is_refusal() => Self::new(StatusCode::UNPROCESSABLE_ENTITY, refused.to_string()),
            unreached => Self::new(StatusCode::BAD_GATEWAY, unreached.to_string()),
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RemovedServer {
    name: String,
}

/// Removes a server from the installation; on a backup, leaves the installation.
#[utoipa::path(delete, path = "/api/v1/servers/{name}", tag = "servers",
    params(("name" = String, Path, description = "Name of the server", example = "lic-02")),
    responses(
        (status = 200, description = "Removed", body = RemovedServer),
        (status = 404, description = "No such server"),
        (status = 409, description = "It can't be removed from here")))]
async fn remove_server(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Path(name): Path<String>,
) -> Result<Answer<RemovedServer>, Problem> {
    let name = engine.remove_peer(&by.actor(), &name).await.map_err(|error| match error {
        RemoveError::Sql(error) => error.into(),
        RemoveError::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, error.to_string()),
        RemoveError::Refused(_) => Problem::new(StatusCode::CONFLICT, error.to_string()),
    })?;
    Ok(Answer(RemovedServer { name }))
}

/// Clients that are with the backup on purpose.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DrainAnswer {
    began: Time,
    /// They return then at the latest.
    until: Time,
    by: String,
    reason: String,
    /// Of a failover drill: the client ids that take part; null for all.
    clients: Option<BTreeSet<String>>,
    /// Of a failover drill: how much of the backup's hours it may use, milliseconds.
    budget_ms: Option<i64>,
}

impl From<ActiveDrain> for DrainAnswer {
    fn from(of: ActiveDrain) -> Self {
        Self {
            began: Time(of.began),
            until: Time(of.until),
            by: of.by,
            reason: of.reason,
            clients: of.clients,
            budget_ms: of.budget_ms,
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DrainStateAnswer {
    /// What is in progress; null while this server serves its clients.
    current: Option<DrainAnswer>,
}

/// Whether clients are with the backup on purpose.
#[utoipa::path(get, path = "/api/v1/servers/drain", tag = "servers", responses(
    (status = 200, description = "What is in progress", body = DrainStateAnswer)))]
async fn get_drain(State(Api { engine, .. }): State<Api>) -> Answer<DrainStateAnswer> {
    Answer(DrainStateAnswer { current: engine.drain.current().map(Into::into) })
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "minutes": 30, "reason": "New memory in lic-01" }))]
struct Maintenance {
    minutes: u32,
    reason: String,
}

/// Drains to the backup: all clients go there for the given minutes.
#[utoipa::path(post, path = "/api/v1/servers/drain", tag = "servers", request_body = Maintenance, responses(
    (status = 200, description = "Begun", body = DrainAnswer),
    (status = 409, description = "Not possible now")))]
async fn start_drain(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Json(Maintenance { minutes, reason }): Json<Maintenance>,
) -> Result<Answer<DrainAnswer>, Problem> {
    Ok(Answer(engine.start_drain(&by.actor(), minutes, &reason, None).await?.into()))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "minutes": 10, "budget_minutes": 10, "clients": ["3f2a1c9e"] }))]
struct DrillRequest {
    minutes: u32,
    /// How many minutes of the backup's hours it may use.
    #[schema(minimum = 1)]
    budget_minutes: u32,
    /// The client ids that take part.
    clients: BTreeSet<String>,
}

/// Starts a failover drill: some clients go to the backup.
#[utoipa::path(post, path = "/api/v1/servers/drill", tag = "servers", request_body = DrillRequest, responses(
    (status = 200, description = "Begun", body = DrainAnswer),
    (status = 409, description = "Not possible now")))]
async fn start_drill(
    State(Api { engine, .. }): State<Api>,
    by: By,
    Json(DrillRequest { minutes, budget_minutes, clients }): Json<DrillRequest>,
) -> Result<Answer<DrainAnswer>, Problem> {
    if budget_minutes == 0 {
        let message = "Enter how many minutes of the backup's hours it may use, 1 or more.";
        return Err(Problem::field("budget_minutes", message));
    }
    let drill = Some((clients, i64::from(budget_minutes) * 60_000));
    Ok(Answer(engine.start_drain(&by.actor(), minutes, "", drill).await?.into()))
}

impl From<DrainError> for Problem {
    fn from(error: DrainError) -> Self {
        match error {
            DrainError::Sql(error) => error.into(),
            DrainError::Refused(refusal @ DrainRefusal::Minutes) => Self::field("minutes", refusal),
            DrainError::Refused(refusal) => Self::new(StatusCode::CONFLICT, refusal.to_string()),
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TakenBack {
    /// Whether there was anything to end.
    ended: bool,
}

/// Takes the clients back from the backup early.
#[utoipa::path(post, path = "/api/v1/servers/take-back", tag = "servers", responses(
    (status = 200, description = "The clients return within seconds", body = TakenBack)))]
async fn take_back(State(Api { engine, .. }): State<Api>, by: By) -> Result<Answer<TakenBack>, Problem> {
    Ok(Answer(TakenBack { ended: engine.take_back(&by.actor()).await? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, itself: bool, state: &str, since: Option<i64>, last_seen: Option<i64>) -> Server {
        Server {
            name: name.to_owned(),
            itself,
            role: "primary".to_owned(),
            context: None,
            guid: None,
            state: state.to_owned(),
            since: since.map(Time),
            last_seen: last_seen.map(Time),
            clock_off_ms: Some(0),
            version: Some("1".to_owned()),
            serving: None,
            url: None,
            problem: None,
            key: None,
            joined_at: None,
            joined_by: None,
        }
    }

    #[test]
    fn without_a_server_nobody_is_up_and_what_was_last_known_stays() {
        let at_rest = |server| at_rest(server);
        let own = at_rest(seen("a", true, "up", Some(3), Some(3)));
        assert_eq!((own.state.as_str(), own.since, own.version), ("stopped", None, None));
        assert_eq!(own.role, "primary");
        let silent = at_rest(seen("b", false, "silent", Some(1), Some(2)));
        assert_eq!((silent.state.as_str(), silent.since), ("unknown", Some(Time(2))));
        let never = at_rest(seen("c", false, "never", None, None));
        assert_eq!((never.state.as_str(), never.since), ("never", None));
    }
}
