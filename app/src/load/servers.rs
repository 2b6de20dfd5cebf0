//! The servers: the picture they make together, in one sentence and in full.

use engine::handover::Rehearsal;
use engine::peers::{PeerEventKind, Picture, Server};
use engine::{DatabaseError, Engine};
use licensing::countdown::{Cause, Run, View, forecast};
use licensing::peer::{Role, State};

use crate::components::absolute;
use crate::pages::servers::{
    GraceRow, Handed, Hours, Incident, Moment, Rehearsed, Rehearsing, ServerCard, ServersPage, SimultaneousRow,
    Standing, Step, SwitchRow, span_words,
};
use crate::paths;
use crate::request::{Tone, request};

/// While something goes on the page looks again after so many seconds.
const AGAIN: u32 = 10;
/// So many entries of each list are shown.
const SHOWN: u32 = 20;
/// So many runs of the hours are looked at for a forecast.
const RUNS: u32 = 100;
/// Clients that are still on the backup after this time do not reach the primary, milliseconds: patience, a refresh, and room.
const RETURN_MS: i64 = 30_000;
/// A clock that is off by less is not worth saying, milliseconds.
const CLOCK_MS: i64 = 5_000;

/// The page looks again by itself after so many seconds: as the address says; else while something goes on that is watched.
/// Otherwise it stays as it is, so that nobody loses what they type.
pub fn pace(engine: &Engine, every: Option<&str>) -> Option<u32> {
    match every {
        Some("10") => Some(10),
        Some("60") => Some(60),
        Some(_) => None,
        None => {
            let picture = engine.servers();
            let away = |server: &Server| matches!(server.state, State::Silent(_));
            let serves = |server: &Server| server.role == Role::Backup && holding(server) > 0;
            let watched = picture.servers.iter().any(|server| away(server) || serves(server))
                || engine.handover.current().is_some()
                || !engine.in_grace().is_empty();
            watched.then_some(AGAIN)
        }
    }
}

/// `/servers`
pub async fn load(engine: &Engine) -> Result<ServersPage, DatabaseError> {
    let now = request().now_ms;
    let picture = engine.servers();
    let view = engine.countdown.view();
    let runs = engine.countdown.runs(RUNS).await?;
    let grace = engine.in_grace();
    let handed = engine.handover.current();
    let rehearsal = engine.handover.rehearsal();
    let facts = Facts {
        picture: &picture,
        own_hours: hours_of(&view, &picture.servers[0].name),
        handed_until: handed.as_ref().filter(|handed| handed.clients.is_none()).map(|handed| handed.until),
        rehearsing: handed.as_ref().is_some_and(|handed| handed.clients.is_some()),
        grace_min: engine.ve.current().map(|installed| installed.license().grace_min),
        license: engine
            .ve
            .current()
            .map(|_| engine.ve.standing())
            .filter(|standing| !standing.in_force())
            .map(|standing| standing.sentence()),
        in_grace: grace.len(),
        now,
    };
    let switches = engine.switches(SHOWN).await?;
    Ok(ServersPage {
        now: facts.standing(),
        servers: picture.servers.iter().map(|server| facts.card(server)).collect(),
        stale_since: picture.stale_since,
        grace: grace
            .into_iter()
            .map(|client| GraceRow { client: client.name, since_ms: client.seen_ms, until_ms: client.until_ms })
            .collect(),
        timeline: timeline(engine, &runs).await?,
        incidents: runs.iter().take(SHOWN as usize).map(incident).collect(),
        forecast: forecast(&runs, view.balance_ms).filter(|_| view.serial > 0).map(|forecast| {
            let times =
                if forecast.incidents == 1 { "time".to_owned() } else { format!("{} times", forecast.incidents) };
            format!(
                "The hours ran {} before, {} on average and {} at most. What is left is enough for {} more like those.",
                if forecast.incidents == 1 { "one time".to_owned() } else { times },
                span_words(forecast.average_ms),
                span_words(forecast.longest_ms),
                forecast.more
            )
        }),
        switches: switches
            .into_iter()
            .map(|switch| SwitchRow {
                at_ms: switch.at,
                client: switch.name,
                from: switch.from_server,
                client_saw: format!("No usable answer for {}. {}", span_words(switch.silent_ms), switch.problem),
                server_saw: switch.server_observed,
            })
            .collect(),
        simultaneous: engine
            .simultaneous(SHOWN)
            .await?
            .into_iter()
            .map(|time| SimultaneousRow {
                began_ms: time.began,
                ms: time.ms,
                server: time.server,
                here: time.here,
                there: time.there,
            })
            .collect(),
        simultaneous_ms: engine.simultaneous_ms().await?,
        rehearsed: rehearsal.as_ref().filter(|rehearsal| rehearsal.ended.is_some()).map(|rehearsal| Rehearsed {
            began_ms: rehearsal.handed.began,
            ended_ms: rehearsal.ended.unwrap_or(now),
            clients: progress(engine, rehearsal),
            spent_ms: rehearsal.spent_ms,
        }),
        handed: handed.map(|handed| Handed {
            began_ms: handed.began,
            until_ms: handed.until,
            by: handed.by.clone(),
            reason: handed.reason.clone(),
            clients: rehearsal
                .as_ref()
                .filter(|_| handed.clients.is_some())
                .map(|rehearsal| progress(engine, rehearsal)),
            budget: handed
                .budget_ms
                .map(|most| (most, rehearsal.as_ref().and_then(|rehearsal| rehearsal.spent_ms).unwrap_or(0))),
        }),
        no_handover: match (engine.role(), engine.backup_is_up()) {
            (Role::Primary, true) => None,
            (Role::Primary, false) => Some("No backup is up that clients could go to.".to_owned()),
            _ => Some("Clients are handed over by the primary, on its console.".to_owned()),
        },
        clients: engine
            .clients()
            .into_iter()
            .filter(|client| client.state == engine::leases::ClientState::Connected)
            .map(|client| (client.client, client.name))
            .collect(),
        invitation: None,
        origin: super::installation().origin,
        // The answer to a form stays: something was typed into it.
        every: request().form.is_none().then(|| pace(engine, request().query("every"))).flatten(),
    })
}

/// Where each client of a rehearsal was seen.
fn progress(engine: &Engine, rehearsal: &Rehearsal) -> Vec<Rehearsing> {
    let names = engine.clients();
    let name = |id: &String| {
        names.iter().find(|client| client.client == *id).map_or_else(|| id.clone(), |client| client.name.clone())
    };
    let ids = rehearsal.handed.clients.iter().flatten();
    ids.map(|id| Rehearsing {
        name: name(id),
        moved_ms: rehearsal.moved.get(id).copied(),
        back_ms: rehearsal.back.get(id).copied(),
    })
    .collect()
}

fn hours_of(view: &View, server: &str) -> Option<Hours> {
    (view.serial > 0).then(|| Hours {
        server: server.to_owned(),
        left_ms: view.balance_ms,
        granted_ms: view.granted_ms,
        running_since_ms: view.running_since,
        empty_at_ms: view.empty_at,
        told_ms_ago: None,
    })
}

fn incident(run: &Run) -> Incident {
    Incident {
        began_ms: run.began_ms,
        ended_ms: run.ended_ms,
        spent_ms: run.spent_ms,
        most_clients: run.most_clients,
        cause: run.cause.map_or(String::new(), |cause| cause_words(cause).to_owned()),
    }
}

fn cause_words(cause: Cause) -> &'static str {
    match cause {
        Cause::LoggedOut => "the last client logged out",
        Cause::Empty => "the hours were used up",
        Cause::Stopped => "the server was stopped",
        Cause::Crashed => "the server ended without being stopped",
    }
}

/// What happened to the servers and to the hours, the newest first.
async fn timeline(engine: &Engine, runs: &[Run]) -> Result<Vec<Moment>, DatabaseError> {
    let events = engine.peer_events(i64::from(SHOWN)).await?;
    let mut moments: Vec<Moment> = events
        .into_iter()
        .map(|event| Moment {
            at_ms: event.at,
            tone: match event.kind {
                PeerEventKind::Silent => Tone::Danger,
                PeerEventKind::Back | PeerEventKind::First | PeerEventKind::Joined => Tone::Success,
                PeerEventKind::Removed | PeerEventKind::Left => Tone::Neutral,
            },
            text: event.detail,
        })
        .collect();
    for run in runs.iter().take(SHOWN as usize) {
        moments.push(Moment {
            at_ms: run.began_ms,
            tone: Tone::Warning,
            text: "The first client logged in here; the hours began to run.".to_owned(),
        });
        if let Some(at_ms) = run.ended_ms {
            let why = run.cause.map_or("it ended", cause_words);
            let text = format!("The hours stopped after {}: {why}.", span_words(run.spent_ms));
            moments.push(Moment { at_ms, tone: Tone::Success, text });
        }
    }
    moments.sort_by_key(|moment| std::cmp::Reverse(moment.at_ms));
    moments.truncate(SHOWN as usize);
    Ok(moments)
}

/// What the sentence is made of.
struct Facts<'a> {
    picture: &'a Picture,
    own_hours: Option<Hours>,
    handed_until: Option<i64>,
    /// Some clients are sent to the backup to try it.
    rehearsing: bool,
    /// Of this server's VE license, minutes.
    grace_min: Option<u32>,
    /// Why the VE license of this server is not in force.
    license: Option<String>,
    /// Clients that no server hears of.
    in_grace: usize,
    now: i64,
}

fn is_up(server: &Server) -> bool {
    matches!(server.state, State::Up(_))
}

fn connected(server: &Server) -> Option<u32> {
    server.report.as_ref()?.serving.as_ref().map(|serving| serving.connected)
}

fn holding(server: &Server) -> u32 {
    server
        .report
        .as_ref()
        .filter(|_| is_up(server))
        .and_then(|report| report.serving.as_ref())
        .map_or(0, |serving| serving.holding)
}

fn clients(count: u32) -> String {
    if count == 1 { "1 client".to_owned() } else { format!("{count} clients") }
}

impl Facts<'_> {
    fn hours(&self, server: &Server) -> Option<Hours> {
        if server.itself {
            return self.own_hours.clone();
        }
        let told = server.report.as_ref()?.countdown?;
        let age = self.now - server.last_seen_ms.unwrap_or(self.now);
        // While they run they go on running, whether we hear of it or not.
        let left = told.balance_ms - if told.running_since.is_some() { age.max(0) } else { 0 };
        Some(Hours {
            server: server.name.clone(),
            left_ms: left.max(0),
            granted_ms: told.granted_ms.max(told.balance_ms),
            running_since_ms: told.running_since,
            empty_at_ms: told.running_since.map(|_| self.now + left.max(0)),
            told_ms_ago: Some(age.max(0)),
        })
    }

    fn card(&self, server: &Server) -> ServerCard {
        let handed = server.itself && self.handed_until.is_some();
        let (tone, state) = match (server.state, holding(server) > 0, server.role) {
            (State::Up(_), ..) if handed => (Tone::Info, "Handed over"),
            (State::Up(_), true, Role::Backup) => (Tone::Warning, "Serving"),
            (State::Up(_), true, _) => (Tone::Success, "Serving"),
            (State::Up(_), false, Role::Backup) => (Tone::Success, "Standing by"),
            (State::Up(_), false, _) => (Tone::Success, "Up"),
            (State::Silent(_), ..) => (Tone::Danger, "No answer"),
            (State::Never, ..) => (Tone::Warning, "Never heard"),
        };
        let role = match server.role {
            Role::Primary => "Primary",
            Role::Backup => "Backup",
            Role::Alone => "Alone",
        };
        ServerCard {
            name: server.name.clone(),
            own: server.itself,
            role: server.context.map_or_else(
                || role.to_owned(),
                |context| {
                    let context = context.to_string();
                    if context.eq_ignore_ascii_case(role) { role.to_owned() } else { format!("{role}, {context}") }
                },
            ),
            tone,
            state: state.to_owned(),
            since_ms: server.state.since(),
            seen_ms: server.last_seen_ms,
            // Clients that went home stay connected to a backup for a while; those it serves count.
            clients: if server.role == Role::Backup { Some(holding(server)) } else { connected(server) }
                .filter(|_| is_up(server)),
            hours: self.hours(server),
            clock: server.clock_off_ms.filter(|off| off.abs() > CLOCK_MS && !server.itself).map(|off| {
                let way = if off > 0 { "ahead of" } else { "behind" };
                format!("{} {way} this one's; nothing is counted by it", span_words(off.abs()))
            }),
            version: server.report.as_ref().map_or(String::new(), |report| report.version.clone()),
            url: server.url.clone().filter(|_| !server.itself),
            removable: !server.itself,
        }
    }

    fn standing(&self) -> Standing {
        let mut standing = self.judged();
        if let Some(license) = &self.license {
            standing.then.push(license.clone());
            standing.tone = Tone::Danger;
        }
        if let Some(conflict) = &self.picture.conflict {
            standing.then.push(conflict.clone());
            standing.tone = Tone::Danger;
        }
        if self.in_grace > 0 {
            let count = u32::try_from(self.in_grace).unwrap_or(u32::MAX);
            standing
                .then
                .push(format!("{} without a server: each goes on until its grace period ends.", clients(count)));
            standing.tone = Tone::Danger;
        }
        standing
    }

    fn judged(&self) -> Standing {
        let servers = &self.picture.servers;
        let own = &servers[0];
        let backups: Vec<&Server> = servers.iter().filter(|server| server.role == Role::Backup).collect();
        let Some(primary) = servers.iter().find(|server| server.role == Role::Primary) else {
            return self.without_primary(own, &backups);
        };
        let serving = backups.iter().copied().find(|server| holding(server) > 0);
        let standing_by = backups.iter().copied().find(|server| is_up(server));
        match (is_up(primary), serving) {
            (true, Some(backup)) if holding(primary) > 0 && !self.is_handed(primary) => Standing {
                tone: Tone::Warning,
                sentence: format!(
                    "{} and {} both serve: {} and {}.",
                    primary.name,
                    backup.name,
                    clients(holding(primary)),
                    clients(holding(backup))
                ),
                hours: self.hours(backup),
                then: vec![if self.rehearsing {
                    "A rehearsal goes on: the chosen clients come back at its end. The time both served is measured and reported.".to_owned()
                } else {
                    "Clients return to the primary by themselves as soon as it answers them. The time both served is measured and reported.".to_owned()
                }],
                to_do: Vec::new(),
            },
            (true, Some(backup)) => self.backup_serves(primary, backup),
            (true, None) => self.primary_serves(primary, &backups, standing_by),
            (false, Some(backup)) => self.backup_serves(primary, backup),
            (false, None) => self.nobody_serves(primary, standing_by),
        }
    }

    fn is_handed(&self, primary: &Server) -> bool {
        if primary.itself {
            self.handed_until.is_some()
        } else {
            primary.report.as_ref().is_some_and(|report| report.handover.is_some())
        }
    }

    fn without_primary(&self, own: &Server, backups: &[&Server]) -> Standing {
        let count = connected(own).unwrap_or(0);
        let add = Step {
            text: "Let a backup join, so that clients have somewhere to go.".to_owned(),
            command: None,
            link: Some((paths::SERVERS_AT_JOIN.to_owned(), "Add a server".to_owned())),
        };
        let running = self.own_hours.clone().filter(|hours| hours.running_since_ms.is_some());
        match (backups.is_empty(), running.and_then(|hours| Some((hours.empty_at_ms?, hours)))) {
            (_, Some((empty, hours))) => Standing {
                tone: Tone::Warning,
                sentence: format!("{} serves. It holds until {}.", own.name, absolute(empty)),
                hours: Some(hours),
                then: vec![self.at_zero()],
                to_do: Vec::new(),
            },
            (true, None) => Standing {
                tone: Tone::Info,
                sentence: format!("{} stands alone and serves {}.", own.name, clients(count)),
                hours: self.own_hours.clone(),
                then: vec!["No other server knows it: when it fails, its clients have none.".to_owned()],
                to_do: vec![add],
            },
            (false, None) => Standing {
                tone: Tone::Warning,
                sentence: "No primary is known here.".to_owned(),
                hours: self.own_hours.clone(),
                then: vec![
                    "Backups stand beside one production or development server; none of that kind has joined."
                        .to_owned(),
                ],
                to_do: Vec::new(),
            },
        }
    }

    fn primary_serves(&self, primary: &Server, backups: &[&Server], standing_by: Option<&Server>) -> Standing {
        let count = connected(primary).unwrap_or(0);
        if self.is_handed(primary) {
            return Standing {
                tone: Tone::Info,
                sentence: format!("{} is handed over; no client is on the backup yet.", primary.name),
                hours: standing_by.and_then(|backup| self.hours(backup)),
                then: vec!["Clients move within seconds of their next refresh.".to_owned()],
                to_do: Vec::new(),
            };
        }
        match standing_by {
            Some(backup) => {
                let hours = self.hours(backup);
                let empty = hours.as_ref().is_some_and(|hours| hours.left_ms == 0);
                let then = match &hours {
                    Some(_) if empty => format!("{} has no hours left: it could not serve anybody.", backup.name),
                    Some(_) => format!("{} stands by; its hours do not run.", backup.name),
                    None => format!("{} stands by.", backup.name),
                };
                Standing {
                    tone: if empty { Tone::Warning } else { Tone::Success },
                    sentence: format!("{} serves {}. The backup stands by.", primary.name, clients(count)),
                    hours,
                    then: vec![then],
                    to_do: Vec::new(),
                }
            }
            None => Standing {
                tone: Tone::Warning,
                sentence: format!("{} serves {}. No backup is up.", primary.name, clients(count)),
                hours: None,
                then: vec!["If it fails now, clients have no server: what they were granted is good for two minutes, grace periods begin then.".to_owned()],
                to_do: backups.iter().map(|backup| start(backup)).collect(),
            },
        }
    }

    fn backup_serves(&self, primary: &Server, backup: &Server) -> Standing {
        let hours = self.hours(backup);
        let until = hours.as_ref().and_then(|hours| hours.empty_at_ms);
        let sentence = match until {
            Some(at) => format!(
                "The backup {} serves {}. It holds until {}.",
                backup.name,
                clients(holding(backup)),
                absolute(at)
            ),
            None => format!("The backup {} serves {}.", backup.name, clients(holding(backup))),
        };
        let mut then = Vec::new();
        let mut to_do = Vec::new();
        if self.is_handed(primary) {
            then.push(format!("{} is handed over and takes its clients back by itself.", primary.name));
        } else if self.rehearsing {
            then.push(format!("A rehearsal goes on; {} takes the chosen clients back at its end.", primary.name));
        } else if is_up(primary)
            && hours.as_ref().and_then(|hours| hours.running_since_ms).is_some_and(|since| self.now - since > RETURN_MS)
        {
            then.push(format!("{} is up, and yet its clients stay here: they cannot reach it.", primary.name));
            to_do.push(Step {
                text: format!("Look at the network between the clients and {}: addresses, firewall, the port of the license clients.", primary.name),
                command: None,
                link: None,
            });
        } else if is_up(primary) {
            then.push(format!("{} answers; clients return to it within seconds.", primary.name));
        } else {
            let silent = primary.state.since().map_or(0, |since| self.now - since);
            then.push(format!("{} has not answered for {}.", primary.name, span_words(silent)));
            to_do.push(start(primary));
        }
        if until.is_some() {
            then.push(self.at_zero());
        }
        Standing { tone: if to_do.is_empty() { Tone::Info } else { Tone::Warning }, sentence, hours, then, to_do }
    }

    fn nobody_serves(&self, primary: &Server, standing_by: Option<&Server>) -> Standing {
        let silent =
            primary.state.since().map_or(String::new(), |since| format!(" for {}", span_words(self.now - since)));
        let hours = standing_by.and_then(|backup| self.hours(backup));
        let empty = hours.as_ref().is_some_and(|hours| hours.left_ms == 0);
        let (sentence, then) = match standing_by {
            Some(backup) if empty => (
                format!("No server serves: the hours of {} are used up.", backup.name),
                format!("{} has not answered{silent}.", primary.name),
            ),
            Some(backup) => (
                format!("{} does not answer. {} is ready.", primary.name, backup.name),
                format!(
                    "It has not answered{silent}, and no client has come to the backup yet. Clients come within 15 seconds when they cannot reach it either."
                ),
            ),
            None => (
                format!("{} does not answer, and no backup is up.", primary.name),
                format!("It has not answered{silent}."),
            ),
        };
        Standing { tone: Tone::Danger, sentence, hours, then: vec![then], to_do: vec![start(primary)] }
    }

    /// What happens when the hours are used up.
    fn at_zero(&self) -> String {
        let grace = self.grace_min.map_or_else(
            || "goes on for the grace period of its license".to_owned(),
            |minutes| format!("goes on for {} of grace", span_words(i64::from(minutes) * 60_000)),
        );
        format!("At zero, clients are refused; each {grace}, then stops.")
    }
}

/// Start a server that does not answer.
fn start(server: &Server) -> Step {
    Step {
        text: format!(
            "On {}: start the service, or restore its network. Clients return by themselves within 15 seconds.",
            server.name
        ),
        command: Some("sudo systemctl start leasehold".to_owned()),
        link: None,
    }
}
