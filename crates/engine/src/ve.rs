//! The license of this machine (a VE license): what the machine is, installing, and whether the license is in force.
//!
//! What is decided is in `licensing::ve` and `licensing::identity`; here the machine is read, the text is stored and the
//! verdict is remembered. Licenses that come with an exchange stand beside it and are not touched.

mod anchor;
mod check;
mod install;
mod keep;
mod machine;
mod stored;

pub use install::{InstallError, InstalledNow};
pub(crate) use keep::EVERY;
pub use machine::{MACHINE_ROOT, Machine};
pub use stored::{LookError, Stored, look};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use licensing::identity::Identity;
use licensing::ve::request::Request;
use licensing::ve::{License, LicenseText, Standing};
use licensing::vendor_key::VendorKey;
use tokio::sync::watch;

use crate::audit::Audit;
use crate::clock::Clock;
use crate::store::Store;

/// A license that is installed.
#[derive(Debug, Clone, PartialEq)]
pub struct InstalledVe {
    /// The text as it was signed.
    pub text: LicenseText,
    /// The key that signed it.
    pub key: VendorKey,
    /// When it was installed, Unix milliseconds.
    pub installed_at: i64,
    /// Who installed it.
    pub installed_by: String,
}

impl InstalledVe {
    /// What it says.
    #[must_use]
    pub fn license(&self) -> &License {
        &self.text.license
    }
}

/// The license and its standing, as one.
#[derive(Debug, Clone, Default)]
pub struct VeState {
    /// The license.
    pub installed: Option<Arc<InstalledVe>>,
    /// Whether it is in force.
    pub standing: Standing,
    /// When that was checked, Unix milliseconds; none before the first check.
    pub checked_at: Option<i64>,
}

/// Where things are outside the database. Tests name their own.
#[derive(Debug, Clone)]
pub struct Places {
    /// The machine.
    pub machine: Machine,
    /// The files that remember the highest serial: in the data folder, and outside it where there is such a place.
    pub anchors: Vec<PathBuf>,
}

impl Places {
    /// As the environment says.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self { machine: Machine::from_environment(), anchors: anchor::paths(folder) }
    }
}

/// The license of this machine.
#[derive(Debug)]
pub struct Ve {
    store: Store,
    audit: Audit,
    clock: Arc<dyn Clock>,
    places: Places,
    state: watch::Sender<VeState>,
    /// The data folder, whatever it is called.
    installation: String,
    /// One check or installation at a time.
    turn: tokio::sync::Mutex<()>,
    /// Whether the log has said since the start how the license stands.
    said: std::sync::atomic::AtomicBool,
}

impl Ve {
    /// With the license that is stored. Its standing is that of the last check until [`Ve::check`] is called.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond. A stored text that cannot be trusted is no error: it is logged,
    /// and there is no license then.
    pub async fn open(
        store: Store,
        audit: Audit,
        clock: Arc<dyn Clock>,
        places: Places,
        now_ms: i64,
    ) -> Result<Self, sqlx::Error> {
        if let Some(root) = places.machine.elsewhere() {
            tracing::warn!(root = %root.display(), "{MACHINE_ROOT} is set: what this machine is, is read there and not from the machine itself");
        }
        let installation: Option<String> =
            sqlx::query_scalar("SELECT installation FROM countdown").fetch_optional(store.read()).await?;
        let ve = Self {
            installation: installation.unwrap_or_default(),
            store,
            audit,
            clock,
            places,
            state: watch::Sender::default(),
            turn: tokio::sync::Mutex::default(),
            said: std::sync::atomic::AtomicBool::new(false),
        };
        ve.load(now_ms).await?;
        Ok(ve)
    }

    /// The machine as it is now.
    pub async fn identity(&self) -> Identity {
        let machine = self.places.machine.clone();
        let read = tokio::task::spawn_blocking(move || machine.identity()).await;
        read.unwrap_or_else(|error| {
            tracing::error!(%error, "the machine could not be read");
            machine::unreadable("reading it failed")
        })
    }

    /// A request for a license, to be carried to the vendor.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn request(&self) -> Result<Request, sqlx::Error> {
        let guid: Option<String> =
            sqlx::query_scalar("SELECT guid FROM registration").fetch_optional(self.store.read()).await?;
        let guid = guid.and_then(|guid| guid.parse().ok());
        let identity = self.identity().await;
        Ok(Request::new(&identity, guid, &machine::host_name(&identity), self.clock.now_ms()))
    }

    /// The license that is installed.
    #[must_use]
    pub fn current(&self) -> Option<Arc<InstalledVe>> {
        self.state.borrow().installed.clone()
    }

    /// Whether it is in force.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.state.borrow().standing.clone()
    }

    /// Both, and when it was checked.
    #[must_use]
    pub fn state(&self) -> VeState {
        self.state.borrow().clone()
    }

    /// Told whenever any of it changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<VeState> {
        self.state.subscribe()
    }
}

#[cfg(test)]
mod tests;
