use serde::{Deserialize, Serialize};

use crate::{
    bundle::{BundleError, Serial},
    canonical::{instant, members::FieldError},
    contact::Millis,
    context::Context,
    guid::Guid,
    monitor::MonitorDocumentError,
    registration::RegistrationField,
    status_report::StatusId,
    vendor_key::KeyId,
};

/// Why an answer is refused. Each message says what is wrong, then what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResponseRefusal {
    /// Nothing but white space.
    #[error("The answer is empty. Paste or choose the node's whole answer.")]
    Empty,
    /// Beyond the limit.
    #[error(
        "This is too large for an answer: {bytes} bytes instead of at most {limit}. Check that it is the node's answer and nothing else."
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The maximum.
        limit: usize,
    },
    /// A web page.
    #[error(
        "This is a web page, not a node's answer: a proxy or login page responded in its place. Sign in there or allow the node's address, then ask the node again."
    )]
    Html,
    /// JSON that ends in the middle.
    #[error("The answer is cut off. Copy all of it, from the first {{ to the last }}, or save it to a file.")]
    Truncated,
    /// Not JSON.
    #[error(
        "Invalid JSON at line {line}, column {column}. Copy only the node's answer, without any lines before or after it."
    )]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1; 0 at a line break.
        column: usize,
    },
    /// Other JSON.
    #[error(
        "This is JSON, but not a node's answer: “{missing}” is missing. Use the node's answer, not the report that was sent to it."
    )]
    NotAResponse {
        /// The first member that is missing.
        missing: &'static str,
    },
    /// A member of the wrong type.
    #[error("In this answer, “{field}” {problem}. Ask the node again; if it happens again, tell the vendor.")]
    BadField {
        /// Which member.
        field: String,
        /// What is wrong with it, as a clause.
        problem: String,
    },
    /// No key is pinned.
    #[error(
        "This server has no vendor key yet, so it can't verify answers. Register it with the vendor's registration file first."
    )]
    NoKey,
    /// Signed with another key.
    #[error(
        "The answer is signed with the key {key_id}, which this server does not trust. Compare fingerprints with the vendor; if the key is theirs, register again with their current registration file."
    )]
    UnknownKey {
        /// The key it names.
        key_id: KeyId,
    },
    /// The signature is not the key's.
    #[error(
        "The signature is invalid: the answer was changed after the vendor signed it. Get it from the node again and carry it unchanged."
    )]
    BadSignature,
    /// A genuine answer that reports an error.
    #[error("The vendor refused the report: {}. Fix that or ask the vendor, then send a new report.", said(message))]
    VendorError {
        /// The vendor's reason.
        message: String,
    },
    /// A successful answer without licenses.
    #[error(
        "The answer has no licenses. Ask the vendor to set up the licenses of this server, then send a new report."
    )]
    NoBundle,
    /// For another server.
    #[error(
        "The licenses are for the server {got}, but this one is {own}. Use the answer on that server, and the answer to this server's own report here."
    )]
    OtherGuid {
        /// Their server.
        got: Guid,
        /// This server.
        own: Guid,
    },
    /// For another context.
    #[error(
        "The licenses are for a {got} server, but this one is registered as {own}. Ask the vendor which is right, and correct the context under Exchange if it is {got}."
    )]
    OtherContext {
        /// Theirs.
        got: Context,
        /// This server's.
        own: Context,
    },
    /// No such report was made here.
    #[error(
        "The answer is for the report {id}, which this server did not create or no longer has. Create a new report here and get the answer to that."
    )]
    UnknownStatusId {
        /// Which report.
        id: StatusId,
    },
    /// That report was already answered.
    #[error(
        "The answer to the report {id} has already been used; each works once. Create a new report and get the answer to that."
    )]
    UsedStatusId {
        /// Which report.
        id: StatusId,
    },
    /// The answered report had different content.
    #[error("The report was changed on the way to the node. Create a new report and send it unchanged.")]
    OtherReport,
    /// Older than the installed licenses.
    #[error(
        "These licenses are older (serial {got}) than the installed ones (serial {installed}). Create a new report: its answer will have the newest."
    )]
    OlderSerial {
        /// Theirs.
        got: Serial,
        /// Installed.
        installed: Serial,
    },
    /// Two different bundles under one serial.
    #[error(
        "These licenses have the same serial ({serial}) as the installed ones, but different content. Ask the vendor to issue them again."
    )]
    SameSerialOtherContent {
        /// That number.
        serial: Serial,
    },
    /// Node and server clocks differ by more than a year.
    #[error("The node's clock says {}, this server's {}: more than a year apart. Set this server's clock, or tell the vendor if the node's is wrong; then send a new report.", instant::day(*node), instant::day(*ours))]
    ClockYearsOff {
        /// The node's time, Unix milliseconds.
        node: Millis,
        /// Ours, Unix milliseconds.
        ours: Millis,
    },
    /// The licenses inside are not signed by the vendor.
    #[error(
        "The answer is genuine, but the signature of its licenses is invalid. Send a new report; if it happens again, tell the vendor."
    )]
    BadBundleSignature,
    /// A field of the licenses is missing or wrong.
    #[error("In the licenses of this answer, “{field}” {problem}. Ask the vendor to issue them again.")]
    BundleField {
        /// Which field.
        field: String,
        /// What is wrong with it, as a clause.
        problem: String,
    },
    /// The license of the usage monitor inside can't be used.
    #[error("The answer was not applied because of its monitor license. {0}")]
    MonitorLicense(#[from] MonitorDocumentError),
}

impl ResponseRefusal {
    /// For programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ResponseRefusal::Empty => "empty",
            ResponseRefusal::TooLarge { .. } => "too-large",
            ResponseRefusal::Html => "html",
            ResponseRefusal::Truncated => "truncated",
            ResponseRefusal::NotJson { .. } => "not-json",
            ResponseRefusal::NotAResponse { .. } => "not-a-response",
            ResponseRefusal::BadField { .. } => "bad-field",
            ResponseRefusal::NoKey => "no-key",
            ResponseRefusal::UnknownKey { .. } => "unknown-key",
            ResponseRefusal::BadSignature => "bad-signature",
            ResponseRefusal::VendorError { .. } => "vendor-error",
            ResponseRefusal::NoBundle => "no-bundle",
            ResponseRefusal::OtherGuid { .. } => "other-guid",
            ResponseRefusal::OtherContext { .. } => "other-context",
            ResponseRefusal::UnknownStatusId { .. } => "unknown-status-id",
            ResponseRefusal::UsedStatusId { .. } => "used-status-id",
            ResponseRefusal::OtherReport => "other-report",
            ResponseRefusal::OlderSerial { .. } => "older-serial",
            ResponseRefusal::SameSerialOtherContent { .. } => "same-serial-other-content",
            ResponseRefusal::ClockYearsOff { .. } => "clock-years-off",
            ResponseRefusal::BadBundleSignature => "bad-bundle-signature",
            ResponseRefusal::BundleField { .. } => "bundle-field",
            ResponseRefusal::MonitorLicense(_) => "monitor-license",
        }
    }

    /// Whether the answer is valid but too late: already used, or older than what is installed.
    #[must_use]
    pub fn conflict(&self) -> bool {
        matches!(
            self,
            ResponseRefusal::UsedStatusId { .. }
                | ResponseRefusal::OlderSerial { .. }
                | ResponseRefusal::SameSerialOtherContent { .. }
        )
    }
}

impl From<FieldError> for ResponseRefusal {
    fn from(error: FieldError) -> ResponseRefusal {
        ResponseRefusal::BadField { field: error.field, problem: error.problem }
    }
}

impl From<BundleError> for ResponseRefusal {
    fn from(error: BundleError) -> ResponseRefusal {
        match error {
            BundleError::UnknownKey { .. } | BundleError::BadSignature => ResponseRefusal::BadBundleSignature,
            BundleError::Field { field, problem } => ResponseRefusal::BundleField { field, problem },
        }
    }
}

/// What a node said when it refused a report: not its own trouble, but this server's registration or report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRefusal {
    /// In the node's words: one line, no final period, limited length.
    pub reason: String,
    /// The value of the registration it is about, if the status says so.
    pub field: Option<RegistrationField>,
}

impl NodeRefusal {
    /// From the HTTP status and the reason of a signed refusal; `None` where another node may answer differently: this one is busy, or
    /// failed.
    #[must_use]
    pub fn new(status: u16, message: &str) -> Option<NodeRefusal> {
        let field = match status {
            408 | 429 | 500.. => return None,
            401 => Some(RegistrationField::Auth),
            // No such server, or another installation has the GUID.
            404 | 409 => Some(RegistrationField::Guid),
            _ => None,
        };
        Some(NodeRefusal { reason: said(message), field })
    }

    /// The same words wherever it is told: "The node node.example:443 refused: …".
    #[must_use]
    pub fn sentence(&self, node: &str) -> String {
        format!("The node {node} refused: {}.", self.reason)
    }
}

/// The vendor's words inside a sentence: one line, no final period, limited length.
fn said(message: &str) -> String {
    /// In characters.
    const LONGEST: usize = 500;
    let line: String = message.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.trim().trim_end_matches('.') {
        "" => "no reason given".to_owned(),
        line => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_node_and_points_to_what_it_is_about() {
        let refused = NodeRefusal::new(401, "The auth string is wrong.\r\nAsk.").unwrap();
        assert_eq!(refused.field, Some(RegistrationField::Auth));
        assert_eq!(
            refused.sentence("a.example:443"),
            "The node a.example:443 refused: The auth string is wrong.  Ask."
        );
        for (status, field) in [(404, Some(RegistrationField::Guid)), (409, Some(RegistrationField::Guid)), (400, None)]
        {
            assert_eq!(NodeRefusal::new(status, "No.").unwrap().field, field, "{status}");
        }
        assert!(NodeRefusal::new(403, &"x".repeat(9_000)).unwrap().sentence("a").len() < 600);
    }

    #[test]
    fn a_node_in_trouble_is_no_refusal() {
        for status in [408, 429, 500, 503] {
            assert_eq!(NodeRefusal::new(status, "Try another node."), None, "{status}");
        }
    }
}
