//! Answers that the vendor could have signed and never did.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use licensing::bundle::{Bundle, SignedBundle};
use licensing::status_response::{StatusResponse, read};
use licensing::vendor_key::VendorSecret;

/// The key of a node, out of its folder.
pub fn secret(node: &Path) -> VendorSecret {
    let text = std::fs::read_to_string(node.join("node.key")).unwrap();
    let bytes = STANDARD.decode(text.lines().nth(1).unwrap()).unwrap();
    VendorSecret::from_bytes(&bytes.try_into().unwrap())
}

/// A real answer, changed and signed again, with the licenses in it.
pub fn resigned(answer: &str, secret: &VendorSecret, change: impl FnOnce(&mut StatusResponse, &mut Bundle)) -> Vec<u8> {
    let key = secret.public();
    let mut response = read(answer.as_bytes(), &[key]).unwrap().into_response();
    let mut bundle = response.bundle.as_ref().unwrap().verify(&[key]).unwrap();
    let before = bundle.clone();
    change(&mut response, &mut bundle);
    if bundle != before {
        response.bundle = Some(SignedBundle::sign(secret, &bundle));
    }
    response.signed_text(secret).into_bytes()
}
