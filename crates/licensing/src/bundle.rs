//! The licenses of one server, signed by the vendor (RULES R2): what they are, what stands, and what an exchange changed.

mod changes;
mod error;
mod signed;
mod standing;
mod wire;

pub use crate::product::{KindError, LicenseKind, ProductCode, ProductCodeError};
pub use changes::{LicenseChange, LicenseChanges, changes};
pub use error::BundleError;
pub use signed::{DOMAIN, SignedBundle};
pub use standing::{LicenseStatus, LicenseVerdict, standing, usable};
pub use wire::{FORMAT, MOST_LICENSES};

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{contact::Millis, context::Context, guid::Guid};

/// Which issue of a server's bundle this is. It only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Serial(pub u64);

impl Serial {
    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// The serial of the next issue.
    #[must_use]
    pub fn next(self) -> Serial {
        Serial(self.0.saturating_add(1))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One license of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct License {
    /// By which it is known from one bundle to the next.
    pub id: String,
    /// What may be used.
    pub product: ProductCode,
    /// How use is counted.
    pub kind: LicenseKind,
    /// How many at once (metered: how many uses are included).
    pub count: u64,
    /// Only a server of this context loads it.
    pub context: Context,
    /// The hours of a countdown license.
    pub hours: Option<u64>,
    /// From this instant on it is out of service, Unix milliseconds.
    pub expires: Option<Millis>,
    /// From this instant on newer versions are not covered, Unix milliseconds. It does not stop the license.
    pub maintenance_expires: Option<Millis>,
    /// The version it covers, like `2.1`.
    pub version: Option<String>,
}

/// All licenses of one server at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Bundle {
    /// The server it is for.
    pub guid: Guid,
    /// What that server is for.
    pub context: Context,
    /// Which issue this is.
    pub serial: Serial,
    /// When it was issued, Unix milliseconds.
    pub issued: Millis,
    /// For whom.
    pub customer: String,
    /// Days without contact after which the licenses leave service; fewer than 60 count as 60.
    pub contact_limit_days: u32,
    /// The ids of the server's deployments.
    pub deployments: Vec<String>,
    /// The licenses.
    pub licenses: Vec<License>,
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
