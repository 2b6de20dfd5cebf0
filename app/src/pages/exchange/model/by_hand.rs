//! The exchange by hand: a report goes out, an answer comes in.

use super::{ChangesModel, ContactModel, LedgerRow, Registered};

/// The exchange across an air gap.
#[derive(Clone, Debug, PartialEq)]
pub struct HandPage {
    pub registered: Registered,
    pub contact: ContactModel,
    /// Reports that wait for their answer, newest first.
    pub open: Vec<LedgerRow>,
    /// The report of `?report=ID`.
    pub report: Option<ReportModel>,
    /// An answer that was checked and not yet applied.
    pub checked: Option<CheckedResponse>,
}

/// A report, ready to be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportModel {
    pub status_id: String,
    pub opened_ms: i64,
    pub opened_by: String,
    /// "open", "answered", "lost".
    pub state: String,
    /// The JSON, indented.
    pub pretty: String,
    /// Of the report as it is sent.
    pub bytes: usize,
    pub sha256: String,
    /// The command that sends it from another machine.
    pub curl: String,
    /// Where the command sends it.
    pub curl_address: String,
    /// Markup our own server made; none when the report is too large for one code.
    pub qr_svg: Option<String>,
    pub fields: Vec<FieldMeaning>,
}

/// One field of a report: what leaves this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMeaning {
    pub path: String,
    pub value: String,
    pub meaning: String,
}

/// An answer that passed every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedResponse {
    /// As given; sent again to apply it.
    pub text: String,
    pub status_id: String,
    /// The time the node signed, Unix milliseconds.
    pub node_time_ms: i64,
    pub serial: u64,
    /// What is installed now.
    pub serial_before: Option<u64>,
    pub context: String,
    pub changes: ChangesModel,
    /// The licenses are the installed ones, byte for byte.
    pub unchanged: bool,
    pub notices: Vec<String>,
}
