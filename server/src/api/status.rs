//! The state of the server.

use axum::Json;
use axum::extract::State;
use engine::Engine;
use licensing::attention::PartState;
use licensing::contact::PhaseLogLevel;
use licensing::context::Context;
use licensing::peers::Role;
use licensing::permission::Permission::View;
use licensing::service::{Judgement, Situation, Urgency};
use serde::Serialize;
use utoipa_axum::routes;

use super::monitor::Monitor;
use super::{Api, Operations, Time};
use crate::http::access::Access::May;
use crate::http::problem::Problem;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(get_status), May(View), &[]).add(routes!(get_openapi), May(View), &[])
}

/// The state of this server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Status {
    /// Version of Leasehold.
    pub version: String,
    /// Canonical GUID, if there is one.
    pub guid: Option<String>,
    /// Flexible licensing is on and there is a GUID.
    pub registered: bool,
    /// `production`, `backup` or `development`; null before the first sync.
    pub context: Option<String>,
    /// `primary` or `backup`; `unregistered` before registration, unless it has joined another server.
    pub role: String,
    /// Whether licenses are in service.
    pub in_service: bool,
    /// The contact clock.
    pub contact: Contact,
    /// The conf file.
    pub conf: Conf,
    /// Hours of a countdown license; null if none was ever installed.
    pub countdown: Option<Countdown>,
    /// How the license of the usage monitor stands.
    pub monitor: Monitor,
    /// Who serves clients, until when, and what to do now; null if no server is running on this data folder.
    pub service: Option<Service>,
    /// What needs attention, part by part; empty when no server runs on this data folder.
    pub attention: Vec<PartState>,
    /// When this process started.
    pub started_at: Time,
}

/// Who serves clients, until when, and what to do now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Service {
    /// `alone`, `no_primary`, `normal`, `no_backup`, `drain`, `drill`, `overlap`, `failover`, `unreachable`,
    /// `failback` or `unserved`.
    #[schema(value_type = String)]
    pub situation: Situation,
    /// `ok`, `info`, `warning` or `critical`.
    #[schema(value_type = String)]
    pub level: Urgency,
    /// A summary in a sentence or two.
    pub sentence: String,
    /// What happens next.
    pub next: Vec<String>,
    /// What to do now; may be empty.
    pub steps: Vec<Step>,
    /// Names of the servers that serve clients.
    pub active: Vec<String>,
    /// Until when clients can be served like this; null if there is no end.
    pub until: Option<Time>,
}

/// One thing to do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ServiceStep)]
pub struct Step {
    /// What to do.
    pub text: String,
    /// A command that does it.
    pub command: Option<String>,
}

impl From<Judgement> for Service {
    fn from(judged: Judgement) -> Service {
        let Judgement { situation, level, sentence, next, steps, active, until, hours: _ } = judged;
        let steps = steps.into_iter().map(|step| Step { text: step.text, command: step.command }).collect();
        Service { situation, level, sentence, next, steps, active, until: until.map(Time) }
    }
}

/// The contact clock.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = StatusContact)]
pub struct Contact {
    /// `unregistered`, `in_touch`, `late`, `reminder`, `urgent`, `final` or `lapsed`.
    pub state: String,
    /// Days since the last verified exchange.
    pub days: Option<u32>,
    /// The last verified exchange, by the time the node signed.
    pub since: Option<Time>,
    /// When the next state begins without a sync.
    pub next: Option<Time>,
    /// `info`, `warn` or `error`: how this state is logged.
    pub level: String,
    /// What this state means.
    pub effect: String,
    /// When licenses leave service without a sync.
    pub lapses_at: Option<Time>,
    /// The same in days.
    pub limit_days: u32,
    /// Minutes by which this machine's clock is ahead (positive) or behind (negative) the measured time. The clock is
    /// ignored until the next verified exchange.
    pub clock_off_minutes: Option<i64>,
}

/// The conf file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = StatusConf)]
pub struct Conf {
    /// Path as configured.
    pub path: String,
    /// Newest revision.
    pub revision: i64,
    /// A change made outside Leasehold waits for review.
    pub changed_outside: bool,
    /// Why the file can't be used.
    pub problem: Option<String>,
}

/// A countdown license.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = StatusCountdown)]
pub struct Countdown {
    /// Hours left.
    pub hours_left: f64,
    /// Whether they are running: a client is logged in.
    pub running: bool,
    /// Until when they last; null while they are not running.
    pub until: Option<Time>,
}

/// The contact clock, from the one table in `licensing`.
fn contact(engine: &Engine) -> Contact {
    let contact = engine.contact();
    let rule = contact.rule();
    Contact {
        state: rule.phase.as_str().to_owned(),
        days: contact.days(),
        since: contact.last_verified.map(Time),
        next: contact.next_change().map(|(at, _)| Time(at)),
        level: match rule.report.level {
            PhaseLogLevel::Info => "info",
            PhaseLogLevel::Warn => "warn",
            PhaseLogLevel::Error => "error",
        }
        .to_owned(),
        effect: engine.contact_effect(),
        lapses_at: contact.lapses_at().map(Time),
        limit_days: contact.limit.days(),
        clock_off_minutes: contact.flagged.map(|ms| ms / 60_000),
    }
}

/// The state of this server.
#[utoipa::path(get, path = "/api/v1/status", tag = "status", responses(
    (status = 200, description = "The state of this server", body = Status)))]
async fn get_status(State(Api { engine, serving, .. }): State<Api>) -> Result<Json<Status>, Problem> {
    let engine = &*engine;
    let conf = engine.conf();
    let effective = &conf.effective;
    // If the file can't be read, these are its last known values, and `conf.problem` says so.
    let registered = effective.registered();
    let context = engine.identity().await?.context.filter(|_| registered);
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        guid: effective.guid.map(|g| g.to_string()),
        registered,
        context: context.map(|context| context.to_string()),
        role: role(engine, context),
        in_service: engine.in_service() || engine.ve.standing().in_force(),
        contact: contact(engine),
        conf: Conf {
            revision: conf.number(),
            changed_outside: conf.outside.is_some(),
            problem: conf.problem.as_ref().map(ToString::to_string),
            path: conf.path,
        },
        countdown: countdown(engine),
        monitor: Monitor::from(&engine.monitor()),
        service: serving.then(|| engine.service().into()),
        attention: if serving { engine.attention() } else { Vec::new() },
        started_at: Time(engine.started_at),
    }))
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "status", responses(
    (status = 200, description = "This API as an OpenAPI document", body = Object)))]
async fn get_openapi() -> Json<&'static utoipa::openapi::OpenApi> {
    Json(&super::operations().document)
}

/// The hours of a countdown license; none without one.
fn countdown(engine: &Engine) -> Option<Countdown> {
    let view = engine.countdown.view();
    (view.serial > 0).then(|| Countdown {
        hours_left: view.balance_ms as f64 / 3_600_000.0,
        running: view.running_since.is_some(),
        until: view.empty_at.map(Time),
    })
}

/// This server's role in its installation; while it knows no other server, the role it is registered for.
pub fn role(engine: &Engine, context: Option<Context>) -> String {
    match (engine.role(), context) {
        (Role::Primary, _) => "primary",
        (Role::Backup, _) | (Role::Alone, Some(Context::Backup)) => "backup",
        (Role::Alone, _) if engine.conf().effective.registered() => "primary",
        (Role::Alone, _) => "unregistered",
    }
    .to_owned()
}
