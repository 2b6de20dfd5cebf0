//! What the pages of the exchange show.

mod by_hand;
mod clusters;
mod contact;
mod ledger;

pub use by_hand::{CheckedResponse, FieldMeaning, HandPage, ReportModel};
pub use clusters::{ClusterPage, ClusterRow, ClustersPage};
pub use contact::{ContactModel, ContactStep, StepState};
pub use ledger::{ChangesModel, LedgerPage, LedgerRow, ReceiptModel};

/// The exchange over the network.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangePage {
    pub registered: Registered,
    pub contact: ContactModel,
    /// An exchange is under way.
    pub running: bool,
    /// Unix milliseconds; in the past when it is due now.
    pub next_attempt_ms: Option<i64>,
    /// "Every day, 24 h after the last exchange".
    pub schedule: String,
    /// "HTTPS, port 443".
    pub protocol: String,
    pub nodes: Vec<String>,
    pub proxy: Option<String>,
    /// What the last attempt led to.
    pub last_round: Option<Round>,
    pub last_success: Option<ReceiptModel>,
    /// The vendor's keys this server trusts.
    pub keys: Vec<KeyModel>,
    pub identity: Option<Identity>,
    /// What the vendor has to say, and what is worth a look.
    pub notices: Vec<String>,
}

/// Whether an exchange is possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    Yes,
    No,
    /// Registered, but no key of the vendor is pinned: nothing is sent.
    NoKey,
    /// Registered, but no auth string is known.
    NoAuth,
    /// The conf file names another GUID than the registered one.
    OtherGuid {
        file: String,
        registered: String,
    },
    /// The conf file cannot be read: the reason, a sentence.
    Unreadable(String),
}

/// One go at the list of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    pub at_ms: i64,
    pub ok: bool,
    pub sentence: String,
    /// In the order they were asked.
    pub attempts: Vec<Attempt>,
    /// Rounds in a row that failed, this one included.
    pub failed_rounds: u32,
}

/// One node asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub node: String,
    pub ok: bool,
    /// Where it ended: "DNS", "TCP", "TLS", "HTTP", "answer".
    pub stage: String,
    pub sentence: String,
    /// How long it took, milliseconds.
    pub ms: u32,
}

/// A key of the vendor this server trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyModel {
    /// In groups, for reading aloud.
    pub fingerprint: String,
    pub pinned_ms: i64,
    pub pinned_by: String,
    /// Whether a node has shown the key of this fingerprint.
    pub fetched: bool,
}

/// Who this server is, ready to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub guid: String,
    pub deployments: Vec<String>,
    pub operator: Option<String>,
}
