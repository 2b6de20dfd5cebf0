use licensing::{
    bundle::SignedBundle,
    contact::DAY,
    context::Context,
    status_response::{DOMAIN, ExpectedResponse, MOST_APART, StatusResponse, check, read},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::made::text;
use crate::samples::{
    NOW, bundle, expected, guid, installed, keys, open, response, secret, take, with_monitor_license,
};

#[test]
fn the_members_of_the_seed_come_first_and_ours_after_them() {
    let text = text();
    let start = "{\"error\":false,\"response-message\":\"Success\",\"valid-license-guids\":[\"df9960a1-7bd5-633b-f0f4-b1470bbd0b8e\"],\"report-signature\":\"";
    assert!(text.starts_with(start), "{text}");
    let mut rest = text.as_str();
    for name in ["license-status-id", "node-time", "report-sha256", "vendor-key-id", "license-bundle", "notices"] {
        rest = rest.split_once(&format!(",\"{name}\":")).unwrap().1;
    }
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value, response().sign(&secret()), "the text and the value are one answer");
    assert_eq!(value["node-time"], "2026-11-22T00:41:42.000Z");
    assert_eq!(value["license-status-id"], "6f1c0a52-fc38-43a5-a10c-0e7dfd45da47");
    assert_eq!(value.as_object().unwrap().len(), 10);
    let bundle: Vec<_> = value["license-bundle"].as_object().unwrap().keys().collect();
    assert_eq!(bundle, ["bundle", "key-id", "signature"]);
}

#[test]
fn a_good_answer_is_taken_whole() {
    let accepted = take(text().as_bytes()).unwrap();
    assert_eq!(accepted.response, response());
    assert_eq!(accepted.bundle, bundle());
    assert_eq!(accepted.signed_bundle, SignedBundle::sign(&secret(), &bundle()));
    assert!(!accepted.unchanged);
}

fn pretty(text: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<Value>(text).unwrap()).unwrap()
}

/// Every letter of every string as `\u….`.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let (mut inside, mut after_backslash) = (false, false);
    for c in text.chars() {
        match c {
            '"' if !after_backslash => {
                inside = !inside;
                out.push(c);
            }
            c if inside && !after_backslash && c != '\\' => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04X}")));
            }
            c => out.push(c),
        }
        after_backslash = c == '\\' && !after_backslash;
    }
    out
}

/// The members of every object in the reverse order.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<_> =
                members.iter().rev().map(|(name, value)| format!("{}: {}", json!(name), reversed(value))).collect();
            format!("{{{}}}", members.join(" , "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(reversed).collect::<Vec<_>>().join(",\t")),
        other => other.to_string(),
    }
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
}

#[test]
fn an_answer_that_was_re_indented_re_ordered_or_re_encoded_is_as_good() {
    let value: Value = serde_json::from_str(&text()).unwrap();
    let (text, pretty) = (text(), pretty(&text()));
    assert_ne!(escaped(&text), text);
    let versions: Vec<(&str, Vec<u8>)> = vec![
        ("indented", pretty.clone().into_bytes()),
        ("CRLF", pretty.replace('\n', "\r\n").into_bytes()),
        ("blank lines around", format!("\r\n\t {text}\n\n").into_bytes()),
        ("no-break spaces around", format!("\u{a0}\u{200b}{text}\u{a0}").into_bytes()),
        ("byte order mark", format!("\u{feff}{text}").into_bytes()),
        ("reversed", reversed(&value).into_bytes()),
        ("escaped", escaped(&text).into_bytes()),
        ("escaped solidus", text.replace('/', "\\/").into_bytes()),
        ("numbers with a fraction", text.replace("\"count\":50", "\"count\":50.0").into_bytes()),
        ("numbers with an exponent", text.replace("\"count\":50", "\"count\":5e1").into_bytes()),
        ("UTF-16, little end first", utf16(&pretty, u16::to_le_bytes)),
        ("UTF-16, big end first", utf16(&text, u16::to_be_bytes)),
    ];
    for (name, bytes) in versions {
        assert_ne!(bytes, text.as_bytes(), "{name}");
        let accepted = take(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!(accepted.response, response(), "{name}");
        assert_eq!(accepted.signed_bundle.sha256(), response().bundle.unwrap().sha256(), "{name}");
    }
}

#[test]
fn a_newer_bundle_is_new_and_the_same_one_is_unchanged() {
    let keys = keys();
    let with = |serial| {
        let expected = ExpectedResponse { installed: Some(installed(serial, &bundle())), ..expected(&keys) };
        check(read(text().as_bytes(), &keys).unwrap(), open(), &expected).unwrap().unchanged
    };
    assert!(!with(2));
    assert!(with(3));
}

#[test]
fn a_bundle_signed_with_an_older_trusted_key_is_taken() {
    let older = licensing::vendor_key::VendorSecret::from_seeds([5; 32], [6; 32]);
    let response = StatusResponse { bundle: Some(SignedBundle::sign(&older, &bundle())), ..response() };
    assert!(take(response.signed_text(&secret()).as_bytes()).is_ok());
}

#[test]
fn a_monitor_license_comes_with_the_answer_and_is_read_as_it_was_signed() {
    let sent = with_monitor_license(guid());
    let accepted = take(sent.signed_text(&secret()).as_bytes()).unwrap();
    assert_eq!(accepted.response, sent);
    assert_eq!(accepted.monitor.unwrap().licenses[0].users, 50);
    assert!(take(text().as_bytes()).unwrap().monitor.is_none());
    assert!(!text().contains("monitor-license"), "a server that never had one gets none");
}

#[test]
fn the_first_bundle_says_the_context() {
    let keys = keys();
    let expected = ExpectedResponse { context: None, ..expected(&keys) };
    let accepted = check(read(text().as_bytes(), &keys).unwrap(), open(), &expected).unwrap();
    assert_eq!(accepted.bundle.context, Context::Production);
}

#[rstest]
#[case::wall_is_off(NOW + 1000 * DAY, NOW)]
#[case::high_water_is_off(NOW, NOW + 1000 * DAY)]
#[case::both_at_the_edge(NOW + MOST_APART, NOW - MOST_APART)]
fn one_clock_near_the_nodes_is_enough(#[case] now: i64, #[case] high_water: i64) {
    let keys = keys();
    let expected = ExpectedResponse { now, high_water, ..expected(&keys) };
    assert!(check(read(text().as_bytes(), &keys).unwrap(), open(), &expected).is_ok());
}

#[test]
fn members_that_are_not_known_and_absent_notices_do_no_harm() {
    let mut value = response().sign(&secret());
    let members = value.as_object_mut().unwrap();
    members.remove("report-signature");
    members.remove("notices");
    members.insert("colour".to_owned(), json!({"blue": 1}));
    let signature = licensing::canonical::sign(&secret(), DOMAIN, &value).unwrap();
    value["report-signature"] = json!(signature);
    let accepted = take(value.to_string().as_bytes()).unwrap();
    assert_eq!(accepted.response, StatusResponse { notices: vec![], ..response() });
    value["colour"] = json!({"blue": 2});
    assert_eq!(take(value.to_string().as_bytes()).unwrap_err().code(), "bad-signature", "they are signed all the same");
}

#[test]
fn an_answer_of_ten_thousand_licenses_fits() {
    let mut many = bundle();
    many.licenses = (0..10_000)
        .map(|number| {
            let mut license = many.licenses[0].clone();
            license.id = format!("L-{number}");
            license
        })
        .collect();
    let response = StatusResponse { bundle: Some(SignedBundle::sign(&secret(), &many)), ..response() };
    assert_eq!(take(response.signed_text(&secret()).as_bytes()).unwrap().bundle, many);
}

#[test]
fn a_signed_answer_names_its_report_and_key() {
    let signed = read(text().as_bytes(), &keys()).unwrap();
    assert_eq!(signed.status_id(), response().license_status_id);
    assert_eq!(signed.key_id(), secret().public().id());
    assert_eq!(signed.response(), &response());
}
