use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;

fn secret() -> VendorSecret {
    VendorSecret::from_seeds([1; 32], [2; 32])
}

fn text(value: &Value) -> String {
    String::from_utf8(canonical(value).unwrap()).unwrap()
}

#[test]
fn members_are_sorted_by_utf_16_and_nothing_is_escaped_without_need() {
    let value: Value = serde_json::from_str(
        r#"{"\u20ac":"Euro","\r":"CR","\ufb33":"Dalet","1":"One","\ud83d\ude00":"Smile","\u0080":"Control","\u00f6":"o"}"#,
    )
    .unwrap();
    assert_eq!(
        text(&value),
        "{\"\\r\":\"CR\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"o\",\"€\":\"Euro\",\"😀\":\"Smile\",\"\u{fb33}\":\"Dalet\"}"
    );
    assert_eq!(text(&json!("\u{1}\t\"\\/\u{7f}")), "\"\\u0001\\t\\\"\\\\/\u{7f}\"");
}

#[rstest]
#[case("333333333.33333329", "333333333.3333333")]
#[case("4.50", "4.5")]
#[case("2e-3", "0.002")]
#[case("0.000000000000000000000000001", "1e-27")]
#[case("50.0", "50")]
#[case("5e1", "50")]
#[case("-0", "0")]
#[case("-0.0", "0")]
#[case("9007199254740991", "9007199254740991")]
#[case("-9007199254740991", "-9007199254740991")]
fn a_number_has_one_form(#[case] written: &str, #[case] expected: &str) {
    assert_eq!(text(&serde_json::from_str(written).unwrap()), expected);
}

#[rstest]
#[case("9007199254740992")]
#[case("-9007199254740992")]
#[case("18446744073709551615")]
#[case("-9223372036854775808")]
#[case("18446744073709551616")]
#[case("9007199254740993.0")]
#[case("-1e300")]
fn a_number_that_re_encoding_may_change_is_refused(#[case] written: &str) {
    for text in [written.to_owned(), format!("[{written}]"), format!("{{\"a\":{{\"b\":[1,{written}]}}}}")] {
        let error = canonical(&serde_json::from_str(&text).unwrap()).unwrap_err();
        assert!(matches!(error, CanonicalError::NumberTooLarge { .. }), "{error:?}");
        assert!(error.to_string().ends_with('.'));
    }
}

#[test]
fn a_signature_is_good_for_its_key_its_domain_and_its_value_only() {
    let (secret, value) = (secret(), json!({"b": 1, "a": ["x", null]}));
    let signature = sign(&secret, "one", &value).unwrap();
    let key = secret.public();
    assert!(verify(&key, "one", &value, &signature));
    let reordered: Value = serde_json::from_str("{ \"a\" : [\"\\u0078\", null],\n\"b\": 1.0 }").unwrap();
    assert!(verify(&key, "one", &reordered, &signature));

    assert!(!verify(&key, "two", &value, &signature));
    assert!(!verify(&key, "one", &json!({"b": 2, "a": ["x", null]}), &signature));
    assert!(!verify(&VendorSecret::from_seeds([9; 32], [2; 32]).public(), "one", &value, &signature));
    assert!(!verify(&key, "one", &json!(9_007_199_254_740_992_u64), &signature));
    assert!(sign(&secret, "one", &json!(9_007_199_254_740_992_u64)).is_err());
}

#[test]
fn a_signature_has_one_form() {
    let (secret, value) = (secret(), json!(1));
    let (key, signature) = (secret.public(), sign(&secret, "one", &value).unwrap());
    for other in [
        String::new(),
        "!".to_owned(),
        format!(" {signature}"),
        format!("{signature}\n"),
        signature.trim_end_matches('=').to_owned(),
        format!("{}AA==", signature.trim_end_matches('=')),
        BASE64_STANDARD.encode([0; 64]),
        BASE64_STANDARD.encode([0; 63]),
    ] {
        assert!(!verify(&key, "one", &value, &other), "{other}");
    }
    for index in 0..signature.len() {
        let mut other = signature.clone().into_bytes();
        other[index] = if other[index] == b'A' { b'B' } else { b'A' };
        assert!(!verify(&key, "one", &value, &String::from_utf8(other).unwrap()), "{index}");
    }
    // The order of the group added to the second half gives the same equation and must not be taken.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = BASE64_STANDARD.decode(&signature).unwrap();
    let mut carry = 0_u16;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry as u8;
        carry >>= 8;
    }
    assert!(!verify(&key, "one", &value, &BASE64_STANDARD.encode(bytes)));
}

#[test]
fn a_key_of_small_order_verifies_nothing() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let key = VendorKey { signing: identity, sealing: [9; 32] };
    // With this key, this signature fits every message unless one looks.
    let mut signature = [0; 64];
    signature[0] = 1;
    assert!(!verify(&key, "one", &json!(1), &BASE64_STANDARD.encode(signature)));
}

#[test]
fn the_digest_is_the_known_one() {
    assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn instants_are_written_one_way_and_read_with_any_offset() {
    assert_eq!(instant::to_text(1_795_308_102_000), "2026-11-22T00:41:42.000Z");
    for text in ["2026-11-22T00:41:42Z", "2026-11-22T00:41:42.000999Z", "2026-11-21T17:41:42.000-07:00"] {
        assert_eq!(instant::from_text(text), Some(1_795_308_102_000), "{text}");
    }
    for text in ["", "2026-11-22", "2026-11-22T00:41:42", "1795308102", "2026-13-22T00:41:42Z"] {
        assert_eq!(instant::from_text(text), None, "{text}");
    }
    assert_eq!(instant::day(1_795_308_102_000), "2026-11-22");
    assert!(instant::to_text(i64::MAX).starts_with("9999-"));
    assert!(instant::to_text(i64::MIN).starts_with("-009999-"));
}

proptest! {
    #[test]
    fn an_instant_reads_back(at in -62_000_000_000_000_i64..250_000_000_000_000) {
        prop_assert_eq!(instant::from_text(&instant::to_text(at)), Some(at));
    }

    #[test]
    fn the_canonical_form_is_its_own_canonical_form(
        numbers in proptest::collection::vec(-9_007_199_254_740_991_i64..=9_007_199_254_740_991, 0..5),
        names in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..6),
        float in -1e15..1e15,
    ) {
        let value = json!({"numbers": numbers, "names": names, "float": float});
        let first = canonical(&value).unwrap();
        let again: Value = serde_json::from_slice(&first).unwrap();
        prop_assert_eq!(canonical(&again).unwrap(), first);
    }
}
