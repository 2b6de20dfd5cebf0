//! Collects the signals for the rules.

use licensing::alerts::{Amount, BackupSignal, Levels, Signals, Subject};
use licensing::bundle::LicenseStatus;
use licensing::contact::{DAY, Millis};
use licensing::monitor::{GRACE, Standing, Violation};
use licensing::peers::{PeerLiveness, Role};

use crate::Engine;
use crate::attention::not_loaded;
use crate::peers::{InstallationPicture, InstallationServer};

/// Licenses that expire later than this matter to no rule, milliseconds: the longest a rule may look ahead, plus a day.
const HORIZON: i64 = 366 * DAY;

/// A silence is rounded to this, milliseconds, so that jitter is not a change.
const PRECISION: i64 = 10_000;

/// Free space is rounded down to this, megabytes, so that each written page is not a change.
const DISK_STEP_MB: u64 = 100;

/// No rule looks at use below this, percent.
const LEAST_USE: u64 = 45;

impl Engine {
    /// All signals, now.
    pub fn signals(&self) -> Signals {
        let contact = self.contact();
        let found = self.attention.found();
        let conf = self.conf();
        let licenses = self.standings();
        let file = std::path::Path::new(&conf.path)
            .file_name()
            .map_or_else(|| conf.path.clone(), |name| name.to_string_lossy().into_owned());
        let edit = conf.outside.map(|outside| Subject { name: file, at_ms: Some(outside.at) });
        let restarted = self.tasks.restarted().into_iter().map(|(task, count)| amount(task, count));
        let (backups, none_since) = self.backup_facts();
        let off = |all| not_loaded(all).into_iter().map(|(product, count)| amount(&product, count)).collect();
        Signals {
            days_since_sync: contact.days(),
            expiring: self.expiring(contact.high_water),
            clock_flagged: Some(contact.flagged.is_some()),
            not_loaded: licenses.as_deref().map(off),
            outside: Some(edit.into_iter().collect()),
            refused: self.refused(),
            audit_broken: found.audit,
            restarted: Some(restarted.collect()),
            monitor: self.violations(),
            backup: none_since
                .map(|none_since| BackupSignal { none_since, problem: backups.problem.unwrap_or_default() }),
            levels: Levels {
                disk_free_mb: found.free.map(|free| free / 1_000_000 / DISK_STEP_MB * DISK_STEP_MB),
                in_use: licenses.map(|_| self.in_use()),
                denials: found.denials,
                locked: Some(self.locked_records()),
            },
            ..self.alerts.observed().clone()
        }
    }

    /// Adds the signals of peers, of clients in their grace period, and of this server's hours.
    pub(super) fn observe(&self) {
        let picture = self.peers.picture();
        let silent = |server: &InstallationServer| {
            let seen = server.last_seen_ms.unwrap_or(self.started_at);
            (!matches!(server.state, PeerLiveness::Up(_))).then_some(seen.div_euclid(PRECISION) * PRECISION)
        };
        let peers = picture.others().map(|server| Subject { name: server.name.clone(), at_ms: silent(server) });
        let grace = self.in_grace();
        let grace = grace.into_iter().map(|client| Subject { name: client.name, at_ms: Some(client.until_ms) });
        let view = self.countdown.view();
        let has_hours = view.serial > 0;
        // Before the first picture nothing is known of peers.
        let is_known = !picture.servers.is_empty();
        *self.alerts.observed() = Signals {
            peers: is_known.then(|| peers.collect()),
            grace: Some(grace.collect()),
            hours_left_ms: has_hours.then_some(view.balance_ms),
            countdown_running: has_hours.then_some(view.running_since.is_some()),
            failover: self.failed_over(&picture),
            ..Signals::default()
        };
    }

    /// Backups that serve clients nobody sent to them; `None` while that is unknown.
    pub(super) fn failed_over(&self, picture: &InstallationPicture) -> Option<Vec<Subject>> {
        let own = picture.servers.first()?;
        // A backup that doesn't respond may serve or not.
        if picture.stale_since.is_some() && own.role != Role::Backup {
            return None;
        }
        let judged = self.judge_service(picture);
        let serves = |server: &&InstallationServer| server.role == Role::Backup && judged.active.contains(&server.name);
        let backups = picture.servers.iter().filter(|_| judged.situation.is_failover()).filter(serves);
        Some(backups.map(|server| Subject { name: server.name.clone(), at_ms: None }).collect())
    }

    /// Violations of the monitor license that last, and from when each locks records; `None` where there never was one.
    fn violations(&self) -> Option<Vec<Subject>> {
        let monitor = self.monitor();
        let lasting = |(violation, since): (Violation, Millis)| Subject {
            name: violation.label().to_lowercase(),
            at_ms: Some(since.saturating_add(GRACE)),
        };
        (monitor.standing != Standing::NotNeeded).then(|| monitor.state.lasting().map(lasting).collect())
    }

    /// What a node answered when it refused the last sync; empty when none did, `None` while that is unknown.
    fn refused(&self) -> Option<String> {
        let sync = self.sync_state();
        if sync.failed_rounds > 0 {
            // A round that reached no node says nothing about a refusal.
            return sync.refusal();
        }
        // A server that was restarted within a day of its last sync has had no reason to try again.
        let is_recent = |last: Millis| (0..DAY).contains(&(self.clock.now_ms() - last));
        (sync.round.is_some() || sync.last_ms.is_some_and(is_recent)).then(String::new)
    }

    /// Products of which much is in use, percent of what is licensed.
    fn in_use(&self) -> Vec<Amount> {
        let pools = self.pools().into_iter();
        let used = pools.filter_map(|pool| Some(Amount { number: pool.percent()?, name: pool.product }));
        used.filter(|used| used.number >= LEAST_USE).collect()
    }

    /// Licenses of this server that expire or have expired; `None` while it has no licenses.
    fn expiring(&self, now: i64) -> Option<Vec<Subject>> {
        let all = self.standings()?;
        if all.items.iter().any(|item| item.verdict.standing == LicenseStatus::OtherServer) {
            return None;
        }
        let mut expiring: Vec<Subject> = all
            .items
            .iter()
            .filter(|item| item.verdict.standing != LicenseStatus::WrongContext)
            .filter_map(|item| {
                let end = item.license.expires.filter(|end| *end <= now.saturating_add(HORIZON))?;
                Some(Subject { name: item.license.product.to_string(), at_ms: Some(end) })
            })
            .collect();
        expiring.sort_by(|a, b| (&a.name, a.at_ms).cmp(&(&b.name, b.at_ms)));
        expiring.dedup_by(|later, first| later.name == first.name);
        Some(expiring)
    }
}

fn amount(name: &str, count: usize) -> Amount {
    Amount { name: name.to_owned(), number: count as u64 }
}
