//! The exchange with the vendor's licensing nodes: reports out, licenses in; over the network, by hand, or over the
//! reporting API. `licensing` decides what to accept; this module transports and stores.

mod apply;
mod background;
mod client;
mod clusters;
mod contact;
mod identity;
mod keys;
mod ledger;
mod licenses;
mod qr;
mod report;
mod round;
mod schedule;
mod trial;
mod usage;

pub use apply::{Applied, PushError};
pub use background::{SyncError, SyncResult, SyncState};
pub(crate) use client::NodeClient;
pub use client::{NodeSettings, tls_client};
pub use clusters::{Cluster, ClusterError, NewCluster, VENDOR_URL};
pub(crate) use contact::EVERY;
pub use contact::REMINDER;
pub use identity::{PinnedKey, Readiness, ServerIdentity};
pub use keys::{FETCH_LIMIT, FetchedKeys, OfferedKey, OtherKey};
pub(crate) use ledger::LastChanges;
pub use ledger::{LedgerAnswer, LedgerEntry, LedgerOutcome, LedgerQuery};
pub use licenses::{LicenseItem, Licenses};
pub use qr::qr_svg;
pub use report::{OpenedReport, ReportError};
pub use round::{Attempt, ExchangeRound};
pub use trial::{TRIAL_LIMIT, Trial, TrialIdentity};
pub use usage::{Snapshot, UsageReport};

pub(crate) use background::SyncControl;
pub(crate) use contact::{ContactKeeper, KnownClock};
pub(crate) use licenses::{BundleInForce, LastStandings};

use licensing::contact::Millis;
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;

use crate::Engine;

/// The channel of a report or answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Online, by this server.
    Online,
    /// By hand, in the console.
    Console,
    /// By hand, over the REST API.
    Api,
    /// By hand, with a command.
    #[serde(rename = "command line")]
    CommandLine,
    /// Over the reporting API.
    #[serde(rename = "reporting api")]
    ReportingApi,
}

impl Channel {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Console => "console",
            Self::Api => "api",
            Self::CommandLine => "command line",
            Self::ReportingApi => "reporting api",
        }
    }
}

/// The last success on both clocks: wall time and measured time.
pub(crate) async fn last_success(pool: &SqlitePool) -> Result<Option<(Millis, Millis)>, sqlx::Error> {
    let (wall, known): (Option<Millis>, Option<Millis>) = sqlx::query_as(
        "SELECT max(exchange_ledger.answered_at) AS wall, contact.last_verified AS known
         FROM exchange_ledger, contact WHERE exchange_ledger.state = 'answered'",
    )
    .fetch_one(pool)
    .await?;
    Ok(wall.zip(known))
}

impl Engine {
    /// Loads the state of an earlier run: open reports and installed licenses.
    pub(crate) async fn settle_exchange(&self) -> Result<(), sqlx::Error> {
        self.settle_ledger().await?;
        self.load_licenses().await
    }

    /// Brings the stored licenses into force, as far as this server may.
    pub(crate) async fn load_licenses(&self) -> Result<(), sqlx::Error> {
        let keys = self.identity().await?.usable_keys();
        let installed = BundleInForce::load(self.store.read(), &keys).await?;
        let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM bundle").fetch_one(self.store.read()).await?;
        if installed.is_none() && stored > 0 && !keys.is_empty() {
            // If licenses can't be loaded, sync at once.
            self.sync.forget_last(true);
        }
        self.installed.send_replace(installed.map(std::sync::Arc::new));
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
