//! The licenses of one server, signed by the vendor: their content, state, and changes.

mod changes;
mod error;
mod signed;
mod standing;
mod wire;

pub use crate::product::{KindError, LicenseKind, ProductCode, ProductCodeError};
pub use changes::{LicenseChange, LicenseChanges, changes};
pub use error::BundleError;
pub use signed::{DOMAIN, SignedBundle};
pub use standing::{LicenseStatus, LicenseVerdict, effect, in_service, runs_down, standing, usable};
pub use wire::{FORMAT, MOST_LICENSES};

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{contact::Millis, context::Context, guid::Guid};

/// The serial of a server's bundle. It only grows.
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
    /// Id, the same from one bundle to the next.
    pub id: String,
    /// The product.
    pub product: ProductCode,
    /// Kind.
    pub kind: LicenseKind,
    /// Number at once (metered: included uses).
    pub count: u64,
    /// Only a server of this context loads it.
    pub context: Context,
    /// The hours of a countdown license. No server charges those of a product: see [`runs_down`].
    pub hours: Option<u64>,
    /// End: out of service from this instant, Unix milliseconds.
    pub expires: Option<Millis>,
    /// End of maintenance, Unix milliseconds. It does not stop the license.
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
    /// The server's context.
    pub context: Context,
    /// Serial.
    pub serial: Serial,
    /// When it was issued, Unix milliseconds.
    pub issued: Millis,
    /// Customer.
    pub customer: String,
    /// Days without a sync after which the licenses leave service; at least 60.
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
