use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signature, Signer, VerifyingKey};

use super::{TextError, lines::TextLine};
use crate::{
    canonical::members::unreadable,
    vendor_key::{VendorKey, VendorSecret, WrittenKey},
};

/// Signature domain of a license text; signed before the text, with a zero byte in between.
pub const DOMAIN: &str = "leasehold VE license 1";

/// The section after the last product: who signed, and the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) key: VendorKey,
    signature: [u8; 64],
}

fn message(body: &str) -> Vec<u8> {
    [DOMAIN.as_bytes(), &[0], body.as_bytes()].concat()
}

impl Seal {
    pub(super) fn sign(secret: &VendorSecret, body: &str) -> Seal {
        let signature = secret.signing_key().sign(&message(body)).to_bytes();
        Seal { key: secret.public(), signature }
    }

    /// Strict: rejects signatures with a second form.
    pub(super) fn is_good(&self, key: &VendorKey, body: &str) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&key.signing) else { return false };
        key.verify_strict(&message(body), &Signature::from_bytes(&self.signature)).is_ok()
    }

    /// The part after the last product; empty in an unsigned text.
    pub(super) fn read(lines: &[TextLine<'_>]) -> Result<Option<Seal>, TextError> {
        let [first, rest @ ..] = lines else { return Ok(None) };
        let last = lines.last().unwrap_or(first).number;
        if first.text != "SIGNSEC" {
            let expected = "PRODSEC, SIGNSEC or the end";
            return Err(TextError::OutOfOrder { line: first.number, found: first.text.to_owned(), expected });
        }
        let mut rest = rest.iter();
        let mut next = |missing: &'static str| rest.next().ok_or(TextError::CutOff { line: last, missing });
        let key = public(next("S_KEY")?)?;
        let signature = signature(next("S_SIG")?)?;
        let end = next("SIGNEND")?;
        let after = if end.text == "SIGNEND" { rest.next() } else { Some(end) };
        match after {
            None => Ok(Some(Seal { key, signature })),
            Some(line) => Err(TextError::OutOfOrder {
                line: line.number,
                found: line.text.to_owned(),
                expected: if line.number == end.number { "SIGNEND" } else { "nothing more" },
            }),
        }
    }
}

fn value<'a>(line: &TextLine<'a>, key: &'static str, expected: &'static str) -> Result<&'a str, TextError> {
    let found = line.text.split_once('=').filter(|(found, _)| found.trim() == key);
    let out_of_order = || TextError::OutOfOrder { line: line.number, found: line.text.to_owned(), expected };
    found.map(|(_, value)| value.trim()).ok_or_else(out_of_order)
}

fn wrong(line: &TextLine<'_>, key: &str, problem: String) -> TextError {
    TextError::Value { line: line.number, key: key.to_owned(), problem }
}

/// Both halves of the key in base64, separated by a space.
fn public(line: &TextLine<'_>) -> Result<VendorKey, TextError> {
    let text = value(line, "S_KEY", "S_KEY")?;
    let halves = text.split_once(' ').and_then(|(signing, sealing)| {
        let half = |text: &str| -> Option<[u8; 32]> { BASE64_STANDARD.decode(text.trim()).ok()?.try_into().ok() };
        Some(VendorKey { signing: half(signing)?, sealing: half(sealing)? })
    });
    let key = halves.ok_or_else(|| wrong(line, "S_KEY", "is not two keys in base64".to_owned()))?;
    VendorKey::try_from(WrittenKey::from(key)).map_err(|error| wrong(line, "S_KEY", unreadable(&error)))
}

fn signature(line: &TextLine<'_>) -> Result<[u8; 64], TextError> {
    let text = value(line, "S_SIG", "S_SIG")?;
    let bytes = BASE64_STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| wrong(line, "S_SIG", "is not a signature in base64".to_owned()))
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [signing, sealing] = [self.key.signing, self.key.sealing].map(|half| BASE64_STANDARD.encode(half));
        let signature = BASE64_STANDARD.encode(self.signature);
        write!(f, "SIGNSEC\nS_KEY={signing} {sealing}\nS_SIG={signature}\nSIGNEND\n")
    }
}
