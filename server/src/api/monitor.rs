//! The license of the usage monitor.

use axum::Json;
use axum::extract::State;
use engine::monitor::{MonitorSource, MonitorView};
use licensing::monitor::Standing;
use licensing::permission::Permission::View;
use serde::Serialize;
use utoipa_axum::routes;

use super::{Api, Operations, Time};
use crate::http::access::Access::May;

pub fn operations(all: Operations) -> Operations {
    all.add(routes!(get_monitor_license), May(View), &[])
}

/// How the license of the usage monitor stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MonitorStanding)]
pub struct Monitor {
    /// `not_needed` (none was ever installed), `licensed`, `grace` or `locking`.
    pub standing: String,
    /// `expired`, `unavailable` or `too-many-users`; null without a violation.
    pub violation: Option<String>,
    /// Since when the violation lasts.
    pub since: Option<Time>,
    /// When the standing ends: the license expires, or the grace period is over.
    pub ends: Option<Time>,
    /// Users observed in the current window.
    pub users: u64,
    /// Users licensed; null while no license is in force.
    pub licensed: Option<u64>,
}

impl From<&MonitorView> for Monitor {
    fn from(view: &MonitorView) -> Monitor {
        let (standing, violation, since, ends) = match view.standing {
            Standing::NotNeeded => ("not_needed", None, None, None),
            Standing::Licensed { until, .. } => ("licensed", None, None, Some(until)),
            Standing::Grace { violation, since, ends } => ("grace", Some(violation), Some(since), Some(ends)),
            Standing::Locking { violation, since } => ("locking", Some(violation), Some(since), None),
        };
        Monitor {
            standing: standing.to_owned(),
            violation: violation.map(|violation| violation.word().to_owned()),
            since: since.map(Time),
            ends: ends.map(whole_second),
            users: view.users,
            licensed: view.licensed,
        }
    }
}

/// The second an instant lies in: rounded, the end of a day would be the next one.
fn whole_second(ms: i64) -> Time {
    Time(ms.div_euclid(1_000) * 1_000)
}

/// One license of the usage monitor.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HeldMonitorLicense)]
struct Held {
    /// The vendor's id.
    id: String,
    /// Its first instant.
    from: Time,
    /// Its last instant.
    to: Time,
    /// How many users may be observed.
    users: u64,
}

/// Where licenses come from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MonitorSource)]
struct Source {
    /// `exchange`, `key-file` or `server`.
    name: String,
    /// The file or the address.
    address: String,
    /// When it was last read.
    last_read: Option<Time>,
    /// Why it can't be read.
    problem: Option<String>,
}

impl From<MonitorSource> for Source {
    fn from(source: MonitorSource) -> Source {
        Source {
            name: source.name.to_owned(),
            address: source.path_or_address,
            last_read: source.last_read.map(Time),
            problem: source.problem,
        }
    }
}

/// The license of the usage monitor.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MonitorLicense {
    /// How it stands.
    monitor: Monitor,
    /// The span in which users are counted: `day`, `week` or `month`.
    window: String,
    /// The licenses of all sources that can be read.
    licenses: Vec<Held>,
    /// Where they come from.
    sources: Vec<Source>,
}

/// The license of the usage monitor, and where it comes from.
#[utoipa::path(get, path = "/api/v1/monitor-license", tag = "licenses", responses(
    (status = 200, description = "The license of the usage monitor", body = MonitorLicense)))]
async fn get_monitor_license(State(Api { engine, .. }): State<Api>) -> Json<MonitorLicense> {
    let view = engine.monitor();
    let held = |license: &licensing::monitor::MonitorLicense| Held {
        id: license.id.clone(),
        from: Time(license.from),
        to: whole_second(license.to),
        users: license.users,
    };
    Json(MonitorLicense {
        monitor: Monitor::from(&view),
        window: view.window.to_string(),
        licenses: view.licenses.iter().map(held).collect(),
        sources: view.sources.into_iter().map(Source::from).collect(),
    })
}
