//! Countdown hours: the balance of a license with hours, and its copies.
//!
//! The rules are `licensing::countdown`. Here a balance is made durable before it is granted: first in the anchors
//! (`countdown.anchor` in the data folder, and one outside it), then in the database. At startup the highest serial
//! applies, and for one serial the lowest balance, so that restoring copied data brings no hours back.
//!
//! A separate task does the storing, so the hours keep following the clock while a disk hangs.

mod anchor;
mod background;
mod calls;
mod error;
mod meter;
mod open;
mod outside;
mod rows;
mod store;

pub(crate) use anchor::keep_lower;
pub(crate) use background::EVERY;
pub use calls::CountdownLogin;
pub use error::{CountdownLoginDenied, LicenseError, PersistError};
pub(crate) use outside::choose as anchors_outside;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use licensing::countdown::{Balance, ClockReading, Millis, View};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::store::Store;
use meter::CountdownMeter;

/// The hours of this server. Cheap to share.
#[derive(Debug, Clone)]
pub struct Countdown {
    inner: Arc<Inner>,
}

/// A license with hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursLicense {
    /// Grows with each license for this server.
    pub serial: u64,
    /// The hours, in milliseconds.
    pub hours_ms: Millis,
    /// How long before the end clients are warned, milliseconds: its check interval.
    pub interval_ms: Millis,
    /// A digest of the license text, which identifies it: the same license in a new data folder finds the hours
    /// already used.
    pub license: String,
}

/// A balance and its license; the same in the database and in the anchors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredBalance {
    /// Id of the data folder.
    installation: String,
    /// The license the hours came from.
    license: String,
    balance: Balance,
}

#[derive(Debug)]
struct Inner {
    meter: Mutex<CountdownMeter>,
    store: Store,
    clock: Arc<dyn Clock>,
    /// Paths of the anchors: in the data folder, and outside it.
    anchor: PathBuf,
    outside: Option<PathBuf>,
    /// Notified when the meter changes.
    changed: watch::Sender<()>,
    views: watch::Sender<View>,
}

impl Inner {
    fn meter(&self) -> MutexGuard<'_, CountdownMeter> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> ClockReading {
        ClockReading { wall_ms: self.clock.now_ms(), mono_ms: self.clock.mono_ms() }
    }
}
