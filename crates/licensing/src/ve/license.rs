use std::{fmt, str::FromStr};

use super::Passphrase;
use crate::{
    contact::Millis,
    guid::Guid,
    machine::{BoundMachine, Digest},
};

/// The most hours a countdown license may have: more than a century, and far from any overflow.
pub const MOST_HOURS: u64 = 1_000_000;

/// The longest grace period and the longest time between two checks, in minutes: a year.
pub const LONGEST_MIN: u32 = 365 * 24 * 60;

/// The grace period of a license that names none, in minutes (seed 003).
pub const DEFAULT_GRACE_MIN: u32 = 120;

/// The time between two checks of a license that names none, in minutes (seed 003).
pub const DEFAULT_INTERVAL_MIN: u32 = 60;

/// The most products one license may have.
pub const MOST_PRODUCTS: usize = 1_000;

/// The most characters of a name in a license.
pub const LONGEST_NAME: usize = 200;

/// The fingerprint a license names: 64 lower-case hexadecimal digits, fewer in a text whose printer cut it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finger(String);

/// Digits that are no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A fingerprint has 64 hexadecimal digits.")]
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

    /// Digits of any case, 1 to 64; what cut them may have left `<truncated>` or dots behind.
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

/// How long a license is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VeLicenseKind {
    /// Until an instant, Unix milliseconds.
    Normal {
        /// From then on it is out of service.
        until: Millis,
    },
    /// For so many hours with somebody logged in (RULES R5).
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

/// What a license permits of one product, or of several that share one passphrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VeEntitlement {
    /// The virtual hardware; several names stand with commas between them.
    pub name: String,
    /// Product codes.
    pub codes: Vec<String>,
    /// What a client logs in with. Texts of other makers have none.
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
    /// An end of its own, Unix milliseconds, beside the license's.
    pub until: Option<Millis>,
}

impl VeEntitlement {
    /// Whether this is what a client means by `product`: one of the names, or one of the codes. Case does not matter.
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
    /// How long it is good.
    pub kind: VeLicenseKind,
    /// For whom.
    pub customer: String,
    /// Where the machine is, like `amazon.aws`; may be empty.
    pub platform: String,
    /// When it was made, Unix milliseconds.
    pub released: Option<Millis>,
    /// How long a client goes on without it, in minutes.
    pub grace_min: u32,
    /// Minutes from one check to the next; at least 1.
    pub interval_min: u32,
    /// Which issue for this machine it is; only grows. 0 in texts of other makers.
    pub serial: u64,
    /// The server it was made for, when that was known.
    pub guid: Option<Guid>,
    /// The machine it is for, component by component. Texts of other makers say nothing.
    pub bound: BoundMachine,
    /// What it permits; at least one.
    pub products: Vec<VeEntitlement>,
}

impl VeLicense {
    /// Orders the hours of countdown licenses for one server, also when the machine and with it the serials changed: by when
    /// they were made, and those made in one second by their serial.
    #[must_use]
    pub fn hours_serial(&self) -> u64 {
        let seconds = u64::try_from(self.released.unwrap_or(0).div_euclid(1000)).unwrap_or(0);
        seconds.saturating_mul(1000).saturating_add(self.serial.min(999))
    }
}
