//! What the page of the licenses shows.

use super::ve::MachineLicense;
use crate::components::{dir, trimmed};
use crate::pages::exchange::{ChangesModel, ContactModel, Registered};
use crate::paths;
use crate::request::Tone;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The licenses of the installed bundle, filtered and sorted.
#[derive(Clone, Debug, PartialEq)]
pub struct LicensesPage {
    pub items: Vec<LicenseRow>,
    /// Without the filter.
    pub total: usize,
    pub filter: LicenseFilter,
    pub contact: ContactModel,
    pub registered: Registered,
    /// The context of this server.
    pub context: Option<String>,
    /// Of the installed bundle; none before the first exchange.
    pub serial: Option<u64>,
    pub installed_ms: Option<i64>,
    /// What the last exchange changed, and when it was.
    pub last_changes: Option<(i64, ChangesModel)>,
    /// Address of the same list as CSV.
    pub csv: String,
    /// State and number of licenses in it, for the links.
    pub counts: Vec<(String, usize)>,
    /// Kinds to filter by.
    pub kinds: Vec<String>,
    /// The license of this machine.
    pub machine: MachineLicense,
}

/// What is shown, in which order: the query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LicenseFilter {
    #[serde(deserialize_with = "trimmed")]
    pub q: String,
    pub state: String,
    pub kind: String,
    /// One of product, kind, licensed, in_use, expires, maintenance, state.
    pub sort: String,
    #[serde(rename = "dir", with = "dir")]
    pub descending: bool,
}

impl LicenseFilter {
    /// The page with this filter.
    pub fn href(&self) -> String {
        paths::with(paths::LICENSES, self)
    }
}

/// One license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseRow {
    pub id: String,
    pub product: String,
    pub kind: Cow<'static, str>,
    pub context: Cow<'static, str>,
    pub licensed: u64,
    pub in_use: u64,
    /// More of this product is promised to clients than is licensed now.
    pub over_committed: bool,
    /// Of a countdown license.
    pub hours: Option<u64>,
    pub version: Option<String>,
    pub expires_ms: Option<i64>,
    pub maintenance_ms: Option<i64>,
    pub maintenance_over: bool,
    /// "active", "expired", "lapsed", "wrong_context", "other_guid".
    pub state: Cow<'static, str>,
    pub state_label: Cow<'static, str>,
    pub tone: Tone,
    /// Why it is not loaded, and what to do.
    pub reason: Option<String>,
    pub expires_soon: bool,
}
