use serde_json::Value;

use super::{ResponseRefusal, SignedResponse, StatusResponse};
use crate::{
    bundle::{Bundle, Serial, SignedBundle},
    contact::{DAY, Millis},
    context::Context,
    guid::Guid,
    monitor::MonitorDocument,
    vendor_key::VendorKey,
};

/// Maximum difference between the node's time and both of the server's, milliseconds.
pub const MOST_APART: Millis = 366 * DAY;

/// The state of this server.
#[derive(Debug, Clone)]
pub struct ExpectedResponse<'a> {
    /// Its GUID.
    pub guid: Guid,
    /// Its context; `None` before the first bundle.
    pub context: Option<Context>,
    /// The keys it trusts.
    pub keys: &'a [VendorKey],
    /// The bundle installed, if any.
    pub installed: Option<InstalledBundle>,
    /// Wall time, Unix milliseconds.
    pub now: Millis,
    /// The high-water mark of the contact clock, Unix milliseconds.
    pub high_water: Millis,
}

/// The bundle installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledBundle {
    /// Its serial.
    pub serial: Serial,
    /// Its digest ([`SignedBundle::sha256`]).
    pub sha256: String,
}

/// The ledger's entry for the answer's status id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerFact {
    /// No such report of this server.
    Unknown,
    /// An unanswered report.
    Open {
        /// The digest of that report ([`crate::status_report::digest`]).
        report_sha256: String,
    },
    /// An answered report.
    Answered,
}

/// An answer ready to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedResponse {
    /// The answer.
    pub response: StatusResponse,
    /// The licenses.
    pub bundle: Bundle,
    /// The signed licenses.
    pub signed_bundle: SignedBundle,
    /// Whether they are already installed.
    pub unchanged: bool,
    /// The license of the usage monitor, if the answer has one.
    pub monitor: Option<MonitorDocument>,
}

/// Step two: checks a genuine answer against the server's state. `entry` is the ledger's for [`SignedResponse::status_id`].
///
/// # Errors
/// The first of: the vendor's own error, another server, the ledger, the report, the licenses and their signature, the
/// context, the clock, the serial, the license of the usage monitor.
pub fn check(
    signed: SignedResponse,
    entry: LedgerFact,
    expected: &ExpectedResponse<'_>,
) -> Result<AcceptedResponse, ResponseRefusal> {
    let response = signed.into_response();
    if response.error {
        return Err(ResponseRefusal::VendorError { message: response.message });
    }
    // Before the ledger: "for another server" says more than "unknown report".
    if let Some(got) = response.bundle.as_ref().and_then(guid_of) {
        same_guid(got, expected.guid)?;
    }
    ledger(&response, entry)?;
    let signed_bundle = response.bundle.clone().ok_or(ResponseRefusal::NoBundle)?;
    let bundle = signed_bundle.verify(expected.keys)?;
    same_guid(bundle.guid, expected.guid)?;
    if let Some(own) = expected.context.filter(|own| *own != bundle.context) {
        return Err(ResponseRefusal::OtherContext { got: bundle.context, own });
    }
    clock(response.node_time, expected)?;
    let unchanged = serial(bundle.serial, &signed_bundle, expected.installed.as_ref())?;
    let monitor = response.monitor_license.as_ref().map(|signed| signed.verify_for(expected.guid, expected.keys));
    let monitor = monitor.transpose()?;
    Ok(AcceptedResponse { response, bundle, signed_bundle, unchanged, monitor })
}

fn guid_of(signed: &SignedBundle) -> Option<Guid> {
    signed.bundle.get("guid").and_then(Value::as_str).and_then(|text| Guid::parse(text).ok())
}

fn same_guid(got: Guid, own: Guid) -> Result<(), ResponseRefusal> {
    if got == own { Ok(()) } else { Err(ResponseRefusal::OtherGuid { got, own }) }
}

fn ledger(response: &StatusResponse, entry: LedgerFact) -> Result<(), ResponseRefusal> {
    // Only an error answer may lack it, which doesn't get here.
    let id = response.license_status_id.ok_or(ResponseRefusal::NotAResponse { missing: "license-status-id" })?;
    match entry {
        LedgerFact::Unknown => Err(ResponseRefusal::UnknownStatusId { id }),
        LedgerFact::Answered => Err(ResponseRefusal::UsedStatusId { id }),
        LedgerFact::Open { report_sha256 } if response.report_sha256.as_ref() == Some(&report_sha256) => Ok(()),
        LedgerFact::Open { .. } => Err(ResponseRefusal::OtherReport),
    }
}

/// A sync can correct one clock that is years off; if both of ours disagree with the node, its clock may be wrong.
fn clock(node: Millis, expected: &ExpectedResponse<'_>) -> Result<(), ResponseRefusal> {
    let apart = |ours: Millis| node.abs_diff(ours) > MOST_APART.unsigned_abs();
    if apart(expected.now) && apart(expected.high_water) {
        return Err(ResponseRefusal::ClockYearsOff { node, ours: expected.now });
    }
    Ok(())
}

/// Whether the bundle is already installed.
fn serial(got: Serial, bundle: &SignedBundle, installed: Option<&InstalledBundle>) -> Result<bool, ResponseRefusal> {
    let Some(installed) = installed else { return Ok(false) };
    if got < installed.serial {
        return Err(ResponseRefusal::OlderSerial { got, installed: installed.serial });
    }
    if got > installed.serial {
        return Ok(false);
    }
    if bundle.sha256() == installed.sha256 {
        Ok(true)
    } else {
        Err(ResponseRefusal::SameSerialOtherContent { serial: got })
    }
}
