//! What has changed, for open pages: one version per topic.
//!
//! Nothing runs while no page is open. Listeners ask for the versions, and each check compares the current state with
//! that of the previous one, so code that changes something needn't signal it here. There may be many clients, so the
//! leases count their own changes.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use sqlx::FromRow;

use crate::Engine;

/// Time between two checks, for any number of listeners.
pub const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Something pages show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The configuration file.
    Conf,
    /// Contact with the vendor: exchanges, licenses in force, reachability of the nodes, the license of this machine.
    Exchange,
    /// Clients, and what is in use.
    Clients,
    /// The servers of the installation: failover, drain, backup hours.
    Servers,
    /// Alert rules and notifications.
    Alerts,
    /// The log.
    Logs,
    /// The audit log, and with it everything people do.
    Audit,
    /// What needs attention: it is shown on every page.
    Attention,
    /// Locked records, unlocking, and how many users were observed.
    Locked,
    /// Other license daemons: each look, what it told, and why it told nothing.
    Sources,
}

impl Topic {
    /// All of them, in the order of [`Versions`].
    pub const ALL: [Topic; 10] = [
        Self::Conf,
        Self::Exchange,
        Self::Clients,
        Self::Servers,
        Self::Alerts,
        Self::Logs,
        Self::Audit,
        Self::Attention,
        Self::Locked,
        Self::Sources,
    ];

    /// The word in events and pages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Conf => "conf",
            Self::Exchange => "exchange",
            Self::Clients => "clients",
            Self::Servers => "servers",
            Self::Alerts => "alerts",
            Self::Logs => "logs",
            Self::Audit => "audit",
            Self::Attention => "attention",
            Self::Locked => "locked",
            Self::Sources => "sources",
        }
    }
}

/// How often each topic has changed since the start of this server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Versions(pub [u64; Topic::ALL.len()]);

impl Versions {
    /// The topics whose versions differ.
    pub fn since(&self, before: &Versions) -> impl Iterator<Item = Topic> {
        let pairs = self.0.into_iter().zip(before.0);
        Topic::ALL.into_iter().zip(pairs).filter(|(_, (now, before))| now != before).map(|(topic, _)| topic)
    }
}

/// The last check.
#[derive(Debug, Default)]
pub(crate) struct ChangeTracker {
    looked: tokio::sync::Mutex<Option<Look>>,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    /// On the monotonic clock.
    at: i64,
    marks: [u64; Topic::ALL.len()],
    versions: Versions,
}

/// Newest rows of tables that only grow.
#[derive(Debug, Default, FromRow)]
struct Newest {
    audit: Option<i64>,
    switches: Option<i64>,
    peer_events: Option<i64>,
    ledger: Option<String>,
    rules: Option<String>,
    deliveries: Option<String>,
    sources: Option<String>,
}

/// A fingerprint of the `Debug` text of `of`.
fn mark(of: &impl Debug) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{of:?}").hash(&mut hasher);
    hasher.finish()
}

impl Engine {
    /// The versions of all topics, at most [`LOOK_EVERY`] old.
    pub async fn changes(&self) -> Versions {
        let mut looked = self.changes.looked.lock().await;
        let now = self.clock.mono_ms();
        if let Some(look) = looked.filter(|look| Duration::from_millis(now.abs_diff(look.at)) < LOOK_EVERY) {
            return look.versions;
        }
        let newest = self.newest().await;
        let marks = [
            self.conf_mark(),
            self.exchange_mark(&newest),
            self.clients_mark(),
            self.servers_mark(&newest),
            mark(&(&newest.rules, &newest.deliveries, self.alerts.firing())),
            self.logs_mark(),
            mark(&(newest.audit, self.backup_state(), self.database_check_since())),
            self.attention_mark(),
            mark(&(self.locked_records(), self.unlock_progress(), self.monitor().users)),
            mark(&newest.sources),
        ];
        let mut versions = looked.map(|look| look.versions).unwrap_or_default();
        if let Some(before) = *looked {
            for ((version, now), before) in versions.0.iter_mut().zip(marks).zip(before.marks) {
                *version += u64::from(now != before);
            }
        }
        *looked = Some(Look { at: now, marks, versions });
        versions
    }

    async fn newest(&self) -> Newest {
        let found = sqlx::query_as(
            "SELECT (SELECT max(seq) FROM audit) AS audit,
                    (SELECT max(id) FROM client_switches) AS switches,
                    (SELECT max(id) FROM peer_events) AS peer_events,
                    (SELECT group_concat(state || coalesce(answered_at, '')) FROM
                        (SELECT state, answered_at FROM exchange_ledger ORDER BY rowid DESC LIMIT 5)) AS ledger,
                    (SELECT group_concat(state) FROM alert_states) AS rules,
                    (SELECT group_concat(id || attempts || coalesce(ended_at, '')) FROM
                        (SELECT id, attempts, ended_at FROM alert_deliveries ORDER BY made_at DESC LIMIT 50)) AS deliveries,
                    (SELECT group_concat(tag || ' ' || coalesce(tried_at, '') || ' ' || coalesce(last_good, '') || ' '
                        || coalesce(problem, '')) FROM sources) AS sources",
        );
        found.fetch_one(self.store.read()).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "open pages may miss a change: the database did not respond");
            Newest::default()
        })
    }

    fn conf_mark(&self) -> u64 {
        let conf = self.conf.borrow();
        mark(&(conf.number(), &conf.outside, conf.problem.is_some()))
    }

    fn exchange_mark(&self, newest: &Newest) -> u64 {
        let sync = self.sync_state();
        let contact = self.contact();
        let nodes = self.reachability.borrow();
        let checked = (nodes.running, nodes.done, nodes.matrix.as_ref().map(|matrix| matrix.at_ms), &nodes.problem);
        let machine = self.ve.state();
        mark(&(
            (sync.running, &sync.round, sync.failed_rounds, sync.last_ms),
            (contact.phase(), contact.days(), contact.flagged),
            checked,
            (machine.installed.map(|installed| installed.installed_at), &machine.standing),
            self.monitor_mark(),
            &newest.ledger,
        ))
    }

    fn clients_mark(&self) -> u64 {
        let serving = self.peers.serving().unwrap_or_default();
        mark(&(self.leases.version(), serving.connected, serving.holding, self.monitor().users))
    }

    /// How the monitor's license stands, and what is locked.
    fn monitor_mark(&self) -> u64 {
        let monitor = self.monitor();
        let sources: Vec<_> = monitor.sources.iter().map(|source| (source.name, &source.problem)).collect();
        mark(&(&monitor.standing, &monitor.licenses, sources, self.locked_records()))
    }

    /// Which servers are up, what each does, and the hours by the minute.
    fn servers_mark(&self, newest: &Newest) -> u64 {
        let picture = self.peers.picture();
        let servers: Vec<_> = picture
            .servers
            .iter()
            .map(|server| {
                let said = server.report.as_deref().map(|report| {
                    let hours = report
                        .countdown
                        .map(|hours| (hours.serial, hours.granted_ms, hours.running_since, hours.balance_ms / 60_000));
                    let clients = report.serving.as_ref().map(|serving| serving.connected);
                    (report.started_ms, clients, hours, &report.drain, &report.ve)
                });
                (&server.name, server.role, server.context, &server.url, server.state, &server.problem, said)
            })
            .collect();
        let hours = self.countdown.view();
        mark(&(
            servers,
            (picture.stale_since, &picture.conflict),
            (self.drain.current(), self.drain.drill()),
            (hours.serial, hours.running_since, hours.ends_soon, hours.refused, hours.balance_ms / 60_000),
            (newest.switches, newest.peer_events),
            self.past_stand_ins(),
        ))
    }

    /// How urgent each part is, and how many issues it has: sentences change with the clients they count.
    fn attention_mark(&self) -> u64 {
        let parts = self.attention();
        mark(&parts.iter().map(|part| (part.level, part.urgent(), &part.state)).collect::<Vec<_>>())
    }

    fn logs_mark(&self) -> u64 {
        let file = self.logs.path().and_then(|path| path.metadata().ok());
        mark(&file.map(|file| (file.ino(), file.size(), file.mtime())))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::actor::Actor;
    use crate::audit::AuditOutcome;
    use crate::clock::ManualClock;

    async fn engine(folder: &Path, clock: Arc<ManualClock>) -> Engine {
        let conf = folder.join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        Engine::open(folder, &conf, clock).await.unwrap()
    }

    #[tokio::test]
    async fn a_look_tells_what_changed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let engine = engine(folder.path(), clock.clone()).await;
        let look = async || {
            clock.advance(1_000);
            engine.changes().await
        };
        let first = look().await;
        assert_eq!(look().await, first, "nothing happened");

        engine.audit.note(&Actor::system(), "user.add", "Added a user.".to_owned(), AuditOutcome::Done).await.unwrap();
        let second = look().await;
        assert_eq!(second.since(&first).collect::<Vec<_>>(), [Topic::Audit]);

        let path = folder.path().join("license_server.conf");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}; changed\n")).unwrap();
        engine.look_at_conf(crate::conf::LOOK_AGAIN).await.unwrap();
        let third = look().await;
        assert_eq!(third.since(&second).collect::<Vec<_>>(), [Topic::Conf, Topic::Audit, Topic::Attention]);
    }

    #[tokio::test]
    async fn a_source_that_is_added_and_one_that_is_read_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let engine = engine(folder.path(), clock.clone()).await;
        let look = async || {
            clock.advance(1_000);
            engine.changes().await
        };
        let first = look().await;
        let new = crate::sources::NewSource {
            tag: "eu_acme".to_owned(),
            kind: licensing::source::SourceKind::FlexnetLicense,
            input: crate::sources::SourceInput::Pushed,
            every_s: 60,
            zone: String::new(),
        };
        engine.add_source(&Actor::system(), &new).await.unwrap();
        let second = look().await;
        assert_eq!(second.since(&first).collect::<Vec<_>>(), [Topic::Audit, Topic::Sources]);
        engine.push_source(&Actor::system(), "eu_acme", b"INCREMENT f acmed 1.0 permanent 1\n".to_vec()).await.unwrap();
        let third = look().await;
        assert_eq!(third.since(&second).collect::<Vec<_>>(), [Topic::Audit, Topic::Sources]);
        assert_eq!(look().await, third, "nothing happened");
    }

    #[tokio::test]
    async fn however_many_ask_the_look_is_shared() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let engine = engine(folder.path(), clock.clone()).await;
        let first = engine.changes().await;
        engine.audit.note(&Actor::system(), "user.add", "Added a user.".to_owned(), AuditOutcome::Done).await.unwrap();
        assert_eq!(engine.changes().await, first, "the same look");
        clock.advance(500);
        assert_ne!(engine.changes().await, first);
    }
}
