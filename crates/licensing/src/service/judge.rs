//! The judgement.

use super::{AdvisedStep, Area, Duty, Hours, Judgement, Situation, Urgency};
use crate::contact::Millis;
use crate::peers::{CountdownReport, PeerLiveness, Role};
use crate::words::{Zone, count, hours, instant_near, span};

/// Clients still on the backup after this time can't reach the primary, milliseconds: patience, a refresh, and a
/// margin.
const RETURN_MS: Millis = 30_000;

/// One server, by its last report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Whether it is responding.
    pub state: PeerLiveness,
    /// Connected clients, if known.
    pub connected: Option<u32>,
    /// Clients that have licenses in use.
    pub holding: u32,
    /// Its hours; `None` without a countdown license.
    pub hours: Option<Hours>,
    /// Its drain or drill.
    pub drain: Option<Drain>,
}

/// A drain or drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drain {
    /// Until when, Unix milliseconds, if known.
    pub until: Option<Millis>,
    /// Whether it is a drill with only some clients.
    pub is_drill: bool,
}

impl ServerFacts {
    fn is_up(&self) -> bool {
        matches!(self.state, PeerLiveness::Up(_))
    }

    /// Clients it serves now.
    #[must_use]
    pub fn serving(&self) -> u32 {
        if self.is_up() { self.holding } else { 0 }
    }

    fn is_drained(&self) -> bool {
        self.drain.is_some_and(|drain| !drain.is_drill)
    }

    fn is_drilling(&self) -> bool {
        self.drain.is_some_and(|drain| drain.is_drill)
    }

    /// What it does now, and the level of that.
    #[must_use]
    pub fn duty(&self) -> (Urgency, Duty) {
        match (self.state, self.role) {
            (PeerLiveness::Silent(_), _) => (Urgency::Critical, Duty::NotResponding),
            (PeerLiveness::Never, _) => (Urgency::Warning, Duty::NeverResponded),
            (PeerLiveness::Up(_), _) if self.is_drained() => (Urgency::Info, Duty::Draining),
            (PeerLiveness::Up(_), Role::Backup) if self.holding > 0 => (Urgency::Warning, Duty::Active),
            (PeerLiveness::Up(_), Role::Backup) => (Urgency::Ok, Duty::Standby),
            (PeerLiveness::Up(_), Role::Primary | Role::Alone) => (Urgency::Ok, Duty::Active),
        }
    }

    /// "lic-01 is serving 5 clients"
    fn serves(&self, clients: u32) -> String {
        format!("{} is serving {}", self.name, count(clients, "client", "clients"))
    }

    fn hours_left(&self) -> Option<Millis> {
        self.hours.as_ref().map(|hours| hours.left_ms)
    }
}

impl Hours {
    /// The hours a peer reported `age_ms` before `now`. Running hours are assumed to keep running, even if it stops
    /// responding.
    #[must_use]
    pub fn reported(server: &str, report: CountdownReport, age_ms: Millis, now: Millis) -> Hours {
        let age_ms = age_ms.max(0);
        let passed = if report.running_since.is_some() { age_ms } else { 0 };
        let left_ms = report.balance_ms.saturating_sub(passed).max(0);
        Hours {
            server: server.to_owned(),
            left_ms,
            granted_ms: report.granted_ms.max(report.balance_ms),
            running_since_ms: report.running_since,
            empty_at_ms: report.running_since.map(|_| now.saturating_add(left_ms)),
            clients: report.clients,
            reported_ms_ago: Some(age_ms),
        }
    }
}

/// The facts of a judgement.
pub struct Facts<'a> {
    /// This server.
    pub own: &'a ServerFacts,
    /// Its peers.
    pub peers: &'a [ServerFacts],
    /// Since when no peer has responded; `None` while any does.
    pub stale_since: Option<Millis>,
    /// A sentence if the servers can't all belong to one installation.
    pub conflict: Option<&'a str>,
    /// Why the license of this machine is not valid; `None` if it is, or there is none.
    pub license: Option<&'a str>,
    /// Grace period of the license of this machine, minutes.
    pub grace_min: Option<u32>,
    /// Clients without a server.
    pub in_grace: usize,
    /// Unix milliseconds.
    pub now: Millis,
    /// The reader's time zone at an instant.
    pub zone: &'a dyn Fn(Millis) -> Zone,
}

impl Facts<'_> {
    /// Who serves, until when, and what to do.
    #[must_use]
    pub fn judge(&self) -> Judgement {
        let mut judged = self.of_the_servers();
        let mut critical = |sentence: String| {
            judged.next.push(sentence);
            judged.level = Urgency::Critical;
        };
        if let Some(license) = self.license {
            critical(license.to_owned());
        }
        if let Some(conflict) = self.conflict {
            critical(conflict.to_owned());
        }
        if self.in_grace > 0 {
            let (has, keeps) = if self.in_grace == 1 { ("has", "it keeps") } else { ("have", "each keeps") };
            let clients = count(self.in_grace, "client", "clients");
            critical(format!("{clients} {has} no server: {keeps} running until its grace period ends."));
        }
        if self.license.is_some() {
            judged.steps.push(AdvisedStep {
                text: "Check the license of this machine.".to_owned(),
                command: None,
                area: Some(Area::License),
            });
        }
        // Connected clients show that this server's network works.
        if let Some(since) = self.stale_since.filter(|_| self.own.serving() == 0) {
            let silent = span(self.now - since);
            judged.next.push(format!(
                "No peer has responded for {silent}. If clients can't reach this server either, check its network."
            ));
        }
        let active = |server: &&ServerFacts| server.duty().1 == Duty::Active;
        judged.active = self.servers().filter(active).map(|server| server.name.clone()).collect();
        judged
    }

    fn servers(&self) -> impl Iterator<Item = &ServerFacts> {
        std::iter::once(self.own).chain(self.peers)
    }

    fn of_the_servers(&self) -> Judgement {
        let backups: Vec<&ServerFacts> = self.servers().filter(|server| server.role == Role::Backup).collect();
        let Some(primary) = self.servers().find(|server| server.role == Role::Primary) else {
            return self.without_primary(&backups);
        };
        let find = |is: fn(&ServerFacts) -> bool| backups.iter().copied().find(|server| is(server));
        let (serving, standby) = (find(|server| server.serving() > 0), find(ServerFacts::is_up));
        match (primary.is_up(), serving) {
            (true, Some(backup)) if primary.serving() > 0 && !primary.is_drained() => self.both_serve(primary, backup),
            (_, Some(backup)) => self.backup_serves(primary, backup),
            (true, None) if primary.is_drained() => self.drained(primary, standby),
            (true, None) => self.primary_serves(primary, &backups, standby),
            (false, None) => self.nobody_serves(primary, standby),
        }
    }

    fn without_primary(&self, backups: &[&ServerFacts]) -> Judgement {
        let own = self.own;
        let sentence = own.serves(own.connected.unwrap_or(0));
        let running = own.hours.as_ref().and_then(|hours| hours.empty_at_ms);
        let situation = if backups.is_empty() { Situation::Alone } else { Situation::NoPrimary };
        if let Some(empty) = running {
            return Judgement {
                situation,
                level: Urgency::Warning,
                sentence: format!("{sentence}. Backup hours last until {}.", self.at(empty)),
                next: self.whose_hours(own).into_iter().chain([self.when_empty()]).collect(),
                until: running,
                hours: own.hours.clone(),
                ..Judgement::default()
            };
        }
        if backups.is_empty() {
            return Judgement {
                situation,
                level: Urgency::Info,
                sentence: format!("{sentence}. It has no backup."),
                next: vec!["If it fails, its clients have no server.".to_owned()],
                steps: vec![AdvisedStep {
                    text: "Add a backup, so that clients have a server to fail over to.".to_owned(),
                    command: None,
                    area: Some(Area::Join),
                }],
                hours: own.hours.clone(),
                ..Judgement::default()
            };
        }
        Judgement {
            situation,
            level: Urgency::Warning,
            sentence: "No primary is known to this server.".to_owned(),
            next: vec!["Backups stand in for one production or development server; none has joined.".to_owned()],
            hours: own.hours.clone(),
            ..Judgement::default()
        }
    }

    fn primary_serves(
        &self,
        primary: &ServerFacts,
        backups: &[&ServerFacts],
        standby: Option<&ServerFacts>,
    ) -> Judgement {
        let serves = primary.serves(primary.connected.unwrap_or(0));
        let Some(backup) = standby else {
            let why = if backups.is_empty() { "It has no backup." } else { "No backup is responding." };
            return Judgement {
                situation: Situation::NoBackup,
                level: Urgency::Warning,
                sentence: format!("{serves}. {why}"),
                next: vec!["If it fails now, clients have no server: licenses already granted stay valid for 2 minutes, then grace periods begin.".to_owned()],
                steps: backups.iter().map(|backup| start(backup)).collect(),
                ..Judgement::default()
            };
        };
        let (level, next) = match backup.hours_left() {
            Some(0) => (
                Urgency::Warning,
                Some(format!(
                    "{} has no backup hours left: it can't serve anyone. Ask the vendor for more.",
                    backup.name
                )),
            ),
            Some(left) => (Urgency::Ok, Some(format!("{} of backup hours left, not running.", hours(left)))),
            None => (Urgency::Ok, None),
        };
        Judgement {
            situation: Situation::Normal,
            level,
            sentence: format!("{serves}. {} is on standby.", backup.name),
            next: next.into_iter().collect(),
            hours: backup.hours.clone(),
            ..Judgement::default()
        }
    }

    /// The primary is draining, and no client is on a backup.
    fn drained(&self, primary: &ServerFacts, standby: Option<&ServerFacts>) -> Judgement {
        let until = primary.drain.and_then(|drain| drain.until);
        let (level, sentence, next, steps) = match standby {
            Some(backup) => (
                Urgency::Info,
                format!("{} is draining to {}. No client has moved yet.", primary.name, backup.name),
                "Clients move within seconds of their next refresh.",
                Vec::new(),
            ),
            None => (
                Urgency::Critical,
                format!("{} is draining, and no backup is responding.", primary.name),
                "Clients have no server until the drain ends.",
                vec![AdvisedStep {
                    text: format!("On {}: take the clients back.", primary.name),
                    command: None,
                    area: Some(Area::Drain).filter(|_| self.is_own(primary)),
                }],
            ),
        };
        Judgement {
            situation: Situation::Drain,
            level,
            sentence,
            next: [next.to_owned()].into_iter().chain(until.map(|at| self.takes_back(primary, at))).collect(),
            steps,
            until,
            hours: standby.and_then(|backup| backup.hours.clone()),
            ..Judgement::default()
        }
    }

    fn both_serve(&self, primary: &ServerFacts, backup: &ServerFacts) -> Judgement {
        let clients = |server: &ServerFacts| count(server.serving(), "client", "clients");
        let (ours, theirs) = (clients(primary), clients(backup));
        let until = backup.hours.as_ref().and_then(|hours| hours.empty_at_ms);
        let (situation, level, sentence, next) = if primary.is_drilling() {
            (
                Situation::Drill,
                Urgency::Info,
                format!("Failover drill: {} is serving {theirs}, {} is serving {ours}.", backup.name, primary.name),
                format!(
                    "The clients in the drill return to {} when it ends. Overlapping use is measured and reported.",
                    primary.name
                ),
            )
        } else {
            (
                Situation::Overlap,
                Urgency::Warning,
                format!("{} and {} are both serving: {ours} and {theirs}.", primary.name, backup.name),
                format!(
                    "Clients return to {} as soon as it responds to them. Overlapping use is measured and reported.",
                    primary.name
                ),
            )
        };
        Judgement {
            situation,
            level,
            sentence: match until {
                Some(at) => format!("{sentence} Backup hours last until {}.", self.at(at)),
                None => sentence,
            },
            next: [next].into_iter().chain(self.whose_hours(backup)).collect(),
            until,
            hours: backup.hours.clone(),
            ..Judgement::default()
        }
    }

    fn backup_serves(&self, primary: &ServerFacts, backup: &ServerFacts) -> Judgement {
        let until = backup.hours.as_ref().and_then(|hours| hours.empty_at_ms);
        let running_since = backup.hours.as_ref().and_then(|hours| hours.running_since_ms);
        let serves = backup.serves(backup.serving());
        let name = &primary.name;
        // A primary that is not responding takes no clients back.
        let drain = primary.drain.filter(|_| primary.is_up());
        let (situation, next, steps) = if let Some(drain) = drain {
            let situation = if drain.is_drill { Situation::Drill } else { Situation::Drain };
            let what = if drain.is_drill { "A failover drill is in progress" } else { "Planned maintenance" };
            let back = match drain.until {
                Some(at) => self.takes_back(primary, at),
                None => format!("{name} takes its clients back afterwards."),
            };
            (situation, format!("{what}. {back}"), Vec::new())
        } else if !primary.is_up() {
            let silent = match primary.state.since() {
                Some(since) => format!("{name} has not responded for {}.", span(self.now - since)),
                None => format!("{name} has never responded."),
            };
            (Situation::Failover, silent, vec![start(primary)])
        } else if running_since.is_some_and(|since| self.now - since > RETURN_MS) {
            let check = AdvisedStep {
                text: format!(
                    "Check the network between the clients and {name}: addresses, firewall, license client port."
                ),
                command: None,
                area: Some(Area::Clients).filter(|_| self.is_own(backup)),
            };
            let stay = format!("{name} is responding, but its clients stay on {}: they can't reach it.", backup.name);
            (Situation::Unreachable, stay, vec![check])
        } else {
            (Situation::Failback, format!("{name} is responding; clients return to it within seconds."), Vec::new())
        };
        let mut next = vec![next];
        next.extend(self.whose_hours(backup));
        next.extend(until.map(|_| self.when_empty()));
        Judgement {
            situation,
            level: if steps.is_empty() { Urgency::Info } else { Urgency::Warning },
            sentence: match until {
                Some(at) => format!("{serves}. Backup hours last until {}.", self.at(at)),
                None => format!("{serves}."),
            },
            next,
            steps,
            until: until.or(drain.and_then(|drain| drain.until)),
            hours: backup.hours.clone(),
            ..Judgement::default()
        }
    }

    fn nobody_serves(&self, primary: &ServerFacts, standby: Option<&ServerFacts>) -> Judgement {
        let silent = match primary.state.since() {
            Some(since) => format!("{} has not responded for {}.", primary.name, span(self.now - since)),
            None => format!("{} has never responded.", primary.name),
        };
        let (sentence, next) = match standby {
            Some(backup) if backup.hours_left() == Some(0) => {
                (format!("No server is active: {} has no backup hours left.", backup.name), vec![silent])
            }
            Some(backup) => (
                format!("{} is not responding. {} is on standby.", primary.name, backup.name),
                vec![
                    silent,
                    "No client has reached the backup yet. Clients fail over within 15 seconds if they can't reach the primary either.".to_owned(),
                ],
            ),
            None => (format!("{} is not responding, and no backup is.", primary.name), vec![silent]),
        };
        Judgement {
            situation: Situation::Unserved,
            level: Urgency::Critical,
            sentence,
            next,
            steps: vec![start(primary)],
            hours: standby.and_then(|backup| backup.hours.clone()),
            ..Judgement::default()
        }
    }

    fn is_own(&self, server: &ServerFacts) -> bool {
        std::ptr::eq(self.own, server)
    }

    fn at(&self, at: Millis) -> String {
        instant_near(at, self.now, &(self.zone)(at))
    }

    fn takes_back(&self, primary: &ServerFacts, at: Millis) -> String {
        format!("{} takes its clients back at {}, or earlier on request.", primary.name, self.at(at))
    }

    /// "2 of 5 clients use backup hours."; `None` if all do, or if unknown.
    fn whose_hours(&self, backup: &ServerFacts) -> Option<String> {
        let users = backup.hours.as_ref().filter(|hours| hours.running_since_ms.is_some())?.clients?;
        let all = backup.serving();
        let verb = if users == 1 { "uses" } else { "use" };
        (users < all).then(|| format!("{users} of {} {verb} backup hours.", count(all, "client", "clients")))
    }

    /// The effect of the end of the hours.
    fn when_empty(&self) -> String {
        let grace = self.grace_min.map_or_else(
            || "the grace period of its license".to_owned(),
            |minutes| format!("{} of grace", span(Millis::from(minutes) * 60_000)),
        );
        format!("When they run out, clients that use them are denied; each keeps running for {grace}, then stops.")
    }
}

/// Start a server that does not respond; it may have ended or hang.
fn start(server: &ServerFacts) -> AdvisedStep {
    AdvisedStep {
        text: format!(
            "On {}: restart the service, or restore its network. Clients return within 15 seconds.",
            server.name
        ),
        command: Some("sudo systemctl restart leasehold".to_owned()),
        area: None,
    }
}
