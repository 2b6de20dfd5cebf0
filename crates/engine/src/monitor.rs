//! The license of the usage monitor: where it comes from, its violations, and which records of use they lock.
//!
//! The rules are `licensing::monitor`. It comes with the exchange, as a key file, or from another server; the last document
//! of each source is stored. Records are judged by the counting of use, which asks [`MonitorWatch`].

mod background;
mod keys;
mod observed;
mod other_server;
mod places;
mod sources;
mod store;
#[cfg(test)]
mod tests;
mod watch;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use licensing::conf::setting::NodeHost;
use licensing::contact::Millis;
use licensing::monitor::{MonitorLicense, MonitorState, ObservationWindow, Standing};

pub(crate) use background::{ASK_EVERY, EVERY};
pub use observed::FirstObserved;
pub use watch::MonitorWatch;
pub(crate) use watch::ReadSources;

use crate::Engine;
use crate::clock::Clock;
use crate::store::Store;
use background::Told;
use sources::Sources;

/// How the monitor's license is found, besides the exchange.
#[derive(Debug, Clone, Default)]
pub struct MonitorSettings {
    /// The key file, where one was named.
    pub key_file: Option<PathBuf>,
    /// `$VOVDIR`, whose key file is the last one that is looked for.
    pub vovdir: Option<PathBuf>,
    /// The license port of a server that provides the license.
    pub server: Option<NodeHost>,
    /// The span in which users are counted.
    pub window: ObservationWindow,
}

/// A source of licenses as it was last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorSource {
    /// `exchange`, `key-file` or `server`.
    pub name: &'static str,
    /// The file or the address; of the exchange, words.
    pub path_or_address: String,
    /// When it was last read, Unix milliseconds.
    pub last_read: Option<Millis>,
    /// Why it can't be read, as a sentence.
    pub problem: Option<String>,
}

/// The monitor's license and what it means, at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorView {
    /// How it stands.
    pub standing: Standing,
    /// The licenses of all sources that can be read.
    pub licenses: Vec<MonitorLicense>,
    /// Where they come from.
    pub sources: Vec<MonitorSource>,
    /// Users observed in the current window.
    pub users: u64,
    /// How many are licensed; `None` while no license is in force.
    pub licensed: Option<u64>,
    /// The span in which users are counted.
    pub window: ObservationWindow,
    /// Since when each violation lasts.
    pub state: MonitorState,
}

/// The monitor's license of a running server.
#[derive(Debug)]
pub struct Monitor {
    /// Judges records. Shared with the counting of use.
    pub(crate) watch: Arc<MonitorWatch>,
    settings: Mutex<MonitorSettings>,
    sources: Mutex<Sources>,
    /// What was last stored and logged.
    told: Mutex<Told>,
    client: std::sync::OnceLock<reqwest::Client>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Monitor {
    /// The state of an earlier run.
    pub(crate) async fn open(store: &Store, clock: Arc<dyn Clock>) -> Result<Self, sqlx::Error> {
        let state: Option<String> =
            sqlx::query_scalar("SELECT state FROM monitor_state").fetch_optional(store.read()).await?;
        let watch = Arc::new(MonitorWatch::new(clock, state.as_deref()));
        Ok(Self {
            told: Mutex::new(Told::stored(watch.stored())),
            watch,
            settings: Mutex::default(),
            sources: Mutex::new(store::documents(store).await?),
            client: std::sync::OnceLock::new(),
        })
    }
}

impl Engine {
    /// Says where licenses of the monitor are found, before the background tasks start.
    pub fn configure_monitor(&self, settings: MonitorSettings) {
        self.monitor.watch.count_in(settings.window);
        *lock(&self.monitor.settings) = settings;
    }

    /// The monitor's license now. From memory.
    pub fn monitor(&self) -> MonitorView {
        let now = self.monitor.watch.look();
        let settings = lock(&self.monitor.settings).clone();
        MonitorView {
            standing: now.standing,
            licenses: now.licenses,
            sources: lock(&self.monitor.sources).told(&settings),
            users: now.users,
            licensed: now.licensed,
            window: now.stored.window,
            state: now.stored.state,
        }
    }

    /// The signed document for another server that asks this one: the newest of those that can be read.
    pub fn monitor_document(&self) -> Option<Arc<str>> {
        lock(&self.monitor.sources).newest_own()
    }
}
