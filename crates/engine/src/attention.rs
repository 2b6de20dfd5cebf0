//! What needs attention: the facts this server knows, judged by `licensing::attention`.
//!
//! What is in memory is read when it is asked for. What needs the disk (a committed row, free space, the audit chain, denials of the day,
//! the registration) is looked at by a task.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use licensing::alerts::Amount;
use licensing::attention::{
    BackupFacts, DISK_EXHAUSTED, Facts, LicenseFacts, MonitorFacts, PartState, StorageFacts, SyncFacts,
};
use licensing::bundle::LicenseStatus;
use licensing::conf::check::Severity;
use licensing::conf::setting;
use licensing::conf::view::{SettingOverride, SettingView};
use licensing::contact::Millis;
use licensing::service::Urgency;

use crate::Engine;
use crate::exchange::Licenses;
use crate::locked::{Coverage, LockedFile};
use crate::service::local_zone;
use crate::tasks::ticks;

/// Time between two looks at the disk.
pub const EVERY: Duration = Duration::from_secs(5);
/// A committed row older than this means that nothing can be stored, milliseconds of the monotonic clock.
const STORED_WITHIN: i64 = 15_000;
/// Alerts count denials of this time, milliseconds.
const HOUR: Millis = 60 * 60 * 1_000;

/// The setting of the conf file that takes effect with a start.
const PORT: &str = "port_number";

/// What the last look at the disk found.
#[derive(Debug, Default)]
pub(crate) struct Attention {
    found: Mutex<Found>,
    /// The port for license clients as it was when this server started: another takes effect with the next start.
    started_with: OnceLock<u16>,
    /// Settings of the conf file that a flag or the environment overrides, by key.
    overridden: OnceLock<Vec<(&'static str, SettingOverride)>>,
    /// What the licenses came to when they were last counted.
    licenses: Mutex<Option<(Arc<Licenses>, LicenseFacts)>>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// When a row was last committed, on the monotonic clock, or first could not be; none before the first look.
    stored_at: Option<i64>,
    /// Why the last look could not commit a row.
    trouble: Option<String>,
    pub(crate) free: Option<u64>,
    /// Where the audit chain is broken, in a sentence; empty when it is whole, none before it was checked.
    pub(crate) audit: Option<String>,
    /// What is missing before anything can be sent to the nodes.
    hindrance: Option<String>,
    denials_today: u64,
    /// Files with locked records, and those of which a license covers some; none before the first look.
    locked: Option<(usize, usize)>,
    /// Products with denials within the last hour, and how many; none before the first look.
    pub(crate) denials: Option<Vec<Amount>>,
    alerts: AlertsFound,
}

/// What the rules say.
#[derive(Debug, Clone, Default)]
struct AlertsFound {
    /// Headlines of what fires and nobody has acknowledged.
    firing: Vec<String>,
    /// Headlines of what fires and somebody has acknowledged.
    acknowledged: Vec<String>,
    /// Number of rules that are on.
    rules: usize,
}

impl Attention {
    pub(crate) fn found(&self) -> Found {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Called on each read of the identity, so that no page shows two states of it.
    pub(crate) fn note_hindrance(&self, hindrance: Option<String>) {
        self.note(|found| found.hindrance = hindrance);
    }

    fn note(&self, change: impl FnOnce(&mut Found)) {
        change(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Engine {
    /// Looks at the disk. One task of the list.
    pub async fn keep_attention(self: Arc<Self>) {
        // Apart: what takes long, such as a walk of a long audit log, must not make the disk look slow.
        let storing = async {
            let mut ticks = ticks(EVERY);
            loop {
                ticks.tick().await;
                self.look_at_disk().await;
            }
        };
        let looking = async {
            let mut ticks = ticks(EVERY);
            loop {
                ticks.tick().await;
                self.look_at_the_rest().await;
            }
        };
        tokio::join!(storing, looking);
    }

    /// Looks at everything once.
    pub async fn look_at_storage(&self) {
        self.look_at_disk().await;
        self.look_at_the_rest().await;
    }

    async fn look_at_disk(&self) {
        let free = free_space(&self.folder);
        let stored = self.store_a_row().await;
        let now = self.clock.mono_ms();
        let was_storing = self.attention.found().trouble.is_none();
        self.attention.note(|found| {
            found.free = free;
            match &stored {
                Ok(()) => (found.stored_at, found.trouble) = (Some(now), None),
                Err(error) => {
                    found.stored_at.get_or_insert(now);
                    found.trouble = Some(storage::store::refusal(error));
                }
            }
        });
        match &stored {
            Ok(()) => self.session_store().store_kept().await,
            Err(error) if was_storing => tracing::error!(%error, "the database takes no changes"),
            Err(_) => {}
        }
    }

    async fn look_at_the_rest(&self) {
        let verdict = self.audit.verdict(self.clock.now_ms()).await;
        let denials = self.denials_since(midnight(self.clock.now_ms())).await;
        let denied = self.denied_products(self.clock.now_ms() - HOUR).await;
        let locked = if self.locked_records() == 0 { Ok(Vec::new()) } else { self.locked_files().await };
        self.look_at_firing().await;
        // Leaves a note of its own.
        let _ = self.identity().await;
        self.attention.note(|found| {
            if let Ok((verdict, _)) = verdict {
                found.audit = Some(verdict.sentence().unwrap_or_default());
            }
            found.denials_today = denials.unwrap_or(found.denials_today);
            if let Ok(files) = locked {
                let locked = || files.iter().filter(|file| file.locked() > 0);
                let is_covered =
                    |file: &&LockedFile| matches!(file.coverage, Coverage::Covered | Coverage::Partly { .. });
                found.locked = Some((locked().count(), locked().filter(is_covered).count()));
            }
            found.denials = denied.ok().or(found.denials.take());
        });
    }

    /// Notes what fires, for every page. What can't be read stays as it was.
    pub(crate) async fn look_at_firing(&self) {
        let Ok(rules) = self.alert_rules().await else { return };
        let mut alerts = AlertsFound::default();
        for rule in rules.iter().filter(|rule| rule.enabled) {
            let (firing, acknowledged) = rule.rule.headlines(&rule.state);
            alerts.firing.extend(firing);
            alerts.acknowledged.extend(acknowledged);
            alerts.rules += 1;
        }
        self.attention.note(|found| found.alerts = alerts);
    }

    async fn store_a_row(&self) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        sqlx::query("INSERT INTO storage_check (id, at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET at = ?1")
            .bind(self.clock.now_ms())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    async fn denials_since(&self, at: Millis) -> Result<u64, sqlx::Error> {
        sqlx::query_scalar("SELECT coalesce(sum(count), 0) FROM usage_denials WHERE minute >= ?1 AND at >= ?2")
            .bind(at.div_euclid(60_000))
            .bind(at)
            .fetch_one(self.store.read())
            .await
    }

    async fn denied_products(&self, since: Millis) -> Result<Vec<Amount>, sqlx::Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT product, sum(count) FROM usage_denials JOIN usage_series ON usage_series.id = series
             WHERE minute >= ?1 GROUP BY product ORDER BY product",
        )
        .bind(since.div_euclid(60_000))
        .fetch_all(self.store.read())
        .await?;
        Ok(rows.into_iter().map(|(name, sum)| Amount { name, number: u64::try_from(sum).unwrap_or(0) }).collect())
    }

    /// Why nothing can be stored, in a sentence; `None` while changes are committed, as far as is known.
    pub fn storage_trouble(&self) -> Option<String> {
        let found = self.attention.found();
        if found.trouble.is_some() {
            return found.trouble;
        }
        // Before the first look nothing speaks against it.
        if found.stored_at.is_some_and(|at| self.clock.mono_ms() - at >= STORED_WITHIN) {
            return Some("The database has taken no changes for some time: the disk may hang.".to_owned());
        }
        (!self.leases.is_storing()).then(|| "The last grant of a license could not be stored.".to_owned())
    }

    /// Notes that something could not be stored, until the next look stores something.
    pub fn note_unstored(&self, error: &sqlx::Error) {
        self.attention.note(|found| found.trouble = Some(storage::store::refusal(error)));
    }

    /// Why the next commit may fail for want of space, in a sentence.
    pub fn space_trouble(&self) -> Option<String> {
        let free = self.attention.found().free.filter(|free| *free < DISK_EXHAUSTED)?;
        Some(format!("The disk with the data folder is full: {free} bytes are free."))
    }

    /// Whether the audit chain is broken, or ever was, as far as is known.
    pub fn is_audit_broken(&self) -> bool {
        self.attention.found().audit.is_some_and(|broken| !broken.is_empty())
    }

    /// Settings of the conf file that do not count, because a flag or the environment says otherwise. The first call counts.
    pub fn override_settings(&self, settings: Vec<(&'static str, SettingOverride)>) {
        let _ = self.attention.overridden.set(settings);
    }

    /// What overrides a setting of the conf file; none if the file decides.
    pub fn overridden(&self, key: &str) -> Option<&SettingOverride> {
        let all = self.attention.overridden.get()?;
        all.iter().find(|(overridden, _)| overridden.eq_ignore_ascii_case(key)).map(|(_, by)| by)
    }

    /// Whether a setting was changed since this server started, and takes effect with the next start.
    fn waits_for_restart(&self, key: &str) -> bool {
        let now = self.conf().effective.port_number;
        key == PORT
            && self.attention.started_with.get().is_some_and(|then| *then != now)
            && self.overridden(key).is_none()
    }

    /// Labels of settings that were changed since this server started and take effect with the next start.
    pub fn restart_required(&self) -> Vec<String> {
        let waits = self.waits_for_restart(PORT);
        waits.then(|| setting::find(PORT).map(|setting| setting.label.to_owned())).flatten().into_iter().collect()
    }

    /// The settings of a version of the conf file, with what counts on this server.
    pub fn settings_of(&self, mut all: Vec<SettingView>) -> Vec<SettingView> {
        for setting in &mut all {
            setting.overridden = self.overridden(&setting.key).cloned();
            setting.restart_required = self.waits_for_restart(&setting.key);
        }
        all
    }

    /// Remembers the settings that take effect with a start.
    pub(crate) fn note_start(&self) {
        let _ = self.attention.started_with.set(self.conf().effective.port_number);
    }

    /// Every part of the installation, as it is now.
    pub fn attention(&self) -> Vec<PartState> {
        let conf = self.conf();
        let findings = conf.findings();
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let warnings = findings.iter().filter(|finding| finding.severity == Severity::Warning).count();
        let contact = self.contact();
        let sync = self.sync_state();
        let refused = sync.refusal();
        let machine = self.ve.current().map(|_| self.ve.standing());
        let machine = machine.map(|standing| {
            let level = if standing.in_force() { Urgency::Ok } else { Urgency::Critical };
            (level, standing.sentence())
        });
        let found = self.attention.found();
        let pools = self.pools();
        let at_limit = pools.iter().filter(|pool| pool.percent().is_some_and(|percent| percent >= 100));
        let at_limit: Vec<String> = at_limit.map(|pool| pool.product.clone()).collect();
        let conf_problem = conf.problem.as_ref().map(ToString::to_string);
        let service = self.service();
        let (files, coverable) = found.locked.unwrap_or_default();
        let locked = if files == 0 { 0 } else { self.locked_records() };
        let monitor = MonitorFacts { standing: self.monitor().standing, locked, files, coverable };
        let (backups, none_since) = self.backup_facts();
        let is_known = none_since.is_some() || backups.last_good.is_some() || backups.problem.is_some();
        let backup = BackupFacts { last: backups.last_good, none_since, problem: backups.problem };
        Facts {
            service: &service,
            registered: conf.effective.registered() && conf.problem.is_none(),
            machine: machine.as_ref().map(|(level, sentence)| (*level, sentence.as_str())),
            phase: contact.phase(),
            sync: SyncFacts {
                last: contact.last_verified,
                lapses: contact.lapses_at(),
                failed_rounds: sync.failed_rounds,
                refused: refused.as_deref(),
                hindrance: found.hindrance.as_deref(),
                clock_flagged: contact.flagged.is_some(),
            },
            licenses: self.license_facts(),
            at_limit: &at_limit,
            denials_today: found.denials_today,
            firing: &found.alerts.firing,
            acknowledged: &found.alerts.acknowledged,
            rules: found.alerts.rules,
            conf_problem: conf_problem.as_deref(),
            changed_outside: conf.outside.as_ref().map(|outside| outside.at),
            findings: (errors, warnings),
            restart: &self.restart_required(),
            storage: StorageFacts {
                free: found.free,
                trouble: self.storage_trouble(),
                audit_broken: found.audit.filter(|broken| !broken.is_empty()),
                failing_tasks: self.tasks.failing().into_iter().map(|(name, _)| name.to_owned()).collect(),
                backup: is_known.then_some(backup),
            },
            monitor,
            now: self.clock.now_ms(),
            zone: &local_zone,
        }
        .judge()
    }

    pub(crate) fn license_facts(&self) -> Option<LicenseFacts> {
        let mut facts = self.attention.license_facts(&self.standings()?);
        let over = self.leases.over_committed();
        facts.over_committed = over.iter().map(ToString::to_string).collect();
        Some(facts)
    }
}

impl Attention {
    /// What the licenses come to: as it was, while they stand as they did.
    fn license_facts(&self, all: &Arc<Licenses>) -> LicenseFacts {
        let mut last = self.licenses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, facts)) = last.as_ref()
            && Arc::ptr_eq(of, all)
        {
            return facts.clone();
        }
        let mut facts = LicenseFacts::default();
        let mut ending: BTreeMap<String, Millis> = BTreeMap::new();
        for item in &all.items {
            if item.verdict.standing == LicenseStatus::Active {
                facts.loaded += 1;
                if let Some(end) = item.license.expires {
                    let first = ending.entry(item.license.product.to_string()).or_insert(end);
                    *first = end.min(*first);
                }
            }
        }
        facts.not_loaded = not_loaded(all).values().sum();
        facts.ending = ending.into_iter().collect();
        facts.ending.sort_by_key(|(_, end)| *end);
        *last = Some((all.clone(), facts.clone()));
        facts
    }
}

/// Number of licenses that are not in service, by product. Licenses for the other context belong to another server.
pub(crate) fn not_loaded(all: &Licenses) -> BTreeMap<String, usize> {
    let mut products = BTreeMap::new();
    for item in &all.items {
        if !matches!(item.verdict.standing, LicenseStatus::Active | LicenseStatus::WrongContext) {
            *products.entry(item.license.product.to_string()).or_default() += 1;
        }
    }
    products
}

/// Free space of the file system a folder lies on, bytes; none where it does not say.
fn free_space(folder: &std::path::Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The beginning of the day on this machine's clocks.
fn midnight(now: Millis) -> Millis {
    let zone = jiff::tz::TimeZone::system();
    let start = jiff::Timestamp::from_millisecond(now).and_then(|now| now.to_zoned(zone).start_of_day());
    start.map_or(now, |start| start.timestamp().as_millisecond())
}
