//! The report to the nodes: usage, and nothing about people or calls.

mod error;
mod fields;
mod reading;
mod status_id;

pub use error::InvalidReport;
pub use fields::{FIELDS, Field, paths};
pub use status_id::{StatusId, StatusIdError};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    canonical::{CanonicalError, canonical, sha256_hex},
    locked::KeyHeader,
};

/// Maximum size of a report, bytes.
pub const MAX_REPORT: usize = 1024 * 1024;

/// Maximum number of key headers in a report.
pub const MOST_LOCKED_KEYS: usize = 2_000;

/// Use under one name. Names are nested roll-ups: never add across them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReportedUsage {
    /// Check-outs.
    pub usage_count: u64,
    /// Time in use, milliseconds.
    pub usage_ms: u64,
}

/// Use by one deployment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SpeechUsage {
    /// Time with a session open, in milliseconds.
    pub session_ms: u64,
    /// Audio processed, in milliseconds.
    pub session_audio_ms: u64,
    /// By name.
    pub license_usage: BTreeMap<String, ReportedUsage>,
}

/// One deployment (tenant).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentReport {
    /// The deployment's id: a UUID, lower case.
    pub license_guid: String,
    /// Always null.
    pub bio_engine_usage: Option<()>,
    /// What was used.
    pub speech_usage: SpeechUsage,
}

/// A report. Its fields are those of the seed, in its order; [`FIELDS`] explains each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusReport {
    /// The server's GUID, as a UUID.
    pub cluster_guid: String,
    /// The installation that reports under this GUID: a UUID, lower case.
    pub instance_uuid: String,
    /// Accepts one response.
    pub status_id: StatusId,
    /// RFC 3339 with offset.
    pub instance_created: String,
    /// A word for the kind of installation.
    pub installation_type: String,
    /// Unix seconds, as text.
    pub report_timestamp: String,
    /// Always null.
    pub images: Option<()>,
    /// One entry per deployment.
    pub deployments: Vec<DeploymentReport>,
    /// Overlapping use of production and backup licenses, milliseconds; left out if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simultaneous_use_ms: Option<u64>,
    /// Key headers of days with locked records that can't all be opened yet; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locked_keys: Vec<KeyHeader>,
}

impl StatusReport {
    /// Adds key headers, the first ones first, as many as the report may carry.
    #[must_use]
    pub fn with_locked_keys(mut self, headers: impl IntoIterator<Item = KeyHeader>) -> Self {
        let mut left = MAX_REPORT.saturating_sub(self.to_json().len() + r#","locked_keys":[]"#.len());
        let fits = headers.into_iter().take(MOST_LOCKED_KEYS).take_while(|header| {
            let length = serde_json::to_string(header).map_or(usize::MAX, |text| text.len().saturating_add(1));
            let fits = length <= left;
            left = left.saturating_sub(length);
            fits
        });
        self.locked_keys.extend(fits);
        self
    }

    /// The report as it is sent: one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text, numbers and maps with text keys are always written")
    }

    /// Reads a report. Strict on types; ignores unknown members.
    ///
    /// # Errors
    /// See [`InvalidReport`]: each names the field and what it should be.
    pub fn parse(bytes: &[u8]) -> Result<StatusReport, InvalidReport> {
        reading::read(bytes)
    }
}

/// SHA-256 of a report's canonical form: independent of the text's indentation and encoding.
///
/// # Errors
/// A number that has no canonical form.
pub fn digest(report: &Value) -> Result<String, CanonicalError> {
    canonical(report).map(|bytes| sha256_hex(&bytes))
}

#[cfg(test)]
mod tests;
