//! A node's answer (the vendor's format, and Leasehold's additions), and its verification.
//!
//! [`read`] turns bytes into an answer with a valid signature, or says why not. [`check`] then compares it with the
//! server's state: the status id, GUID and context, and the installed licenses. Both are pure; a refusal changes
//! nothing.

mod check;
mod read;
mod refusal;

pub use check::{AcceptedResponse, ExpectedResponse, InstalledBundle, LedgerFact, MOST_APART, check};
pub use read::{SignedResponse, read};
pub use refusal::{NodeRefusal, ResponseRefusal};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    bundle::SignedBundle,
    canonical::{self, instant},
    contact::Millis,
    monitor::SignedMonitorDocument,
    status_report::StatusId,
    vendor_key::{KeyId, VendorSecret},
};

/// Maximum size of an answer, bytes.
pub const MAX_RESPONSE: usize = 4 * 1024 * 1024;

/// Signature domain of an answer.
pub const DOMAIN: &str = "leasehold response 1";

/// The member with the signature over all others.
const SIGNATURE: &str = "report-signature";

/// An answer to a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusResponse {
    /// Whether the report was refused; then `message` says why, and there are no licenses.
    pub error: bool,
    /// `Success`, or the vendor's reason.
    pub message: String,
    /// The deployments that are known to the vendor.
    pub valid_license_guids: Vec<String>,
    /// The status id of the report answered.
    pub license_status_id: Option<StatusId>,
    /// The node's time, Unix milliseconds.
    pub node_time: Millis,
    /// The digest of the report answered ([`crate::status_report::digest`]).
    pub report_sha256: Option<String>,
    /// The licenses.
    pub bundle: Option<SignedBundle>,
    /// Notices for the administrator.
    pub notices: Vec<NodeNotice>,
    /// The license of the usage monitor, if the server ever had one.
    pub monitor_license: Option<SignedMonitorDocument>,
}

/// A notice for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeNotice {
    /// For programs: `second-instance`.
    pub code: String,
    /// For people: a sentence.
    pub message: String,
}

/// The members in the order they are written: those of the seed, then ours.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Written<'a> {
    error: bool,
    response_message: &'a str,
    valid_license_guids: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    report_signature: Option<String>,
    license_status_id: Option<StatusId>,
    node_time: String,
    report_sha256: Option<&'a str>,
    vendor_key_id: KeyId,
    license_bundle: Option<&'a SignedBundle>,
    notices: &'a [NodeNotice],
    #[serde(skip_serializing_if = "Option::is_none")]
    monitor_license: Option<&'a SignedMonitorDocument>,
}

impl StatusResponse {
    /// The signed answer, as a value. Its members are unordered; [`StatusResponse::signed_text`] has the seed's order.
    #[must_use]
    pub fn sign(&self, secret: &VendorSecret) -> Value {
        value(&self.signed(secret))
    }

    /// The signed answer as its text: one line, the members of the seed first.
    #[must_use]
    pub fn signed_text(&self, secret: &VendorSecret) -> String {
        serde_json::to_string(&self.signed(secret)).expect(WRITABLE)
    }

    fn signed(&self, secret: &VendorSecret) -> Written<'_> {
        let mut written = Written {
            error: self.error,
            response_message: &self.message,
            valid_license_guids: &self.valid_license_guids,
            report_signature: None,
            license_status_id: self.license_status_id,
            node_time: instant::to_text(self.node_time),
            report_sha256: self.report_sha256.as_deref(),
            vendor_key_id: secret.public().id(),
            license_bundle: self.bundle.as_ref(),
            notices: &self.notices,
            monitor_license: self.monitor_license.as_ref(),
        };
        // The only numbers are those of the bundle and the monitor license. An unsignable one makes an answer that no server accepts.
        let signature = canonical::sign(secret, DOMAIN, &value(&written)).unwrap_or_default();
        written.report_signature = Some(signature);
        written
    }
}

/// Why an answer can always be written.
const WRITABLE: &str = "an answer is made of text, lists and JSON values only";

fn value(written: &Written<'_>) -> Value {
    serde_json::to_value(written).expect(WRITABLE)
}
