//! What the page shows of the license of this machine.

use crate::request::Tone;

/// The license, whether it is in force, and the machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineLicense {
    pub license: Option<VeLicense>,
    pub tone: Tone,
    /// "In force", "Void".
    pub label: String,
    /// How it stands, and what to do.
    pub sentence: String,
    /// What changed about the machine: "CPU cores 4 → 8".
    pub changes: Vec<String>,
    pub checked_ms: Option<i64>,
    /// The components, with what would void the license.
    pub components: Vec<ComponentRow>,
    /// What voids a license, in words.
    pub voids: Vec<String>,
    /// What a license stands.
    pub allowed: Vec<String>,
}

/// The license.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VeLicense {
    pub id: String,
    pub serial: u64,
    pub customer: String,
    pub platform: String,
    /// Of a normal license.
    pub until_ms: Option<i64>,
    /// Of a countdown license.
    pub hours: Option<u64>,
    /// What is left of them.
    pub left_ms: Option<i64>,
    pub grace_min: u32,
    pub interval_min: u32,
    pub vendor_key: String,
    pub installed_ms: i64,
    pub installed_by: String,
    pub products: Vec<VeProduct>,
}

/// A product of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VeProduct {
    pub name: String,
    pub codes: String,
    pub version: String,
    pub cpus: u32,
    pub memory_mb: u64,
    pub instances: u32,
    pub until_ms: Option<i64>,
    /// Only for administrators.
    pub passphrase: Option<String>,
}

/// A component of the machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComponentRow {
    pub label: String,
    /// As it is now; of ids the beginning of their digest.
    pub now: String,
    /// As the license has it; none when it says nothing about it.
    pub licensed: Option<String>,
    /// A change voids the license.
    pub voids: bool,
    /// By what it would change.
    pub when: String,
    /// It is not what the license says.
    pub differs: bool,
}
