//! What needs attention, part by part: one judgement for the overview, the header and the navigation of the console, the API and `status`.
//!
//! A pure function: [`Facts::judge`] takes what a server knows of itself and says of each part how it is, worst first, and where to look.

use serde::{Deserialize, Serialize};

use crate::contact::{ContactPhase, DAY, Millis};
use crate::monitor::Standing;
use crate::service::{Judgement, Situation, Urgency};
use crate::words::{Zone, bytes, count, grouped, instant_near, list};

/// A license that ends within this time is worth a plan, milliseconds.
pub const ENDS_SOON: Millis = 30 * DAY;
/// One that ends within this time is worth a call today, milliseconds.
pub const ENDS_NOW: Millis = 7 * DAY;
/// Names in a sentence; the rest is counted.
const NAMED: usize = 3;
/// Less free space than this and the next day's records may not fit, bytes.
pub const DISK_LOW: u64 = 1_000_000_000;
/// Less than this and nothing may be stored within the hour, bytes.
pub const DISK_FULL: u64 = 100_000_000;

/// With a schedule, a backup older than this is overdue, milliseconds: one night was missed, and the next one too.
pub const BACKUP_OVERDUE: Millis = 2 * DAY;

/// Less than this and the next commit may fail, bytes.
pub const DISK_EXHAUSTED: u64 = 1_000_000;

/// A part of the installation that the overview tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Part {
    /// Who serves clients, and until when.
    Service,
    /// Contact with the vendor's nodes.
    Sync,
    /// What is licensed.
    Licenses,
    /// What is in use, and what was denied.
    Use,
    /// Alert rules.
    Alerts,
    /// The conf file.
    Configuration,
    /// Disk, database, audit chain.
    Storage,
}

impl Part {
    /// All of them, in the order they are shown.
    pub const ALL: &[Part] = <Part as strum::VariantArray>::VARIANTS;

    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Its heading.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Part::Service => "Service",
            Part::Sync => "Sync",
            Part::Licenses => "Licenses",
            Part::Use => "Use",
            Part::Alerts => "Alerts",
            Part::Configuration => "Configuration",
            Part::Storage => "Storage",
        }
    }

    /// The page of the console that shows the cause.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Part::Service => "/servers",
            Part::Sync => "/exchange",
            Part::Licenses => "/licenses",
            Part::Use => "/usage",
            Part::Alerts => "/alerts",
            Part::Configuration => "/configuration",
            Part::Storage => "/diagnostics",
        }
    }
}

/// One thing about a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = AttentionIssue))]
pub struct Issue {
    /// How urgent it is.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub level: Urgency,
    /// In two or three words: "Failover", "3 not loaded".
    pub state: String,
    /// In a sentence.
    pub sentence: String,
    /// Where the console shows its cause.
    pub path: String,
}

/// How one part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = AttentionPart))]
pub struct PartState {
    /// Which part.
    pub part: Part,
    /// The most urgent of its issues; `ok` without one.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub level: Urgency,
    /// In two or three words.
    pub state: String,
    /// In a sentence.
    pub sentence: String,
    /// Where the console shows the cause.
    pub path: String,
    /// What is wrong, most urgent first; empty when all is well.
    pub issues: Vec<Issue>,
}

impl PartState {
    /// Issues that ask for somebody to act.
    #[must_use]
    pub fn urgent(&self) -> usize {
        self.issues.iter().filter(|issue| issue.level >= Urgency::Warning).count()
    }
}

/// Contact with the vendor's nodes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncFacts<'a> {
    /// The last verified exchange.
    pub last: Option<Millis>,
    /// When licenses leave service without contact.
    pub lapses: Option<Millis>,
    /// Rounds that failed since the last good answer.
    pub failed_rounds: u32,
    /// In a sentence, what a node answered when it refused the last round; none when none did.
    pub refused: Option<&'a str>,
    /// What is missing before anything can be sent.
    pub hindrance: Option<&'a str>,
    /// The clock of the machine departs from the time known to have passed.
    pub clock_flagged: bool,
}

/// What is licensed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LicenseFacts {
    /// Licenses in service.
    pub loaded: usize,
    /// Licenses that are not, though they are for this server's context.
    pub not_loaded: usize,
    /// Products with the end of their first license, those in service only, soonest first.
    pub ending: Vec<(String, Millis)>,
    /// Products of which more is promised to clients than there is.
    pub over_committed: Vec<String>,
}

/// Disk, database, audit chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StorageFacts {
    /// Free space where the data is, bytes.
    pub free: Option<u64>,
    /// Why the database takes no changes, in a sentence; `None` while it does.
    pub trouble: Option<String>,
    /// Where the audit chain is broken, in a sentence.
    pub audit_broken: Option<String>,
    /// Background tasks that failed lately.
    pub failing_tasks: Vec<String>,
    /// Backups; none before they were looked at.
    pub backup: Option<BackupFacts>,
}

/// Backups of this server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupFacts {
    /// When the newest good one was made.
    pub last: Option<Millis>,
    /// With a schedule, the instant since which there is none: the last good one, or the beginning of the installation.
    pub none_since: Option<Millis>,
    /// Why the last attempt failed, in a sentence.
    pub problem: Option<String>,
}

/// The monitor's license, and what is locked for want of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonitorFacts {
    /// How the license stands.
    pub standing: Standing,
    /// Records that are locked.
    pub locked: u64,
    /// Files they are in.
    pub files: usize,
    /// Files of which a license covers some records that are still locked.
    pub coverable: usize,
}

/// What a server knows.
pub struct Facts<'a> {
    /// Who serves.
    pub service: &'a Judgement,
    /// The server is registered with the vendor's nodes.
    pub registered: bool,
    /// How the license of this machine is, where one is installed.
    pub machine: Option<(Urgency, &'a str)>,
    /// The phase of the contact clock.
    pub phase: ContactPhase,
    /// Contact with the vendor's nodes.
    pub sync: SyncFacts<'a>,
    /// What is licensed; none before the first exchange.
    pub licenses: Option<LicenseFacts>,
    /// Products of which all are in use.
    pub at_limit: &'a [String],
    /// Denials since midnight.
    pub denials_today: u64,
    /// Headlines of what fires and nobody has acknowledged.
    pub firing: &'a [String],
    /// Headlines of what fires and somebody has acknowledged.
    pub acknowledged: &'a [String],
    /// Alert rules that are on.
    pub rules: usize,
    /// Why the conf file cannot be used.
    pub conf_problem: Option<&'a str>,
    /// When an outside edit was noticed that nobody has looked at.
    pub changed_outside: Option<Millis>,
    /// Settings of the conf file with an error, and with a warning.
    pub findings: (usize, usize),
    /// Settings that wait for a restart.
    pub restart: &'a [String],
    /// Disk, database, audit chain.
    pub storage: StorageFacts,
    /// The monitor's license, and what is locked.
    pub monitor: MonitorFacts,
    /// Now.
    pub now: Millis,
    /// The time zone at an instant.
    pub zone: &'a dyn Fn(Millis) -> Zone,
}

impl Facts<'_> {
    /// Every part, in the order of [`Part::ALL`].
    #[must_use]
    pub fn judge(&self) -> Vec<PartState> {
        Part::ALL.iter().map(|&part| self.part(part)).collect()
    }

    fn part(&self, part: Part) -> PartState {
        let mut found = Found { part, issues: Vec::new() };
        let (state, sentence) = match part {
            Part::Service => self.service(&mut found),
            Part::Sync => self.sync(&mut found),
            Part::Licenses => self.licenses(&mut found),
            Part::Use => self.usage(&mut found),
            Part::Alerts => self.alerts(&mut found),
            Part::Configuration => self.configuration(&mut found),
            Part::Storage => self.storage(&mut found),
        };
        let mut issues = found.issues;
        // The order in which they were found stays among equals.
        issues.sort_by_key(|issue| std::cmp::Reverse(issue.level));
        let worst = issues.first().cloned();
        let well = Issue { level: Urgency::Ok, state, sentence, path: part.path().to_owned() };
        let Issue { level, state, sentence, path } = worst.unwrap_or(well);
        PartState { part, level, state, sentence, path, issues }
    }

    fn at(&self, at: Millis) -> String {
        instant_near(at, self.now, &(self.zone)(at))
    }

    fn service(&self, found: &mut Found) -> (String, String) {
        let judged = self.service;
        let name = match judged.situation {
            Situation::Alone => "One server",
            Situation::NoPrimary => "No primary",
            Situation::Normal => "Primary active",
            Situation::NoBackup => "No backup",
            Situation::Drain => "Draining",
            Situation::Drill => "Failover drill",
            Situation::Overlap => "Overlapping use",
            Situation::Failover => "Failover",
            Situation::Unreachable => "Primary unreachable",
            Situation::Failback => "Failing back",
            Situation::Unserved => "No server active",
        };
        let sentence =
            if judged.sentence.is_empty() { "This server has no peers.".to_owned() } else { judged.sentence.clone() };
        match judged.level {
            Urgency::Ok => {}
            // A server without a backup is a choice.
            Urgency::Info if judged.situation == Situation::Alone => {}
            // With what to do first, if anything: whoever reads this may read nothing else.
            level => match judged.steps.first() {
                Some(step) => found.add(level, name, format!("{sentence} {}", step.text)),
                None => found.add(level, name, sentence.clone()),
            },
        }
        (name.to_owned(), sentence)
    }

    fn sync(&self, found: &mut Found) -> (String, String) {
        let sync = &self.sync;
        if !self.registered {
            match self.machine {
                Some((level, sentence)) if level <= Urgency::Info => {
                    if sync.clock_flagged {
                        found.add(
                            Urgency::Warning,
                            "Clock moved",
                            "This machine's clock differs from the time known to have passed. Set the clock; a right one counts after a week of running.",
                        );
                    }
                    return ("Not needed".to_owned(), format!("{sentence} It needs no registration."));
                }
                _ => found.add(
                    Urgency::Warning,
                    "Not registered",
                    "This server is not registered: enter the GUID that the vendor supplied with the license.",
                ),
            }
            return Default::default();
        }
        if let Some(hindrance) = sync.hindrance {
            found.add(Urgency::Warning, "Can't sync", hindrance);
        }
        if let Some(refused) = sync.refused {
            found.add_at(
                Urgency::Critical,
                "Refused",
                format!("The last sync failed. {refused}"),
                "/exchange#registration",
            );
        }
        let lapses = sync.lapses.map(|at| format!(" Without a sync, licenses leave service {}.", self.at(at)));
        let lapses = lapses.unwrap_or_default();
        let rule = self.phase.rule();
        let last = sync.last.map_or_else(|| "Never synced.".to_owned(), |at| format!("Last synced {}.", self.at(at)));
        match self.phase {
            ContactPhase::Unregistered | ContactPhase::InTouch => {}
            ContactPhase::Late => found.add(Urgency::Warning, rule.label, format!("The sync is overdue. {last}")),
            ContactPhase::Reminder => found.add(Urgency::Warning, rule.label, format!("{last}{lapses}")),
            ContactPhase::Urgent | ContactPhase::Final => {
                found.add(Urgency::Critical, rule.label, format!("{last}{lapses}"))
            }
            ContactPhase::Lapsed => {
                found.add(
                    Urgency::Critical,
                    rule.label,
                    format!("{last} Licenses left service; the next sync brings them back."),
                );
            }
        }
        if sync.refused.is_none() && sync.failed_rounds > 0 {
            let attempts = match sync.failed_rounds {
                1 => "The last sync failed: no licensing node gave a valid answer.".to_owned(),
                many => format!("The last {many} syncs failed: no licensing node gave a valid answer."),
            };
            found.add(Urgency::Warning, "Failing", format!("{attempts} {last}"));
        }
        if sync.clock_flagged {
            found.add(
                Urgency::Warning,
                "Clock moved",
                "This machine's clock differs from the time known to have passed. Set the clock, then sync.",
            );
        }
        if sync.last.is_none() && found.issues.is_empty() {
            found.add(Urgency::Warning, "Not synced yet", "This server is registered and has not synced yet.");
        }
        ("Connected".to_owned(), last)
    }

    fn licenses(&self, found: &mut Found) -> (String, String) {
        if let Some((level, sentence)) = self.machine.filter(|(level, _)| *level >= Urgency::Warning) {
            found.add_at(level, "Machine license", sentence, "/licenses#machine");
        }
        self.monitor_license(found);
        let Some(licenses) = &self.licenses else {
            let sentence = match self.machine {
                Some((_, sentence)) => sentence.to_owned(),
                None => "No licenses yet; the first sync brings them.".to_owned(),
            };
            let state = if self.machine.is_some() { "Machine license" } else { "None yet" };
            return (state.to_owned(), sentence);
        };
        if !licenses.over_committed.is_empty() {
            let state = format!("{} over-committed", licenses.over_committed.len());
            let sentence = format!(
                "More is promised to clients than is licensed: {}. It ends as clients return licenses.",
                some(&licenses.over_committed)
            );
            found.add_at(Urgency::Warning, state, sentence, "/licenses?state=active");
        }
        let total = licenses.loaded + licenses.not_loaded;
        if licenses.loaded == 0 {
            let sentence = match total {
                0 => "The vendor has issued no license for this server.".to_owned(),
                _ => format!("None of {} is in service.", count(total, "license", "licenses")),
            };
            found.add(Urgency::Critical, "None in service", sentence);
        } else if licenses.not_loaded > 0 {
            found.add(
                Urgency::Warning,
                format!("{} not loaded", grouped(licenses.not_loaded as u64)),
                format!(
                    "{} of {} not in service; the license list gives the reason.",
                    grouped(licenses.not_loaded as u64),
                    count(total, "license is", "licenses are"),
                ),
            );
        }
        let soon: Vec<&(String, Millis)> =
            licenses.ending.iter().filter(|(_, end)| *end <= self.now.saturating_add(ENDS_SOON)).collect();
        if let Some((product, first)) = soon.first() {
            let level = if *first <= self.now.saturating_add(ENDS_NOW) { Urgency::Critical } else { Urgency::Warning };
            let sentence = match soon.len() {
                1 => format!("{product} expires {}.", self.at(*first)),
                many => format!(
                    "{many} products have a license that expires within 30 days, {product} first, {}.",
                    self.at(*first)
                ),
            };
            found.add(level, format!("{} expiring", soon.len()), sentence);
        }
        let loaded = count(licenses.loaded, "license", "licenses");
        let next = licenses.ending.first();
        let end = next.map(|(product, end)| format!(" The next to expire is {product}, {}.", self.at(*end)));
        (
            format!("{} in service", grouped(licenses.loaded as u64)),
            format!("{loaded} in service.{}", end.unwrap_or_default()),
        )
    }

    fn monitor_license(&self, found: &mut Found) {
        let standing = &self.monitor.standing;
        let (level, sentence) = (standing.level(self.now), standing.sentence(self.now, self.zone));
        let state = match standing {
            Standing::Locking { .. } => "Records locked",
            Standing::Grace { .. } => "Monitor license",
            Standing::NotNeeded | Standing::Licensed { .. } => "Monitor license expiring",
        };
        let sentence = match standing.violation() {
            Some(violation) => format!("{sentence} {}", violation.to_do()),
            None => format!("The license of the usage monitor ends soon. {sentence}"),
        };
        if level >= Urgency::Warning {
            found.add_at(level, state, sentence, "/database#monitor-license");
        }
    }

    fn usage(&self, found: &mut Found) -> (String, String) {
        if self.denials_today > 0 {
            let denials = count(self.denials_today, "denial", "denials");
            found.add(
                Urgency::Warning,
                format!("{denials} today"),
                match self.at_limit {
                    [] => format!("{denials} since midnight."),
                    at_limit => format!("{denials} since midnight. All in use: {}.", some(at_limit)),
                },
            );
        } else if !self.at_limit.is_empty() {
            found.add_at(
                Urgency::Info,
                format!("{} at the limit", self.at_limit.len()),
                format!("All licenses in use: {}.", some(self.at_limit)),
                "/clients",
            );
        }
        ("Within limits".to_owned(), "No denials today.".to_owned())
    }

    fn alerts(&self, found: &mut Found) -> (String, String) {
        if !self.firing.is_empty() {
            let firing = count(self.firing.len(), "alert is", "alerts are");
            found.add(
                Urgency::Critical,
                format!("{} firing", self.firing.len()),
                format!("{firing} firing: {}.", some(self.firing)),
            );
        }
        if !self.acknowledged.is_empty() {
            let firing = count(self.acknowledged.len(), "acknowledged alert is", "acknowledged alerts are");
            found.add(
                Urgency::Info,
                format!("{} acknowledged", self.acknowledged.len()),
                format!("{firing} still firing: {}.", some(self.acknowledged)),
            );
        }
        match self.rules {
            0 => ("No rules yet".to_owned(), "Nobody is notified when something goes wrong.".to_owned()),
            rules => ("None firing".to_owned(), format!("{} on, none firing.", count(rules, "rule is", "rules are"))),
        }
    }

    fn configuration(&self, found: &mut Found) -> (String, String) {
        if let Some(problem) = self.conf_problem {
            found.add(Urgency::Critical, "Unreadable", format!("The configuration file can't be read. {problem}"));
        }
        if let Some(at) = self.changed_outside {
            let sentence = format!(
                "The file was changed outside Leasehold {}. Keep the change, or restore the revision before it.",
                self.at(at)
            );
            found.add_at(Urgency::Warning, "Changed outside", sentence, "/configuration/outside");
        }
        let (errors, warnings) = self.findings;
        if errors > 0 {
            let settings = count(errors, "setting has", "settings have");
            found.add(
                Urgency::Warning,
                count(errors, "error", "errors"),
                format!("{settings} a value that can't be used."),
            );
        }
        if !self.restart.is_empty() {
            let takes = if self.restart.len() == 1 { "takes" } else { "take" };
            found.add(
                Urgency::Warning,
                "Restart required",
                format!("{} {takes} effect after a restart of Leasehold.", some(self.restart)),
            );
        }
        if warnings > 0 {
            let settings = count(warnings, "setting has", "settings have");
            found.add(Urgency::Info, count(warnings, "warning", "warnings"), format!("{settings} a warning."));
        }
        ("Valid".to_owned(), "Every setting can be used.".to_owned())
    }

    /// When the last backup was made, as the end of a sentence; what is wrong with backups is found.
    fn backup(&self, backup: &BackupFacts, found: &mut Found) -> String {
        let last = match backup.last {
            Some(at) => format!("Last backup: {}.", self.at(at)),
            None => "No backup yet.".to_owned(),
        };
        let is_overdue = backup.none_since.is_some_and(|at| self.now.saturating_sub(at) >= BACKUP_OVERDUE);
        if let Some(problem) = &backup.problem {
            let sentence = format!("The last backup failed. {problem} {last}");
            found.add_at(Urgency::Warning, "Backup failed", sentence, BACKUPS);
        } else if is_overdue {
            found.add_at(Urgency::Warning, "Backup overdue", format!("{last} One is due every day."), BACKUPS);
        }
        format!(" {last}")
    }

    fn storage(&self, found: &mut Found) -> (String, String) {
        let storage = &self.storage;
        if let Some(trouble) = &storage.trouble {
            found.add(Urgency::Critical, "Can't be written", trouble.clone());
        }
        if let Some(broken) = &storage.audit_broken {
            found.add_at(Urgency::Critical, "Audit chain broken", broken.clone(), "/audit");
        }
        let MonitorFacts { locked, files, coverable, .. } = self.monitor;
        if locked > 0 {
            let records = count(locked, "record", "records");
            let what_next = match coverable {
                0 => "The Database page says which license unlocks them.",
                _ => "A license covers some of them: unlock them on the Database page.",
            };
            let (files, are) = (count(files, "file", "files"), if locked == 1 { "is" } else { "are" });
            let sentence = format!("{records} in {files} {are} locked and missing from the Usage reports. {what_next}");
            found.add_at(Urgency::Warning, format!("{} locked", grouped(locked)), sentence, "/database#locked");
        }
        let free = storage.free.map(bytes);
        match storage.free {
            Some(..DISK_FULL) => found.add(
                Urgency::Critical,
                "Disk full",
                format!("{} free where the data is.", bytes(storage.free.unwrap_or(0))),
            ),
            Some(..DISK_LOW) => found.add(
                Urgency::Warning,
                "Disk low",
                format!("{} free where the data is.", bytes(storage.free.unwrap_or(0))),
            ),
            _ => {}
        }
        if !storage.failing_tasks.is_empty() {
            found.add(
                Urgency::Critical,
                "Background task failing",
                format!("Restarted again and again: {}. The log has the reason.", some(&storage.failing_tasks)),
            );
        }
        let backup = storage.backup.as_ref().map(|backup| self.backup(backup, found)).unwrap_or_default();
        match free {
            Some(free) => (
                format!("{free} free"),
                format!("The database is writable, the audit chain unbroken, {free} free.{backup}"),
            ),
            None => {
                ("Writable".to_owned(), format!("The database is writable, and the audit chain is unbroken.{backup}"))
            }
        }
    }
}

/// Where the console shows backups.
const BACKUPS: &str = "/database";

/// What was found of one part.
struct Found {
    part: Part,
    issues: Vec<Issue>,
}

impl Found {
    fn add(&mut self, level: Urgency, state: impl Into<String>, sentence: impl Into<String>) {
        self.add_at(level, state, sentence, self.part.path());
    }

    fn add_at(&mut self, level: Urgency, state: impl Into<String>, sentence: impl Into<String>, path: &str) {
        self.issues.push(Issue { level, state: state.into(), sentence: sentence.into(), path: path.to_owned() });
    }
}

/// The first few by name, the rest counted: "A, B, C and 4 more".
fn some(names: &[String]) -> String {
    let (named, rest) = names.split_at(names.len().min(NAMED));
    let rest = (!rest.is_empty()).then(|| format!("{} more", grouped(rest.len() as u64)));
    list(named.iter().cloned().chain(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::{GRACE, Violation};

    const NOW: Millis = 1_796_000_000_000;

    fn utc(_: Millis) -> Zone {
        Zone::utc()
    }

    /// A server with nothing wrong.
    fn well(service: &Judgement) -> Facts<'_> {
        Facts {
            service,
            registered: true,
            machine: None,
            phase: ContactPhase::InTouch,
            sync: SyncFacts { last: Some(NOW - 3_600_000), ..SyncFacts::default() },
            licenses: Some(LicenseFacts { loaded: 12, ..LicenseFacts::default() }),
            at_limit: &[],
            denials_today: 0,
            firing: &[],
            acknowledged: &[],
            rules: 3,
            conf_problem: None,
            changed_outside: None,
            findings: (0, 0),
            restart: &[],
            storage: StorageFacts { free: Some(40 * DISK_LOW), ..StorageFacts::default() },
            monitor: MonitorFacts::default(),
            now: NOW,
            zone: &utc,
        }
    }

    fn part(facts: &Facts<'_>, part: Part) -> PartState {
        facts.judge().into_iter().find(|state| state.part == part).unwrap()
    }

    #[test]
    fn what_is_well_is_quiet() {
        let service = Judgement::default();
        let judged = well(&service).judge();
        assert_eq!(judged.iter().map(|state| state.part).collect::<Vec<_>>(), Part::ALL);
        for state in judged {
            assert_eq!((state.level, state.urgent()), (Urgency::Ok, 0), "{state:?}");
            assert!(!state.state.is_empty() && state.sentence.ends_with('.'), "{state:?}");
        }
    }

    #[test]
    fn a_failover_is_told_in_the_words_of_the_judgement() {
        let service = Judgement {
            situation: Situation::Failover,
            level: Urgency::Critical,
            sentence: "lic-02 is serving 5 clients.".to_owned(),
            ..Judgement::default()
        };
        let state = part(&well(&service), Part::Service);
        assert_eq!(
            (state.level, state.state.as_str(), state.sentence.as_str()),
            (Urgency::Critical, "Failover", "lic-02 is serving 5 clients.")
        );
        assert_eq!(state.path, "/servers");
    }

    #[test]
    fn a_refusal_comes_before_the_days_and_says_what_the_node_said() {
        let service = Judgement::default();
        let mut facts = well(&service);
        facts.phase = ContactPhase::Late;
        facts.sync.failed_rounds = 3;
        facts.sync.refused = Some("The node a.example:443 refused: The auth string is wrong.");
        let state = part(&facts, Part::Sync);
        assert_eq!((state.level, state.state.as_str()), (Urgency::Critical, "Refused"));
        assert_eq!(state.sentence, "The last sync failed. The node a.example:443 refused: The auth string is wrong.");
        assert_eq!(state.path, "/exchange#registration", "where it is corrected");
        assert_eq!(state.issues.iter().map(|issue| issue.state.as_str()).collect::<Vec<_>>(), ["Refused", "Overdue"]);
    }

    #[test]
    fn a_server_that_never_synced_is_not_well_and_says_what_is_missing() {
        let service = Judgement::default();
        let mut facts = well(&service);
        (facts.sync.last, facts.licenses) = (None, None);
        assert_eq!(part(&facts, Part::Sync).state, "Not synced yet");
        facts.sync.hindrance = Some("This server trusts no vendor key yet.");
        let state = part(&facts, Part::Sync);
        assert_eq!((state.level, state.state.as_str()), (Urgency::Warning, "Can't sync"));
        assert_eq!(state.sentence, "This server trusts no vendor key yet.");
    }

    #[test]
    fn a_license_that_ends_is_named_with_its_date() {
        let service = Judgement::default();
        for (days, level, issues) in [(5, Urgency::Critical, 1), (20, Urgency::Warning, 1), (31, Urgency::Ok, 0)] {
            let mut facts = well(&service);
            facts.licenses.as_mut().unwrap().ending = vec![("TTS3".to_owned(), NOW + days * DAY)];
            let state = part(&facts, Part::Licenses);
            assert_eq!((state.level, state.urgent()), (level, issues), "{days} days");
            assert!(state.sentence.contains("TTS3"), "{}", state.sentence);
        }
        let mut facts = well(&service);
        let licenses = facts.licenses.as_mut().unwrap();
        (licenses.not_loaded, licenses.over_committed) = (2, vec!["ASR".to_owned()]);
        let state = part(&facts, Part::Licenses);
        assert_eq!(
            state.issues.iter().map(|issue| issue.state.as_str()).collect::<Vec<_>>(),
            ["1 over-committed", "2 not loaded"]
        );
    }

    #[test]
    fn denials_restart_and_alerts_reach_their_parts() {
        let service = Judgement::default();
        let (limit, restart) = (["TTS3".to_owned()], ["Port for license clients".to_owned()]);
        let firing: Vec<String> = ["lic-02 is not responding", "a", "b", "c", "d"].map(str::to_owned).into();
        let mut facts = well(&service);
        (facts.at_limit, facts.denials_today, facts.restart, facts.firing) = (&limit, 1, &restart, &firing);
        facts.changed_outside = Some(NOW);
        assert_eq!(part(&facts, Part::Use).sentence, "1 denial since midnight. All in use: TTS3.");
        let configuration = part(&facts, Part::Configuration);
        assert_eq!(configuration.urgent(), 2);
        assert_eq!(
            configuration.issues[1].sentence,
            "Port for license clients takes effect after a restart of Leasehold."
        );
        assert_eq!(
            part(&facts, Part::Alerts).sentence,
            "5 alerts are firing: lic-02 is not responding, a, b and 2 more."
        );
    }

    #[test]
    fn an_acknowledged_alert_is_listed_and_no_longer_urgent() {
        let service = Judgement::default();
        let acknowledged = ["lic-02 is not responding".to_owned()];
        let mut facts = well(&service);
        facts.acknowledged = &acknowledged;
        let state = part(&facts, Part::Alerts);
        assert_eq!((state.level, state.state.as_str(), state.urgent()), (Urgency::Info, "1 acknowledged", 0));
        assert_eq!(state.sentence, "1 acknowledged alert is still firing: lic-02 is not responding.");
        let firing = ["Disk space is low".to_owned()];
        facts.firing = &firing;
        let state = part(&facts, Part::Alerts);
        assert_eq!((state.level, state.issues.len(), state.urgent()), (Urgency::Critical, 2, 1));
        assert_eq!(state.path, "/alerts");
    }

    #[test]
    fn a_disk_that_fills_and_a_chain_that_broke_are_critical() {
        let service = Judgement::default();
        let mut facts = well(&service);
        facts.storage.free = Some(DISK_FULL - 1);
        facts.storage.trouble = Some("The disk with the data folder is full.".to_owned());
        facts.storage.audit_broken = Some("The audit log was altered at entry 7, or before it.".to_owned());
        let state = part(&facts, Part::Storage);
        assert_eq!((state.level, state.state.as_str(), state.urgent()), (Urgency::Critical, "Can't be written", 3));
        assert_eq!(state.issues[1].path, "/audit");
        facts.storage = StorageFacts { free: Some(DISK_LOW - 1), ..StorageFacts::default() };
        assert_eq!(part(&facts, Part::Storage).level, Urgency::Warning);
    }

    #[test]
    fn a_violation_of_the_monitor_license_and_locked_records_lead_to_the_database_page() {
        let service = Judgement::default();
        let mut facts = well(&service);
        // Also where no application takes a license from this server.
        facts.licenses = None;
        let (violation, since) = (Violation::Expired, NOW - DAY);
        for (standing, level, state) in [
            (Standing::Licensed { users: 50, until: NOW + 31 * DAY }, Urgency::Ok, "None yet"),
            (Standing::Licensed { users: 50, until: NOW + DAY }, Urgency::Warning, "Monitor license expiring"),
            (Standing::Grace { violation, since, ends: since + GRACE }, Urgency::Warning, "Monitor license"),
            (Standing::Locking { violation, since: NOW - GRACE }, Urgency::Critical, "Records locked"),
        ] {
            facts.monitor.standing = standing;
            let told = part(&facts, Part::Licenses);
            assert_eq!((told.level, told.state.as_str()), (level, state));
            if level > Urgency::Ok {
                assert_eq!(told.path, "/database#monitor-license");
            }
        }
        assert!(part(&facts, Part::Licenses).sentence.ends_with(Violation::Expired.to_do()));
        facts.monitor = MonitorFacts { locked: 1, files: 1, ..MonitorFacts::default() };
        let told = part(&facts, Part::Storage);
        assert_eq!(
            (told.level, told.state.as_str(), told.path.as_str()),
            (Urgency::Warning, "1 locked", "/database#locked")
        );
        assert_eq!(
            told.sentence,
            "1 record in 1 file is locked and missing from the Usage reports. The Database page says which license unlocks them."
        );
        facts.monitor = MonitorFacts { locked: 1_200, files: 2, coverable: 1, ..MonitorFacts::default() };
        assert!(part(&facts, Part::Storage).sentence.ends_with("unlock them on the Database page."));
    }

    #[test]
    fn the_last_backup_is_told_and_one_that_failed_or_is_overdue_needs_attention() {
        let service = Judgement::default();
        let mut facts = well(&service);
        let of = |last, none_since, problem: Option<&str>| {
            Some(BackupFacts { last, none_since, problem: problem.map(str::to_owned) })
        };
        facts.storage.backup = of(Some(NOW - 3_600_000), Some(NOW - 3_600_000), None);
        let state = part(&facts, Part::Storage);
        assert_eq!(state.level, Urgency::Ok);
        assert!(state.sentence.contains("Last backup: "), "{state:?}");
        facts.storage.backup = of(None, Some(NOW - BACKUP_OVERDUE + 1), None);
        assert!(part(&facts, Part::Storage).sentence.ends_with("No backup yet."));
        facts.storage.backup = of(None, Some(NOW - BACKUP_OVERDUE), None);
        let state = part(&facts, Part::Storage);
        assert_eq!(
            (state.level, state.state.as_str(), state.path.as_str()),
            (Urgency::Warning, "Backup overdue", "/database")
        );
        facts.storage.backup = of(Some(NOW), Some(NOW), Some("The disk is full."));
        let state = part(&facts, Part::Storage);
        assert_eq!((state.level, state.state.as_str()), (Urgency::Warning, "Backup failed"));
        assert!(state.sentence.starts_with("The last backup failed. The disk is full. Last backup: "), "{state:?}");
        facts.storage.backup = of(Some(NOW - 30 * BACKUP_OVERDUE), None, None);
        assert_eq!(part(&facts, Part::Storage).level, Urgency::Ok, "without a schedule nothing is due");
    }

    #[test]
    fn a_server_for_one_machine_needs_no_registration() {
        let service = Judgement::default();
        let mut facts = well(&service);
        (facts.registered, facts.licenses) = (false, None);
        assert_eq!(part(&facts, Part::Sync).state, "Not registered");
        facts.machine = Some((Urgency::Ok, "The license of this machine is in force."));
        assert_eq!(part(&facts, Part::Sync).level, Urgency::Ok);
        assert_eq!(part(&facts, Part::Licenses).level, Urgency::Ok);
        facts.sync.clock_flagged = true;
        assert_eq!(part(&facts, Part::Sync).state, "Clock moved");
    }
}
