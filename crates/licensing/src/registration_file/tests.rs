use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    guid::GuidError,
    vendor_key::{KeyError, VendorSecret},
};

fn file() -> RegistrationFile {
    RegistrationFile {
        guid: "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}".parse().unwrap(),
        auth_string: "aB3-secret".parse().unwrap(),
        context: Some(Context::Production),
        deployment_id: Some("df9960a1-7bd5-633b-f0f4-b1470bbd0b8e".to_owned()),
        operator_id: Some("0d1c2b3a-bddb-4979-8284-531641b16eda".to_owned()),
        customer: Some("ACME „Süd“".to_owned()),
        nodes: vec!["127.0.0.1:4711".to_owned()],
        nodes_https: vec![],
        vendor_keys: vec![VendorSecret::from_seeds([1; 32], [2; 32]).public()],
    }
}

fn value() -> Value {
    serde_json::from_str(&file().to_json()).unwrap()
}

fn parse(value: &Value) -> Result<RegistrationFile, RegistrationError> {
    RegistrationFile::parse(value.to_string().as_bytes())
}

#[test]
fn a_file_reads_back() {
    let text = file().to_json();
    assert!(
        text.starts_with("{\n  \"format\": \"leasehold registration 1\",\n  \"guid\": \"{DF99")
            && text.ends_with("}\n")
    );
    assert_eq!(RegistrationFile::parse(text.as_bytes()), Ok(file()));
    assert_eq!(RegistrationFile::parse(format!("\u{feff}{}", text.replace('\n', "\r\n")).as_bytes()), Ok(file()));
    let windows: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(RegistrationFile::parse(&windows), Ok(file()));
}

#[test]
fn only_guid_auth_string_and_key_are_needed_and_unknown_members_are_ignored() {
    let mut value = value();
    for name in ["context", "deployment_id", "operator_id", "customer", "nodes", "nodes_https"] {
        value.as_object_mut().unwrap().remove(name);
    }
    value["colour"] = json!("blue");
    let least = RegistrationFile {
        context: None,
        deployment_id: None,
        operator_id: None,
        customer: None,
        nodes: vec![],
        ..file()
    };
    assert_eq!(parse(&value), Ok(least.clone()));
    assert_eq!(RegistrationFile::parse(least.to_json().as_bytes()), Ok(least), "null is as good as absent");
}

#[test]
fn each_mistake_has_its_sentence() {
    let with = |name: &str, new: Value| {
        let mut value = value();
        value[name] = new;
        parse(&value)
    };
    let without = |name: &str| {
        let mut value = value();
        value.as_object_mut().unwrap().remove(name);
        parse(&value)
    };
    let field =
        |field: &str, problem: &str| RegistrationError::Field { field: field.to_owned(), problem: problem.to_owned() };
    let other = VendorSecret::from_seeds([3; 32], [4; 32]).public();
    let key = |name: &str, new: Value| {
        let mut value = value();
        value["vendor_keys"][0][name] = new;
        parse(&value)
    };
    let bytes = LARGEST + 1;
    let mismatch = KeyError::Mismatch { stated: other.fingerprint(), real: file().vendor_keys[0].fingerprint() };
    let cases = [
        (RegistrationFile::parse(&vec![b' '; bytes]), RegistrationError::TooLong { bytes }),
        (RegistrationFile::parse(b""), RegistrationError::NotJson { line: 1, column: 0 }),
        (RegistrationFile::parse(b"<html>"), RegistrationError::NotJson { line: 1, column: 1 }),
        (RegistrationFile::parse(b"{\n\xFF}"), RegistrationError::NotJson { line: 2, column: 1 }),
        (RegistrationFile::parse(b"[]"), RegistrationError::NotARegistration),
        (RegistrationFile::parse(b"{}"), RegistrationError::NotARegistration),
        (with("format", json!("leasehold bundle 1")), RegistrationError::NotARegistration),
        (with("format", json!("leasehold registration 2")), RegistrationError::OtherVersion),
        (without("guid"), field("guid", "is missing")),
        (with("guid", json!("DF99")), RegistrationError::Guid(GuidError::WrongLength { found: 4 })),
        (with("auth_string", json!(" ")), RegistrationError::AuthString),
        (with("auth_string", json!("a\nb")), RegistrationError::AuthString),
        (with("auth_string", json!("a".repeat(2000))), RegistrationError::AuthString),
        (without("auth_string"), field("auth_string", "is missing")),
        (
            with("context", json!("staging")),
            field("context", "is invalid: Unknown context. Use production, backup or development"),
        ),
        (with("nodes", json!("a;b")), field("nodes", "must be a list")),
        (with("nodes", json!(["a", 1])), field("nodes[1]", "must be text")),
        (without("vendor_keys"), RegistrationError::NoKey),
        (with("vendor_keys", json!([])), RegistrationError::NoKey),
        (with("vendor_keys", json!(null)), RegistrationError::NoKey),
        (key("fingerprint", json!(other.fingerprint())), RegistrationError::Key(mismatch)),
        (key("sealing", json!("AAAA")), RegistrationError::Key(KeyError::NotBase64 { name: "sealing" })),
        (key("signing", json!(null)), field("vendor_keys[0].signing", "must be text")),
    ];
    for (got, expected) in cases {
        let sentence = expected.to_string();
        assert!(sentence.ends_with('.') && !sentence.contains("secret"), "{sentence}");
        assert_eq!(got, Err(expected));
    }
}

#[test]
fn the_auth_string_is_not_shown() {
    let shown = format!("{:?}", file());
    assert!(shown.contains("DF9960A1") && !shown.contains("aB3-secret"), "{shown}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        prop_assert!(RegistrationFile::parse(&bytes).is_err());
    }
}
