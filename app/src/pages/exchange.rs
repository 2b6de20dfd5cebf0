//! The exchange with the vendor's licensing nodes: over the network, by hand, what was exchanged, and other clusters.

mod attempts;
mod carry;
mod changes;
mod checked;
mod clock;
mod cluster;
mod clusters;
mod hand;
mod ledger;
mod model;
mod network;
mod receipt;
mod register;
mod standing;
mod state;
mod tabs;
mod track;
mod upload;
mod words;

pub use attempts::AttemptList;
pub use changes::ChangeList;
pub use clock::ContactClock;
pub use cluster::ClusterView;
pub use clusters::ClustersView;
pub use hand::HandView;
pub use ledger::LedgerView;
pub use model::{
    Attempt, ChangesModel, CheckedResponse, ClusterPage, ClusterRow, ClustersPage, ContactModel, ContactStep,
    ExchangePage, FieldMeaning, HandPage, Identity, KeyModel, LedgerPage, LedgerRow, ReceiptModel, Registered,
    ReportModel, Round, StepState,
};
pub use network::ExchangeView;
pub use receipt::ReceiptView;
pub use standing::NotReady;
use state::way;
pub use track::ContactTrack;
pub(crate) use words::contact_sentence;

use crate::request::request;

/// A call of the API as a command, with what follows it.
pub(crate) fn curl(method: &str, path: &str, rest: &str) -> String {
    let origin =
        Some(request().origin.clone()).filter(|origin| !origin.is_empty()).unwrap_or_else(|| "$CONSOLE".to_owned());
    let method = if method == "GET" { String::new() } else { format!("-X {method} ") };
    format!("curl {method}{origin}{path} \\\n  -H \"Authorization: Bearer $TOKEN\"{rest}")
}
