//! The license server without its network face: storage, `license_server.conf`, accounts, audit.
//!
//! [`Engine`] carries out what `licensing` decides. All SQL of the server is in this crate; time comes from a
//! [`clock::Clock`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

pub mod accounts;
pub mod actor;
pub mod alerts;
pub mod attention;
pub mod audit;
pub mod backup;
mod cached;
pub mod changes;
mod checklist;
pub mod conf;
pub mod countdown;
pub mod database;
pub mod diagnostics;
pub mod drain;
pub mod exchange;
pub mod failover;
mod https;
pub mod leases;
pub mod locked;
pub mod logs;
pub mod monitor;
pub mod peers;
pub mod reachability;
pub mod registration;
pub mod self_check;
pub mod service;
pub mod sources;
pub mod stand_in;
pub mod store;
pub mod tasks;
pub mod usage;
pub mod ve;

pub use actor::{Actor, Origin};
pub use sqlx::Error as DatabaseError;
pub use storage::{clock, file, secret};

use accounts::throttle::Throttle;
use clock::Clock;
use conf::ConfState;
use store::{Store, StoreError};

/// Name of this machine; `localhost` when it has none.
#[must_use]
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_str().ok().filter(|name| !name.is_empty()).unwrap_or("localhost").to_owned()
}

/// The license server. Cheap to share behind an [`Arc`].
#[derive(Debug)]
pub struct Engine {
    pub(crate) store: Store,
    /// The time everything goes by; the machine's clock itself is in [`Self::contact`].
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) folder: PathBuf,
    pub(crate) conf_path: PathBuf,
    /// The audit log.
    pub audit: audit::Audit,
    pub(crate) conf: tokio::sync::watch::Sender<ConfState>,
    /// One save at a time.
    pub(crate) saving: tokio::sync::Mutex<()>,
    pub(crate) password_checks: accounts::checking::PasswordChecks,
    /// The contact clock.
    pub(crate) contact: Arc<exchange::ContactKeeper>,
    /// Who this server is at the nodes, as it is stored.
    pub(crate) stored_identity: cached::Cached<exchange::ServerIdentity>,
    /// The changes of the last answer, with the row they were read from.
    pub(crate) last_changes: Mutex<Option<exchange::LastChanges>>,
    /// The installed licenses.
    pub(crate) installed: tokio::sync::watch::Sender<Option<Arc<exchange::BundleInForce>>>,
    /// How they stood at the last look.
    pub(crate) last_standings: exchange::LastStandings,
    /// Syncing with the nodes.
    pub(crate) sync: exchange::SyncControl,
    /// One answer is applied at a time.
    pub(crate) applying: tokio::sync::Mutex<()>,
    pub(crate) nodes: std::sync::OnceLock<exchange::NodeClient>,
    /// Certificates to trust for the nodes besides the system's, PEM.
    pub(crate) node_ca: std::sync::OnceLock<Option<Vec<u8>>>,
    /// Countdown hours, which run while clients are logged in.
    pub countdown: countdown::Countdown,
    /// Leases of clients.
    pub leases: leases::Leases,
    /// The monitor's license.
    pub(crate) monitor: monitor::Monitor,
    /// Usage records.
    pub usage: usage::Usage,
    pub(crate) unlocking: locked::Unlocking,
    /// Drains and failover drills.
    pub drain: drain::Drains,
    pub(crate) overlap: failover::OverlapMonitor,
    pub(crate) stand_ins: stand_in::StandIns,
    /// The peers.
    pub peers: peers::Peers,
    /// The license of this machine.
    pub ve: ve::VeLicensing,
    /// Other license daemons.
    pub(crate) sources: sources::Sources,
    /// Alerts.
    pub alerts: alerts::Alerts,
    /// Backups of this server.
    pub(crate) backups: backup::Backups,
    /// The check of all pages of the database.
    pub(crate) database_check: database::DatabaseChecks,
    /// What the last look at the disk found.
    pub(crate) attention: attention::Attention,
    /// The log files.
    pub logs: logs::Logs,
    pub(crate) reachability: tokio::sync::watch::Sender<reachability::Reachability>,
    /// What the parts that serve have told of themselves.
    pub(crate) self_check: self_check::SelfCheck,
    /// Changes, for open pages.
    pub(crate) changes: changes::ChangeTracker,
    throttle: Mutex<Throttle>,
    pub(crate) unstored_sessions: Arc<accounts::unstored_sessions::UnstoredSessions>,
    pub(crate) refused: Mutex<accounts::refused::RefusedLogins>,
    /// By user, the time step of a code that was used and could not be stored.
    unstored_steps: Mutex<HashMap<i64, i64>>,
    /// Checked for an unknown user, so that both answers take equally long.
    pub(crate) decoy: String,
    /// Background tasks.
    pub tasks: Arc<tasks::Tasks>,
    /// When this process started, Unix milliseconds.
    pub started_at: i64,
}

impl Engine {
    /// Opens the data folder and brings the history of the conf file up to date. The caller holds the folder's lock.
    ///
    /// # Errors
    /// [`StoreError`]. An unreadable conf file is not an error: the server runs and reports it.
    pub async fn open(folder: &Path, conf_path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let store = store::open(folder, clock.now_ms()).await?;
        let contact = Arc::new(exchange::ContactKeeper::load(store.read(), clock).await?);
        let clock: Arc<dyn Clock> = Arc::new(exchange::KnownClock(contact.clone()));
        let started_at = clock.now_ms();
        let audit = audit::Audit::new(store.clone(), folder.to_owned(), clock.clone());
        audit.settle().await?;
        let restored = backup::restore::tell(&store, &audit, folder).await?;
        let is_unsettled = restored.is_some() || backup::restore::is_unsettled(folder);
        let backups = backup::Backups::after(restored);
        let decoy = tokio::task::spawn_blocking(|| accounts::password::hash("nobody has this password"))
            .await
            .map_err(std::io::Error::other)
            .map_err(sqlx::Error::Io)?;
        let state = ConfState::unread(conf_path.display().to_string());
        let keep = Arc::new(leases::SqliteKeep::new(store.clone(), clock.clone()));
        let monitor = monitor::Monitor::open(&store, clock.clone()).await?;
        let engine = Self {
            contact,
            countdown: countdown::Countdown::open(store.clone(), folder, clock.clone()).await?,
            leases: leases::Leases::open(keep, clock.clone()).await?,
            monitor,
            usage: usage::Usage::open(store.clone(), folder).await.map_err(sqlx::Error::from)?,
            unlocking: locked::Unlocking::default(),
            drain: drain::Drains::open(&store).await?,
            overlap: failover::OverlapMonitor::default(),
            stand_ins: stand_in::StandIns::open(&store).await?,
            peers: peers::Peers::open(&store, folder, clock.clone()).await?,
            ve: ve::VeLicensing::open(
                store.clone(),
                audit.clone(),
                clock.clone(),
                ve::VePlaces::of(folder),
                started_at,
            )
            .await?,
            stored_identity: cached::Cached::default(),
            last_changes: Mutex::default(),
            installed: tokio::sync::watch::Sender::new(None),
            last_standings: exchange::LastStandings::default(),
            sync: exchange::SyncControl::new(exchange::last_success(store.read()).await?),
            applying: tokio::sync::Mutex::new(()),
            nodes: std::sync::OnceLock::new(),
            node_ca: std::sync::OnceLock::new(),
            sources: sources::Sources::default(),
            alerts: alerts::Alerts::new(),
            backups,
            database_check: database::DatabaseChecks::default(),
            attention: attention::Attention::default(),
            logs: logs::Logs::default(),
            reachability: tokio::sync::watch::Sender::default(),
            self_check: self_check::SelfCheck::default(),
            audit,
            store,
            clock,
            folder: folder.to_owned(),
            conf_path: conf_path.to_owned(),
            conf: tokio::sync::watch::Sender::new(state),
            saving: tokio::sync::Mutex::new(()),
            password_checks: accounts::checking::PasswordChecks::default(),
            changes: changes::ChangeTracker::default(),
            throttle: Mutex::default(),
            unstored_sessions: Arc::default(),
            refused: Mutex::default(),
            unstored_steps: Mutex::default(),
            decoy,
            tasks: Arc::default(),
            started_at,
        };
        if is_unsettled {
            engine.leases.hold();
        }
        let watch = engine.monitor.watch.clone();
        engine.usage.watched_by(watch, engine.clock.clone()).await.map_err(sqlx::Error::from)?;
        engine.settle_conf().await?;
        engine.note_start();
        engine.settle_exchange().await?;
        engine.look_at_monitor().await?;
        engine.settle_peers().await?;
        Ok(engine)
    }

    /// The time, Unix milliseconds: that of the machine where it is credible.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Time that setting the wall clock does not move, milliseconds since the machine started.
    pub fn monotonic_ms(&self) -> i64 {
        self.clock.mono_ms()
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the database can be read. That it takes changes is what [`Engine::storage_trouble`] tells.
    pub async fn database_answers(&self) -> bool {
        self.store.answers().await
    }

    /// The database's version and response time, milliseconds.
    ///
    /// # Errors
    /// [`sqlx::Error`] when it does not answer.
    pub async fn database_check(&self) -> Result<(String, u32), DatabaseError> {
        let began = std::time::Instant::now();
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(self.store.read()).await?;
        let ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        Ok((format!("SQLite {version}"), ms))
    }

    /// Writes the sums that wait, gives back the unused countdown time and closes the database.
    pub async fn close(&self) {
        self.write_refused_logins(true).await;
        self.countdown.close().await;
        self.store.close().await;
    }

    pub(crate) fn unstored_steps(&self) -> MutexGuard<'_, HashMap<i64, i64>> {
        self.unstored_steps.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
