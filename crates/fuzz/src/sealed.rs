//! Sealed reports, and the answers to them.

use licensing::sealed::{SealedAnswer, SealedPlain, open_request, seal_request};

use crate::{is_a_sentence, seeds::vendor};

pub(crate) fn run(bytes: &[u8]) {
    match open_request(&vendor(), bytes) {
        Err(error) => is_a_sentence(&error),
        Ok((plain, sealer)) => {
            let _ = SealedPlain::parse(&plain);
            let _ = sealer.seal(&plain, [1; 16]);
        }
    }
    let (_, opener) = seal_request(&vendor().public(), b"{}", [3; 32]);
    if let Err(error) = opener.open(bytes) {
        is_a_sentence(&error);
    }
    match SealedPlain::parse(bytes) {
        Err(error) => is_a_sentence(&error),
        Ok(plain) => assert_eq!(SealedPlain::parse(&plain.to_bytes()), Ok(plain)),
    }
    match SealedAnswer::parse(bytes) {
        Err(error) => is_a_sentence(&error),
        Ok(answer) => assert_eq!(SealedAnswer::parse(&answer.to_bytes()), Ok(answer)),
    }
}
