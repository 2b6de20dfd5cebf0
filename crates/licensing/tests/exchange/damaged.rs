use std::collections::BTreeMap;

use licensing::{
    canonical::canonical,
    status_response::{ResponseRefusal, read},
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    damage::damage,
    random::SeededRandom,
    samples::{keys, response, secret, take},
};

/// None if it is no JSON as it is.
fn form(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    Some(canonical(&value).unwrap())
}

/// From a fixed seed: flips, replaced bytes, truncations, deletions, duplications, moved pieces and other numbers.
#[test]
fn ten_thousand_damaged_answers_are_refused_unless_they_say_the_same() {
    const INPUTS: usize = 10_000;
    let value = response().sign(&secret());
    // Indented, so that some of the damage falls where it does not matter.
    let original = serde_json::to_vec_pretty(&value).unwrap();
    let expected = form(&original).unwrap();
    let mut random = SeededRandom::new(0x1ea5_e401d);
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut different = 0;
    for _ in 0..INPUTS {
        let bytes = damage(&original, &mut random);
        if bytes == original {
            continue;
        }
        different += 1;
        let outcome = match take(&bytes) {
            Ok(accepted) => {
                // Damage that a mail program could have done is undone; the signature says that it was.
                let same = form(&bytes).is_none_or(|form| form == expected);
                assert!(same, "accepted with another content: {}", bytes.escape_ascii());
                assert_eq!(accepted.response, response());
                "taken"
            }
            Err(refusal) => refusal.code(),
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    // The damage reaches every layer, or this test would prove little.
    assert!(different > INPUTS * 9 / 10, "{different}");
    for outcome in ["taken", "truncated", "not-json", "not-a-response", "bad-field", "bad-signature"] {
        assert!(outcomes.get(outcome).copied().unwrap_or_default() >= 10, "{outcome}: {outcomes:?}");
    }
}

#[test]
fn each_single_letter_of_an_answer_matters() {
    let text = response().signed_text(&secret());
    let keys = keys();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        assert!(read(&bytes, &keys).is_err(), "{at}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_none_are_taken(bytes in any::<Vec<u8>>()) {
        prop_assert!(take(&bytes).is_err());
    }

    #[test]
    fn no_text_makes_it_panic_and_every_sentence_is_short(text in "[{}\\[\\]\":,a-z0-9 \\\\.<é-]{0,60}") {
        let refusal = take(text.as_bytes()).unwrap_err();
        prop_assert!(refusal.to_string().len() < 400);
        prop_assert!(!matches!(refusal, ResponseRefusal::BadSignature));
    }
}
