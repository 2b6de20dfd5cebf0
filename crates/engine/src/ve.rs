//! The license of this machine (a VE license): the machine's identity, installation, and validity.
//!
//! The rules are in `licensing::ve` and `licensing::machine`; this module reads the machine and stores text and
//! verdict. Licenses from a sync are separate.

mod anchor;
mod background;
mod check;
mod install;
mod machine;
mod stored;

pub(crate) use anchor::keep_newest;
pub(crate) use background::EVERY;
pub(crate) use install::InstallClock;
pub use install::{InstallError, InstalledNow};
pub use machine::{MACHINE_ROOT, Machine};
pub(crate) use stored::keys as trusted_keys;
pub use stored::{LookError, VeFolder, look};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use licensing::machine::MachineIdentity;
use licensing::ve::request::VeLicenseRequest;
use licensing::ve::{LicenseText, VeLicense, VeLicenseStatus};
use licensing::vendor_key::VendorKey;
use tokio::sync::watch;

use crate::audit::Audit;
use crate::clock::Clock;
use crate::store::Store;

/// An installed license.
#[derive(Debug, Clone, PartialEq)]
pub struct InstalledVe {
    /// The signed text.
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
    pub fn license(&self) -> &VeLicense {
        &self.text.license
    }
}

/// The license and its standing, as one.
#[derive(Debug, Clone, Default)]
pub struct VeState {
    /// The license.
    pub installed: Option<Arc<InstalledVe>>,
    /// Its state.
    pub standing: VeLicenseStatus,
    /// When that was checked, Unix milliseconds; `None` before the first check.
    pub checked_at: Option<i64>,
}

/// Paths outside the database. Tests use their own.
#[derive(Debug, Clone)]
pub struct VePlaces {
    /// The machine.
    pub machine: Machine,
    /// The files that record the highest serial: in the data folder and, if possible, outside it.
    pub anchors: Vec<PathBuf>,
}

impl VePlaces {
    /// As the environment says.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self { machine: Machine::from_environment(), anchors: anchor::paths(folder) }
    }
}

/// The license of this machine.
#[derive(Debug)]
pub struct VeLicensing {
    store: Store,
    audit: Audit,
    clock: Arc<dyn Clock>,
    places: VePlaces,
    state: watch::Sender<VeState>,
    /// Id of the data folder.
    installation: String,
    /// One check or installation at a time.
    turn: tokio::sync::Mutex<()>,
    /// Whether the state was logged since startup.
    said: std::sync::atomic::AtomicBool,
}

impl VeLicensing {
    /// With the stored license. Its state is that of the last check until [`VeLicensing::check`] is called.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond. An untrusted stored text is not an error: it is logged and
    /// ignored.
    pub async fn open(
        store: Store,
        audit: Audit,
        clock: Arc<dyn Clock>,
        places: VePlaces,
        now_ms: i64,
    ) -> Result<Self, sqlx::Error> {
        if let Some(root) = places.machine.elsewhere() {
            tracing::warn!(root = %root.display(), "{MACHINE_ROOT} is set: reading this machine's identity from there");
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
    pub async fn identity(&self) -> MachineIdentity {
        let machine = self.places.machine.clone();
        let read = tokio::task::spawn_blocking(move || machine.identity()).await;
        read.unwrap_or_else(|error| {
            tracing::error!(%error, "could not read the machine's identity");
            machine::unreadable("reading it failed")
        })
    }

    /// A license request to carry to the vendor.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn request(&self) -> Result<VeLicenseRequest, sqlx::Error> {
        let guid: Option<String> =
            sqlx::query_scalar("SELECT guid FROM registration").fetch_optional(self.store.read()).await?;
        let guid = guid.and_then(|guid| guid.parse().ok());
        let identity = self.identity().await;
        Ok(VeLicenseRequest::new(&identity, guid, &machine::host_name(&identity), self.clock.now_ms()))
    }

    /// The installed license.
    #[must_use]
    pub fn current(&self) -> Option<Arc<InstalledVe>> {
        self.state.borrow().installed.clone()
    }

    /// Its state.
    #[must_use]
    pub fn standing(&self) -> VeLicenseStatus {
        self.state.borrow().standing.clone()
    }

    /// Both, and when it was checked.
    #[must_use]
    pub fn state(&self) -> VeState {
        self.state.borrow().clone()
    }

    /// Notified of changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<VeState> {
        self.state.subscribe()
    }
}

#[cfg(test)]
mod tests;
