//! Who serves clients now: collects the facts for `licensing::service`.

use licensing::contact::Millis;
use licensing::service::{Drain, Facts, Hours, Judgement, ServerFacts};
use licensing::words::Zone;

use crate::Engine;
use crate::peers::{self, InstallationPicture};

/// This machine's time zone at an instant.
#[must_use]
pub fn local_zone(at: Millis) -> Zone {
    let Ok(at) = jiff::Timestamp::from_millisecond(at) else { return Zone::utc() };
    let at = at.to_zoned(jiff::tz::TimeZone::system());
    Zone { name: at.strftime("%Z").to_string(), offset_s: at.offset().seconds() }
}

impl InstallationPicture {
    /// The facts about servers, this one first.
    #[must_use]
    pub fn serving(&self) -> Vec<ServerFacts> {
        self.servers.iter().map(|server| serving(server, self.at_ms)).collect()
    }
}

fn serving(of: &peers::InstallationServer, now: Millis) -> ServerFacts {
    let report = of.report.as_deref();
    let clients = report.and_then(|report| report.serving.as_ref());
    let hours = report.and_then(|report| report.countdown).map(|countdown| {
        let hours = Hours::reported(&of.name, countdown, now - of.last_seen_ms.unwrap_or(now), now);
        Hours { reported_ms_ago: hours.reported_ms_ago.filter(|_| !of.itself), ..hours }
    });
    let drain = report
        .and_then(|report| report.drain.as_ref())
        .map(|drain| Drain { until: drain["until"].as_i64(), is_drill: !drain["clients"].is_null() });
    ServerFacts {
        name: of.name.clone(),
        role: of.role,
        state: of.state,
        connected: clients.map(|clients| clients.connected),
        holding: clients.map_or(0, |clients| clients.holding),
        hours,
        drain,
    }
}

impl Engine {
    /// Who serves, until when, and what to do, as this server sees it.
    #[must_use]
    pub fn service(&self) -> Judgement {
        self.judge_service(&self.servers())
    }

    /// The same for an existing snapshot.
    #[must_use]
    pub fn judge_service(&self, picture: &InstallationPicture) -> Judgement {
        let servers = picture.serving();
        let Some((own, peers)) = servers.split_first() else { return Judgement::default() };
        let installed = self.ve.current();
        let license = installed.as_ref().map(|_| self.ve.standing()).filter(|standing| !standing.in_force());
        Facts {
            own,
            peers,
            stale_since: picture.stale_since,
            conflict: picture.conflict.as_deref(),
            license: license.map(|standing| standing.sentence()).as_deref(),
            grace_min: installed.map(|installed| installed.license().grace_min),
            in_grace: self.in_grace().len(),
            now: picture.at_ms,
            zone: &local_zone,
        }
        .judge()
    }
}
