//! Answers made to measure, all signed.

use licensing::{
    bundle::{self, Bundle, SignedBundle},
    canonical,
    status_response::{DOMAIN, ExpectedResponse, LedgerFact, ResponseRefusal, StatusResponse, check, read},
};
use serde_json::{Value, json};

use crate::samples::{bundle, expected, keys, response, secret};

pub fn text() -> String {
    response().signed_text(&secret())
}

/// An answer of any content, signed.
pub fn signed(mut value: Value) -> String {
    value.as_object_mut().unwrap().remove("report-signature");
    value["report-signature"] = json!(canonical::sign(&secret(), DOMAIN, &value).unwrap());
    value.to_string()
}

/// The good answer with one member changed, signed.
pub fn with(at: &str, new: Value) -> String {
    let mut value = response().sign(&secret());
    *value.pointer_mut(at).unwrap() = new;
    signed(value)
}

/// The good answer around other licenses, all signed.
pub fn around(bundle: &Bundle) -> String {
    let response = StatusResponse { bundle: Some(SignedBundle::sign(&secret(), bundle)), ..response() };
    response.signed_text(&secret())
}

/// Both steps, of an answer that is refused.
pub fn refused(text: &str, entry: LedgerFact, change: impl FnOnce(&mut ExpectedResponse<'_>)) -> ResponseRefusal {
    let keys = keys();
    let mut expected = expected(&keys);
    change(&mut expected);
    read(text.as_bytes(), &keys).and_then(|signed| check(signed, entry, &expected)).unwrap_err()
}

/// The good answer around licenses of any content, all signed.
pub fn bundle_with(at: &str, new: Value) -> String {
    let mut inner = Value::from(bundle());
    *inner.pointer_mut(at).unwrap() = new;
    let signature = canonical::sign(&secret(), bundle::DOMAIN, &inner).unwrap();
    let bundle = SignedBundle { bundle: inner, key_id: secret().public().id(), signature };
    StatusResponse { bundle: Some(bundle), ..response() }.signed_text(&secret())
}
