use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// The seed of RFC 8032 (7.1, test 1), and 32 threes; the public halves were computed in another language.
const SIGNING_SEED: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5,
    0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];
const SIGNING: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const SEALING: &str = "5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22";
const FINGERPRINT: &str = "SHA256:c88d1ed46e26cb8580cecfc8fccf6189f90234abccf2460d36d5299f5c4fd0f7";

fn secret() -> VendorSecret {
    VendorSecret::from_seeds(SIGNING_SEED, [3; 32])
}

#[test]
fn keys_and_fingerprint_follow_from_the_seeds() {
    let key = secret().public();
    assert_eq!(crate::canonical::hex(&key.signing), SIGNING);
    assert_eq!(crate::canonical::hex(&key.sealing), SEALING);
    assert_eq!(key.fingerprint().to_string(), FINGERPRINT);
    assert_eq!(key.id().to_string(), "c88d1ed46e26cb85");
    assert_eq!(VendorSecret::from_bytes(&secret().to_bytes()).public(), key);
    assert_eq!(secret().to_bytes()[..32], SIGNING_SEED);
}

#[test]
fn nothing_secret_is_shown() {
    let shown = format!("{:?} {:?}", secret(), secret().public());
    assert_eq!(shown, format!("VendorSecret(of {FINGERPRINT}) VendorKey({FINGERPRINT})"));
}

#[test]
fn a_fingerprint_can_be_read_aloud() {
    let grouped = secret().public().fingerprint().grouped();
    assert_eq!(grouped, "C88D 1ED4 6E26 CB85 80CE CFC8 FCCF 6189 F902 34AB CCF2 460D 36D5 299F 5C4F D0F7");
    assert_eq!(grouped.parse(), Ok(secret().public().fingerprint()));
}

#[rstest]
#[case::as_written("SHA256:c88d1ed46e26cb8580cecfc8fccf6189f90234abccf2460d36d5299f5c4fd0f7")]
#[case::upper_case("SHA256:C88D1ED46E26CB8580CECFC8FCCF6189F90234ABCCF2460D36D5299F5C4FD0F7")]
#[case::without_prefix("c88d1ed46e26cb8580cecfc8fccf6189f90234abccf2460d36d5299f5c4fd0f7")]
#[case::other_prefix("sha-256: c88d1ed46e26cb8580cecfc8fccf6189f90234abccf2460d36d5299f5c4fd0f7")]
#[case::colons("C8:8D:1E:D4:6E:26:CB:85:80:CE:CF:C8:FC:CF:61:89:F9:02:34:AB:CC:F2:46:0D:36:D5:29:9F:5C:4F:D0:F7")]
#[case::hyphens_and_lines("c88d1ed46e26cb85-80cecfc8fccf6189\r\nf90234abccf2460d-36d5299f5c4fd0f7\n")]
#[case::quotes(" \"SHA256:c88d1ed46e26cb8580cecfc8fccf6189f90234abccf2460d36d5299f5c4fd0f7\" ")]
#[case::typographic("„sha256:c88d1ed46e26cb8580cecfc8fccf6189f90234abccf2460d36d5299f5c4fd0f7“")]
fn a_fingerprint_is_read_as_people_paste_it(#[case] text: &str) {
    assert_eq!(text.parse::<Fingerprint>().map(|read| read.to_string()), Ok(FINGERPRINT.to_owned()));
}

#[rstest]
#[case("", KeyError::FingerprintLength { found: 0 })]
#[case("SHA256:", KeyError::FingerprintLength { found: 0 })]
#[case("SHA256:c88d", KeyError::FingerprintLength { found: 4 })]
#[case(&"a".repeat(65), KeyError::FingerprintLength { found: 65 })]
#[case("SHA512:c88d", KeyError::WrongCharacter { character: 'S' })]
#[case("SHA256:c88g", KeyError::WrongCharacter { character: 'g' })]
#[case("é", KeyError::WrongCharacter { character: 'é' })]
fn anything_else_is_refused_in_a_sentence(#[case] text: &str, #[case] expected: KeyError) {
    assert!(expected.to_string().ends_with('.'));
    assert_eq!(text.parse::<Fingerprint>(), Err(expected));
}

#[test]
fn a_key_id_is_sixteen_digits() {
    let id = secret().public().id();
    assert_eq!(" C88D1ED46E26CB85\n".parse(), Ok(id));
    for text in ["", "c88d1ed46e26cb8", "c88d1ed46e26cb855", "+88d1ed46e26cb85", "c88d1ed46e26cb8g"] {
        assert_eq!(text.parse::<KeyId>(), Err(KeyError::KeyId), "{text}");
    }
}

#[test]
fn a_key_in_json_reads_back_and_stands_in_this_order() {
    let key = secret().public();
    let text = serde_json::to_string(&KeyList { keys: vec![key] }).unwrap();
    assert_eq!(
        text,
        format!(
            "{{\"keys\":[{{\"signing\":\"{}\",\"sealing\":\"{}\",\"fingerprint\":\"{FINGERPRINT}\"}}]}}",
            "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "Xf7dO2vUf2+ijuFdlp1bsOpTd01Ii9r53xxuASSz7yI="
        )
    );
    assert_eq!(serde_json::from_str::<KeyList>(&text).unwrap().keys, [key]);
}

fn changed(member: &str, value: Value) -> String {
    let mut json = serde_json::to_value(secret().public()).unwrap();
    json[member] = value;
    serde_json::from_value::<VendorKey>(json).unwrap_err().to_string()
}

#[test]
fn a_key_with_another_fingerprint_or_another_shape_is_refused() {
    let other = VendorSecret::from_seeds([1; 32], [2; 32]).public();
    assert!(changed("fingerprint", json!(other.fingerprint())).starts_with("The key has the fingerprint"));
    assert!(
        changed("signing", json!(BASE64_STANDARD.encode(other.signing))).starts_with("The key has the fingerprint")
    );
    assert!(changed("sealing", json!(BASE64_STANDARD.encode([1; 31]))).contains("sealing key is not 32 bytes"));
    assert!(changed("signing", json!("…")).contains("signing key is not 32 bytes"));
    assert!(changed("signing", json!(1)).contains("invalid type"));
}

#[test]
fn a_key_that_protects_nothing_is_refused_even_with_its_own_fingerprint() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let good = secret().public();
    for bad in [
        VendorKey { sealing: [0; 32], ..good },
        VendorKey { sealing: identity, ..good },
        VendorKey { signing: identity, ..good },
        VendorKey { signing: no_point, ..good },
    ] {
        let text = serde_json::to_string(&bad).unwrap();
        let error = serde_json::from_str::<VendorKey>(&text).unwrap_err();
        assert!(error.to_string().starts_with("This key is unsafe"), "{error}");
    }
}

proptest! {
    #[test]
    fn every_fingerprint_reads_back(bytes: [u8; 32]) {
        let fingerprint = Fingerprint::from_bytes(bytes);
        prop_assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        prop_assert_eq!(fingerprint.grouped().parse(), Ok(fingerprint));
        prop_assert_eq!(fingerprint.key_id().to_string().parse(), Ok(fingerprint.key_id()));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = (text.parse::<Fingerprint>(), text.parse::<KeyId>());
    }
}
