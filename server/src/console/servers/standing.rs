//! What the servers make together, in one sentence: who serves, until when, and what to do.

use engine::peers::{Picture, Server};
use licensing::peer::{Role, State};

use app::components::absolute;
use app::pages::servers::{Hours, ServerCard, Standing, Step, span_words};
use app::paths;
use app::request::Tone;

/// Clients that are still on the backup after this time do not reach the primary, milliseconds: patience, a refresh, and room.
const RETURN_MS: i64 = 30_000;
/// A clock that is off by less is not worth saying, milliseconds.
const CLOCK_MS: i64 = 5_000;

/// What the sentence is made of.
pub(super) struct Facts<'a> {
    pub(super) picture: &'a Picture,
    pub(super) own_hours: Option<Hours>,
    pub(super) handed_until: Option<i64>,
    /// Some clients are sent to the backup to try it.
    pub(super) rehearsing: bool,
    /// Of this server's VE license, minutes.
    pub(super) grace_min: Option<u32>,
    /// Why the VE license of this server is not in force.
    pub(super) license: Option<String>,
    /// Clients that no server hears of.
    pub(super) in_grace: usize,
    pub(super) now: i64,
}

fn is_up(server: &Server) -> bool {
    matches!(server.state, State::Up(_))
}

fn connected(server: &Server) -> Option<u32> {
    server.report.as_ref()?.serving.as_ref().map(|serving| serving.connected)
}

pub(super) fn holding(server: &Server) -> u32 {
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

    pub(super) fn card(&self, server: &Server) -> ServerCard {
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

    pub(super) fn standing(&self) -> Standing {
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
