//! What was sent, what came back, and what it changed.

/// One page of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerPage {
    /// Newest first.
    pub items: Vec<LedgerRow>,
    /// Empty, "open", "answered" or "lost".
    pub filter: String,
    /// Value of `?before=` for the next older page.
    pub next: Option<String>,
}

/// One report and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    pub status_id: String,
    /// "online", "console", "API", "command line", "reporting API".
    pub channel: String,
    pub opened_ms: i64,
    pub opened_by: String,
    /// "open", "answered", "lost".
    pub state: String,
    pub answered_ms: Option<i64>,
    pub answered_by: Option<String>,
    pub node: Option<String>,
    /// What the answer changed: "2 added, 1 removed."
    pub summary: Option<String>,
}

/// The proof of one exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptModel {
    pub status_id: String,
    pub channel: String,
    pub opened_ms: i64,
    pub answered_ms: i64,
    /// Who brought the answer.
    pub by: String,
    pub node: Option<String>,
    /// The time the node signed, Unix milliseconds.
    pub node_time_ms: i64,
    pub serial: u64,
    pub report_sha256: String,
    pub response_sha256: String,
    /// Of the key that signed the answer.
    pub key_fingerprint: String,
    pub changes: ChangesModel,
    pub unchanged: bool,
    /// Name of this server.
    pub server: String,
    pub guid: String,
}

/// What an exchange changed, as sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangesModel {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub extended: Vec<String>,
    pub changed: Vec<String>,
}
