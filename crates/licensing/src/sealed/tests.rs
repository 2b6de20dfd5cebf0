use proptest::prelude::*;

use super::*;
use crate::canonical::hex;

const SECRET_WORD: &str = "auth-7f3b19";

fn secret() -> VendorSecret {
    VendorSecret::from_seeds([1; 32], [2; 32])
}

fn plain() -> SealedPlain {
    SealedPlain { auth_string: SECRET_WORD.to_owned(), report: r#"{"cluster_guid":"df9960a1"}"#.to_owned() }
}

fn request() -> (Vec<u8>, AnswerOpener) {
    seal_request(&secret().public(), &plain().to_bytes(), [3; 32])
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

#[test]
fn a_request_and_its_answer_come_through() {
    let (sealed, opener) = request();
    let (opened, replier) = open_request(&secret(), &sealed).unwrap();
    assert_eq!(SealedPlain::parse(&opened), Ok(plain()));

    let answer = SealedAnswer { status: 409, body: "{\"error\":true,\"response-message\":\"ä😀\"}".to_owned() };
    let reply = replier.seal(&answer.to_bytes(), [4; 16]);
    assert_eq!(SealedAnswer::parse(&opener.open(&reply).unwrap()), Ok(answer));
}

#[test]
fn the_clear_text_is_not_in_what_is_sent() {
    let (sealed, _) = request();
    let (_, replier) = open_request(&secret(), &sealed).unwrap();
    let reply = replier.seal(&SealedAnswer { status: 200, body: SECRET_WORD.to_owned() }.to_bytes(), [4; 16]);
    assert!(contains(&plain().to_bytes(), SECRET_WORD));
    for word in [SECRET_WORD, "auth_string", "cluster_guid", "status", "df9960a1"] {
        assert!(!contains(&sealed, word) && !contains(&reply, word), "{word}");
    }
    // Not even a run of blanks, of which the padding is made.
    assert!(!contains(&sealed, "    ") && !contains(&reply, "    "));
}

#[test]
fn the_length_tells_nothing() {
    let length = |auth: &str| {
        let plain = SealedPlain { auth_string: auth.to_owned(), report: String::new() };
        seal_request(&secret().public(), &plain.to_bytes(), [3; 32]).0.len()
    };
    assert_eq!(length("a"), length(&"a".repeat(900)));
    assert_ne!(length("a"), length(&"a".repeat(1100)));
    for size in [0, 1, 1023, 1024, 1025] {
        let padded = padded("x".repeat(size));
        assert_eq!(padded.len() % 1024, 0);
        assert!(padded.len() - size < 1024);
    }
}

#[test]
fn every_flip_of_every_bit_of_a_request_is_refused() {
    let (sealed, _) = seal_request(&secret().public(), b"{\"auth_string\":\"a\"}", [3; 32]);
    for index in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[index] ^= 1 << bit;
            assert!(open_request(&secret(), &changed).is_err(), "byte {index}, bit {bit}");
        }
    }
    assert!(open_request(&secret(), &sealed).is_ok());
}

#[test]
fn every_flip_of_every_byte_of_a_padded_body_and_its_answer_is_refused() {
    let (sealed, opener) = request();
    let (_, replier) = open_request(&secret(), &sealed).unwrap();
    let reply = replier.seal(b"{\"status\":200,\"body\":\"\"}", [4; 16]);
    for index in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 0x80;
        assert!(open_request(&secret(), &changed).is_err(), "byte {index}");
    }
    for index in 0..reply.len() {
        for bit in 0..8 {
            let mut changed = reply.clone();
            changed[index] ^= 1 << bit;
            assert!(opener.open(&changed).is_err(), "byte {index}, bit {bit}");
        }
    }
    assert!(opener.open(&reply).is_ok());
}

#[test]
fn every_shorter_and_every_longer_body_is_refused() {
    let (sealed, opener) = seal_request(&secret().public(), b"{}", [3; 32]);
    let (_, replier) = open_request(&secret(), &sealed).unwrap();
    let reply = replier.seal(b"{}", [4; 16]);
    for length in 0..sealed.len() {
        assert!(open_request(&secret(), &sealed[..length]).is_err(), "{length}");
    }
    for length in 0..reply.len() {
        assert!(opener.open(&reply[..length]).is_err(), "{length}");
    }
    assert_eq!(open_request(&secret(), &[&sealed[..], b"x"].concat()).unwrap_err(), SealError::Damaged);
    assert_eq!(opener.open(&[&reply[..], b"x"].concat()).unwrap_err(), SealError::Damaged);
}

#[test]
fn an_answer_opens_for_its_own_request_only() {
    let key = secret().public();
    let (first, opener) = seal_request(&key, b"same", [3; 32]);
    let (second, other) = seal_request(&key, b"same", [4; 32]);
    assert_ne!(first, second, "fresh randomness gives another body");
    let reply = open_request(&secret(), &first).unwrap().1.seal(b"answer", [5; 16]);
    assert_eq!(opener.open(&reply).unwrap(), b"answer");
    assert_eq!(other.open(&reply), Err(SealError::Damaged));
    assert_ne!(reply[4..], open_request(&secret(), &first).unwrap().1.seal(b"answer", [6; 16])[4..]);
}

#[test]
fn each_refusal_has_its_sentence() {
    let (sealed, _) = request();
    let own = secret().public();
    let other = VendorSecret::from_seeds([1; 32], [9; 32]);
    let cases = [
        (open_request(&secret(), b"").err(), SealError::NotSealed),
        (open_request(&secret(), b"<html>").err(), SealError::NotSealed),
        (open_request(&secret(), &sealed[..59]).err(), SealError::TooShort { bytes: 59 }),
        (
            open_request(&secret(), &[b"LHQ1", &vec![0; MAX_SEALED][..]].concat()).err(),
            SealError::TooLarge { bytes: MAX_SEALED + 4 },
        ),
        (open_request(&other, &sealed).err(), SealError::OtherKey { key_id: own.id() }),
        (SealedPlain::parse(b"{}").err(), SealError::Content { problem: "“auth_string” is missing".to_owned() }),
        (SealedPlain::parse(b"[]").err(), SealError::Content { problem: "it must be an object".to_owned() }),
        (SealedAnswer::parse(b"no").err(), SealError::Content { problem: "it is not JSON".to_owned() }),
        (
            SealedAnswer::parse(b"{\"status\":70000,\"body\":\"\"}").err(),
            SealError::Content { problem: "“status” must be a number from 100 to 599".to_owned() },
        ),
    ];
    for (got, expected) in cases {
        assert!(expected.to_string().ends_with('.'));
        assert_eq!(got, Some(expected));
    }
}

#[test]
fn a_key_that_protects_nothing_seals_nothing() {
    let key = VendorKey { sealing: [0; 32], ..secret().public() };
    let (sealed, opener) = seal_request(&key, b"secret", [3; 32]);
    assert!(sealed.is_empty());
    assert_eq!(opener.open(b"LHA1"), Err(SealError::UnusableKey));
}

#[test]
fn nothing_secret_is_shown() {
    let (sealed, opener) = request();
    let (_, replier) = open_request(&secret(), &sealed).unwrap();
    assert!(!format!("{:?}", plain()).contains(SECRET_WORD));
    assert_eq!(format!("{opener:?} {replier:?}"), "Opener(…) Replier(…)");
}

/// Checked against an implementation of RFC 9180 and RFC 9458 in another language; what was sealed once must stay
/// readable.
#[test]
fn the_bytes_on_the_wire_are_these() {
    let (sealed, _) = seal_request(&secret().public(), b"known", [3; 32]);
    let reply = open_request(&secret(), &sealed).unwrap().1.seal(b"answer", [4; 16]);
    assert_eq!(
        hex(&sealed),
        concat!(
            "4c4851314ef481ec891a293e846ff7d57ebe6eb21e43d07e37f23ad7773f226542e29b44",
            "a5d2c4bc67b6234d3b88eac793390123e70b5c26d2f4b3ce596bcdf938"
        )
    );
    assert_eq!(hex(&reply), "4c48413104040404040404040404040404040404cad461af160367b249d1a57b7af2ff2e02367614ed76");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), mark in any::<bool>()) {
        let (_, opener) = seal_request(&secret().public(), b"", [3; 32]);
        let with = |start: &[u8]| if mark { [start, &bytes].concat() } else { bytes.clone() };
        let id = secret().public().id();
        prop_assert!(open_request(&secret(), &with(b"LHQ1")).is_err());
        prop_assert!(open_request(&secret(), &with(&[b"LHQ1", &id.as_bytes()[..]].concat())).is_err());
        prop_assert!(opener.open(&with(b"LHA1")).is_err());
        let _ = (SealedPlain::parse(&bytes), SealedAnswer::parse(&bytes));
    }

    #[test]
    fn whatever_is_sealed_comes_through(plain in any::<Vec<u8>>(), answer in any::<Vec<u8>>(), seed: [u8; 32], nonce: [u8; 16]) {
        let (sealed, opener) = seal_request(&secret().public(), &plain, seed);
        let (opened, replier) = open_request(&secret(), &sealed).unwrap();
        prop_assert_eq!(opened, plain);
        prop_assert_eq!(opener.open(&replier.seal(&answer, nonce)).unwrap(), answer);
    }
}
