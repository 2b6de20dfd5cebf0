use std::{fmt, str::FromStr};

use super::Passphrase;
use crate::{
    contact::Millis,
    guid::Guid,
    machine::{BoundMachine, Digest},
};

/// Maximum hours of a countdown license: more than a century, and far from overflow.
pub const MOST_HOURS: u64 = 1_000_000;

/// Maximum grace period and check interval, minutes: a year.
pub const LONGEST_MIN: u32 = 365 * 24 * 60;

/// Default grace period, minutes.
pub const DEFAULT_GRACE_MIN: u32 = 120;

/// Default check interval, minutes.
pub const DEFAULT_INTERVAL_MIN: u32 = 60;

/// Maximum number of products.
pub const MOST_PRODUCTS: usize = 1_000;

/// Maximum length of a name, characters.
pub const LONGEST_NAME: usize = 200;

/// A license's fingerprint: 64 lower-case hexadecimal digits, fewer in a truncated print.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finger(String);

/// Not a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A fingerprint must have 64 hexadecimal digits.")]
pub struct FingerError;

impl Finger {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digest, unless digits are missing.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.0.parse().ok()
    }
}

impl From<Digest> for Finger {
    fn from(digest: Digest) -> Finger {
        Finger(digest.to_string())
    }
}

impl FromStr for Finger {
    type Err = FingerError;

    /// 1 to 64 digits of any case; a truncated one may end with `<truncated>` or dots.
    fn from_str(text: &str) -> Result<Finger, FingerError> {
        let text = text.trim();
        let text = ["<truncated>", "...", "…"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text).trim_end();
        if text.is_empty() || text.len() > 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(FingerError);
        }
        Ok(Finger(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Finger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digest().is_some() { f.pad(&self.0) } else { write!(f, "{} <truncated>", self.0) }
    }
}

/// The validity of a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VeLicenseKind {
    /// Until an instant, Unix milliseconds.
    Normal {
        /// From then on it is out of service.
        until: Millis,
    },
    /// A number of hours with a client logged in.
    Countdown {
        /// 1 to [`MOST_HOURS`].
        hours: u64,
    },
}

impl VeLicenseKind {
    /// The word in license texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            VeLicenseKind::Normal { .. } => "NORMAL",
            VeLicenseKind::Countdown { .. } => "COUNTDOWN",
        }
    }
}

/// A license's terms for one product, or several that share a passphrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VeEntitlement {
    /// The virtual hardware; several names are separated by commas.
    pub name: String,
    /// Product codes.
    pub codes: Vec<String>,
    /// Passphrase for logging in. Texts from other software have none.
    pub passphrase: Option<Passphrase>,
    /// The newest version covered: this,
    pub major: u32,
    /// and this.
    pub minor: u32,
    /// The most virtual processors of one instance.
    pub cpus: u32,
    /// The most memory of one instance, in MB.
    pub memory_mb: u64,
    /// The most instances at once.
    pub instances: u32,
    /// Its own end, if it differs from the license's, Unix milliseconds.
    pub until: Option<Millis>,
}

impl VeEntitlement {
    /// Whether a client's `product` matches one of the names or codes, ignoring case.
    #[must_use]
    pub fn covers(&self, product: &str) -> bool {
        let names = self.name.split(',').chain(self.codes.iter().map(String::as_str));
        let product = product.trim();
        names.map(str::trim).any(|name| !name.is_empty() && name.eq_ignore_ascii_case(product))
    }
}

/// A license of a virtual environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VeLicense {
    /// The machine it is for.
    pub fingerprint: Finger,
    /// Its id, like `01.00000001.002.045`.
    pub license_id: String,
    /// Its validity.
    pub kind: VeLicenseKind,
    /// Customer.
    pub customer: String,
    /// Platform, like `amazon.aws`; may be empty.
    pub platform: String,
    /// When it was made, Unix milliseconds.
    pub released: Option<Millis>,
    /// Grace period, minutes.
    pub grace_min: u32,
    /// Check interval, minutes; at least 1.
    pub interval_min: u32,
    /// Serial for this machine, which only grows. 0 in texts from other software.
    pub serial: u64,
    /// Its server, if known.
    pub guid: Option<Guid>,
    /// Its machine, component by component. Empty in texts from other software.
    pub bound: BoundMachine,
    /// Products; at least one.
    pub products: Vec<VeEntitlement>,
}

impl VeLicense {
    /// Orders the hours of a server's countdown licenses, even if the machine and with it the serials changed: by time
    /// of issue, then by serial.
    #[must_use]
    pub fn hours_serial(&self) -> u64 {
        let seconds = u64::try_from(self.released.unwrap_or(0).div_euclid(1000)).unwrap_or(0);
        seconds.saturating_mul(1000).saturating_add(self.serial.min(999))
    }
}
