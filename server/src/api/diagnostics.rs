//! How this server and its surroundings are.

use axum::Json;
use axum::extract::State;
use licensing::permission::Permission::View;
use licensing::self_check::{Facts, PortState, Subject, summary};
use licensing::service::Urgency;
use serde::Serialize;
use utoipa_axum::routes;

use super::{Api, Operations, Time};
use crate::http::access::Access::May;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(get_diagnostics), May(View), &[])
}

/// This server and its surroundings: what there is, and what is wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Diagnostics {
    /// Of the most urgent finding: `ok`, `info`, `warning` or `critical`.
    #[schema(value_type = String)]
    level: Urgency,
    /// How all is.
    sentence: String,
    /// What is wrong and what to do, most urgent first.
    findings: Vec<DiagnosticsFinding>,
    /// The ports of this server; empty if no server runs on this data folder.
    ports: Vec<DiagnosticsPort>,
    /// Clocks of nodes, as of the last check, and of peers, as of their last response.
    clocks: Vec<DiagnosticsClock>,
    disk: DiagnosticsDisk,
    database: DiagnosticsDatabase,
    certificates: Vec<DiagnosticsCertificate>,
    /// Names of the nodes in use and of the peers, as of the last check.
    names: Vec<DiagnosticsName>,
    /// Nodes reached as configured in the last check; null since startup.
    nodes_reached: Option<usize>,
    /// Nodes that were asked as configured.
    nodes_asked: Option<usize>,
    /// When nodes, names and the database were last checked; null since startup.
    checked_at: Option<Time>,
    /// Version of this server.
    version: String,
    /// What peers and nodes run, as far as they say so.
    versions: Vec<DiagnosticsVersion>,
}

/// Something that is not as it should be.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DiagnosticsFinding {
    /// `ports`, `clocks`, `disk`, `database`, `certificates`, `names`, `nodes` or `versions`.
    #[schema(value_type = String)]
    subject: Subject,
    /// `info`, `warning` or `critical`.
    #[schema(value_type = String)]
    level: Urgency,
    sentence: String,
}

/// A port of this server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DiagnosticsPort {
    name: String,
    /// `listening`, `off` or `closed`.
    state: String,
    /// Where it listens.
    address: Option<String>,
    /// Why it doesn't.
    reason: Option<String>,
}

/// The clock of another machine.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DiagnosticsClock {
    name: String,
    /// How far it is ahead of this machine's, milliseconds; negative if behind. Nodes tell the time in whole seconds.
    off_ms: i64,
    measured_at: Time,
}

/// The file system of the data folder, bytes; null where it doesn't say.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DiagnosticsDisk {
    free: Option<u64>,
    total: Option<u64>,
    /// What the data folder takes.
    data: Option<u64>,
}

/// The database.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DiagnosticsDatabase {
    /// Null if it doesn't respond.
    version: Option<String>,
    /// Bytes, its log included.
    size: Option<u64>,
    /// When a row was last committed.
    stored_at: Option<Time>,
    /// When its pages were last checked; null since startup.
    integrity_checked_at: Option<Time>,
    /// What is wrong with its pages.
    integrity_problem: Option<String>,
    /// What is wrong with the audit chain.
    audit_problem: Option<String>,
}

/// A certificate that this server shows.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DiagnosticsCertificate {
    /// What it is for.
    name: String,
    path: String,
    /// When it ends.
    expires: Option<Time>,
    /// Why it can't be read.
    problem: Option<String>,
    /// Its SHA-256 fingerprint, as browsers show it.
    fingerprint: Option<String>,
    /// Leasehold made it.
    made_here: bool,
}

/// A configured name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DiagnosticsName {
    name: String,
    /// `node` or `peer`.
    of: String,
    addresses: Vec<String>,
    /// Why it doesn't resolve.
    problem: Option<String>,
}

/// What another machine runs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DiagnosticsVersion {
    name: String,
    /// `node` or `peer`.
    of: String,
    version: String,
}

fn kind(is_node: bool) -> String {
    if is_node { "node" } else { "peer" }.to_owned()
}

impl From<Facts> for Diagnostics {
    fn from(facts: Facts) -> Self {
        let findings = facts.findings();
        let (level, sentence) = summary(&findings);
        let (integrity_checked_at, integrity_problem) = facts.database.integrity.unzip();
        Self {
            level,
            sentence,
            findings: findings
                .into_iter()
                .map(|of| DiagnosticsFinding { subject: of.subject, level: of.level, sentence: of.sentence })
                .collect(),
            ports: facts
                .ports
                .into_iter()
                .map(|port| {
                    let (state, address, reason) = match port.state {
                        PortState::Listening(address) => ("listening", Some(address.to_string()), None),
                        PortState::Off(why) => ("off", None, Some(why)),
                        PortState::Closed(why) => ("closed", None, Some(why)),
                    };
                    DiagnosticsPort { name: port.name, state: state.to_owned(), address, reason }
                })
                .collect(),
            clocks: facts
                .clocks
                .into_iter()
                .map(|clock| DiagnosticsClock { name: clock.name, off_ms: clock.off, measured_at: Time(clock.at) })
                .collect(),
            disk: DiagnosticsDisk { free: facts.disk.free, total: facts.disk.total, data: facts.disk.data },
            database: DiagnosticsDatabase {
                version: facts.database.version,
                size: facts.database.size,
                stored_at: facts.database.stored.map(Time),
                integrity_checked_at: integrity_checked_at.map(Time),
                integrity_problem: integrity_problem.flatten(),
                audit_problem: facts.database.audit,
            },
            certificates: facts
                .certificates
                .into_iter()
                .map(|of| DiagnosticsCertificate {
                    name: of.name,
                    path: of.path,
                    expires: of.until.as_ref().ok().copied().map(Time),
                    problem: of.until.err(),
                    fingerprint: of.fingerprint,
                    made_here: of.is_own,
                })
                .collect(),
            names: facts
                .names
                .into_iter()
                .map(|of| DiagnosticsName {
                    name: of.name,
                    of: kind(of.is_node),
                    addresses: of.addresses.iter().flatten().map(ToString::to_string).collect(),
                    problem: of.addresses.err(),
                })
                .collect(),
            nodes_reached: facts.nodes.map(|(reached, _)| reached),
            nodes_asked: facts.nodes.map(|(_, asked)| asked),
            checked_at: facts.checked.map(Time),
            version: facts.version,
            versions: facts
                .versions
                .into_iter()
                .map(|of| DiagnosticsVersion { name: of.name, of: kind(!of.is_peer), version: of.version })
                .collect(),
        }
    }
}

/// Ports, clocks, disk, database, certificates, names and versions, and what is wrong with them.
///
/// Nothing is asked for this: nodes, names and the pages of the database are as of the last check.
#[utoipa::path(get, path = "/api/v1/diagnostics", tag = "diagnostics", responses(
    (status = 200, description = "This server and its surroundings", body = Diagnostics)))]
async fn get_diagnostics(State(Api { engine, .. }): State<Api>) -> Json<Diagnostics> {
    Json(engine.self_check().await.into())
}
