use serde_json::Value;

use super::{DOMAIN, MAX_RESPONSE, NodeNotice, ResponseRefusal, SIGNATURE, StatusResponse};
use crate::{
    bundle::SignedBundle,
    canonical::{
        self, CanonicalError, canonical,
        members::{FieldError, Members},
    },
    monitor::SignedMonitorDocument,
    pasted::{NotRead, decode, json},
    plain_text::is_blank,
    status_report::StatusId,
    vendor_key::{KeyId, VendorKey},
};

/// Members of every answer, in wire order.
const REQUIRED: [&str; 9] = [
    "error",
    "response-message",
    "valid-license-guids",
    SIGNATURE,
    "license-status-id",
    "node-time",
    "report-sha256",
    "vendor-key-id",
    "license-bundle",
];

/// An answer with a valid signature. Only [`read`] creates one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedResponse {
    response: StatusResponse,
    key_id: KeyId,
}

impl SignedResponse {
    /// The answer.
    #[must_use]
    pub fn response(&self) -> &StatusResponse {
        &self.response
    }

    /// The answer itself.
    #[must_use]
    pub fn into_response(self) -> StatusResponse {
        self.response
    }

    /// The status id of its report, to look up in the ledger.
    #[must_use]
    pub fn status_id(&self) -> Option<StatusId> {
        self.response.license_status_id
    }

    /// The key that signed it.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }
}

/// Step one: turns received, pasted or read bytes into an answer with a valid signature.
///
/// # Errors
/// The first of: nothing, too much, a web page, cut off, not JSON, not an answer, an unknown key, a bad signature.
pub fn read(bytes: &[u8], keys: &[VendorKey]) -> Result<SignedResponse, ResponseRefusal> {
    let text = received(bytes)?;
    json(&text, |value| genuine(value, keys)).map_err(|error| match error {
        NotRead::NotJson { cut: true, .. } => ResponseRefusal::Truncated,
        NotRead::NotJson { line, column, .. } => ResponseRefusal::NotJson { line, column },
        NotRead::Refused(refusal) => refusal,
    })
}

fn genuine(value: Value, keys: &[VendorKey]) -> Result<SignedResponse, ResponseRefusal> {
    let value = exact(value)?;
    let (response, key_id, signature) = shape(&value)?;
    if keys.is_empty() {
        return Err(ResponseRefusal::NoKey);
    }
    let key = keys.iter().find(|key| key.id() == key_id).ok_or(ResponseRefusal::UnknownKey { key_id })?;
    let mut unsigned = value;
    if let Value::Object(members) = &mut unsigned {
        members.remove(SIGNATURE);
    }
    if !canonical::verify(key, DOMAIN, &unsigned, &signature) {
        return Err(ResponseRefusal::BadSignature);
    }
    Ok(SignedResponse { response, key_id })
}

fn received(bytes: &[u8]) -> Result<String, ResponseRefusal> {
    if bytes.len() > MAX_RESPONSE {
        return Err(ResponseRefusal::TooLarge { bytes: bytes.len(), limit: MAX_RESPONSE });
    }
    let text = decode(bytes).map_err(|at| match at {
        // Web pages come in encodings of their own.
        _ if bytes.trim_ascii_start().starts_with(b"<") => ResponseRefusal::Html,
        at if at.cut => ResponseRefusal::Truncated,
        at => ResponseRefusal::NotJson { line: at.line, column: at.column },
    })?;
    match text.trim_start_matches(is_blank) {
        "" => Err(ResponseRefusal::Empty),
        body if body.starts_with('<') => Err(ResponseRefusal::Html),
        _ => Ok(text),
    }
}

/// The value in canonical form: a tool on the way may have written 50 as 50.0.
fn exact(value: Value) -> Result<Value, ResponseRefusal> {
    let bytes = canonical(&value).map_err(|error| match error {
        CanonicalError::NumberTooLarge { number } => {
            ResponseRefusal::BadField { field: number, problem: "is too large".to_owned() }
        }
        CanonicalError::Unwritable { reason } => {
            ResponseRefusal::BadField { field: "answer".to_owned(), problem: reason }
        }
    })?;
    // Canonical text is JSON, so this never fails.
    serde_json::from_slice(&bytes)
        .map_err(|error| ResponseRefusal::NotJson { line: error.line(), column: error.column() })
}

fn shape(value: &Value) -> Result<(StatusResponse, KeyId, String), ResponseRefusal> {
    let Ok(members) = Members::of(value, "") else {
        return Err(ResponseRefusal::NotAResponse { missing: REQUIRED[0] });
    };
    if let Some(missing) = REQUIRED.into_iter().find(|name| members.value(name).is_err()) {
        return Err(ResponseRefusal::NotAResponse { missing });
    }
    let response = StatusResponse {
        error: members.flag("error")?,
        message: members.text("response-message")?.to_owned(),
        valid_license_guids: members.texts("valid-license-guids")?,
        license_status_id: members
            .optional("license-status-id")
            .map(|_| members.parsed("license-status-id"))
            .transpose()?,
        node_time: members.instant("node-time")?,
        report_sha256: members.optional_text("report-sha256")?.map(str::to_owned),
        bundle: members.optional("license-bundle").map(|value| bundle(value, &members)).transpose()?,
        notices: notices(&members)?,
        monitor_license: members
            .optional("monitor-license")
            .map(|value| SignedMonitorDocument::of(value, members.at("monitor-license")))
            .transpose()?,
    };
    if !response.error && response.license_status_id.is_none() {
        return Err(members.error("license-status-id", "must be the report's id").into());
    }
    Ok((response, members.parsed("vendor-key-id")?, members.text(SIGNATURE)?.to_owned()))
}

fn bundle(value: &Value, members: &Members<'_>) -> Result<SignedBundle, FieldError> {
    let signed = Members::of(value, members.at("license-bundle"))?;
    let bundle = signed.value("bundle")?;
    Members::of(bundle, signed.at("bundle"))?;
    let signature = signed.text("signature")?.to_owned();
    Ok(SignedBundle { bundle: bundle.clone(), key_id: signed.parsed("key-id")?, signature })
}

fn notices(members: &Members<'_>) -> Result<Vec<NodeNotice>, FieldError> {
    let Some(_) = members.optional("notices") else { return Ok(Vec::new()) };
    let notice = |(index, item): (usize, &Value)| {
        let notice = Members::of(item, members.at(&format!("notices[{index}]")))?;
        Ok(NodeNotice { code: notice.text("code")?.to_owned(), message: notice.text("message")?.to_owned() })
    };
    members.list("notices")?.iter().enumerate().map(notice).collect()
}
