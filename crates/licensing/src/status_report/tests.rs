use std::collections::BTreeSet;

use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;

/// The shape and the numbers of the vendor's example, with UUIDs where it has none.
const SEED: &str = concat!(
    r#"{"cluster_guid":"1c0a6f52-904e-4ef4-af51-390c5e1b7a15","instance_uuid":"91347bef-96fa-4b2d-8e30-4c2aa77f437b","#,
    r#""status_id":"6f1c0a52-fc38-43a5-a10c-0e7dfd45da47","instance_created":"2023-08-29T17:44:27.334937-07:00","#,
    r#""installation_type":"Undefined","report_timestamp":"1693954219","images":null,"#,
    r#""deployments":[{"license_guid":"2b1d4c3e-086f-42f0-a728-d95f39dc2229","bio_engine_usage":null,"#,
    r#""speech_usage":{"session_ms":615524,"session_audio_ms":192877,"license_usage":{"#,
    r#""ETRAN_ENUS":{"usage_count":1,"usage_ms":2800},"ETRAN_ENUS_50":{"usage_count":1,"usage_ms":2800},"#,
    r#""INTERACTION_USAGE":{"usage_count":4,"usage_ms":610644},"SESSION_USAGE":{"usage_count":4,"usage_ms":615524},"#,
    r#""TRAN_ENUS":{"usage_count":3,"usage_ms":187618},"VAD":{"usage_count":2,"usage_ms":66900}}}}]}"#,
);

fn seed() -> StatusReport {
    StatusReport::parse(SEED.as_bytes()).unwrap()
}

fn header(id: u64) -> KeyHeader {
    let vendor_key_id = crate::vendor_key::KeyId::from_bytes([1; 8]);
    KeyHeader { id: format!("{id:016x}"), day: 20_700, vendor_key_id, sealed: "c2VhbGVk".to_owned() }
}

fn seed_value() -> Value {
    serde_json::from_str(SEED).unwrap()
}

#[test]
fn the_report_of_the_seed_reads_and_is_written_back_to_the_letter() {
    let report = seed();
    assert_eq!(report.to_json(), SEED);
    assert_eq!(report.status_id.to_string(), "6f1c0a52-fc38-43a5-a10c-0e7dfd45da47");
    let usage = &report.deployments[0].speech_usage;
    assert_eq!((usage.session_ms, usage.session_audio_ms, usage.license_usage.len()), (615_524, 192_877, 6));
    assert_eq!(usage.license_usage["TRAN_ENUS"], ReportedUsage { usage_count: 3, usage_ms: 187_618 });
}

/// What leaves the server, all of it. A field that is added to the report without being explained fails here.
#[test]
fn a_report_carries_what_is_listed_and_nothing_else() {
    let listed: BTreeSet<String> = FIELDS.iter().map(|field| field.path.to_owned()).collect();
    assert_eq!(listed.len(), FIELDS.len(), "each is listed once");
    assert!(FIELDS.iter().all(|field| field.meaning.ends_with('.')));
    let full = StatusReport { simultaneous_use_ms: Some(1), locked_keys: vec![header(1)], ..seed() };
    let full: Value = serde_json::from_str(&full.to_json()).unwrap();
    assert_eq!(paths(&full), listed);
}

#[rstest]
#[case::at_the_top("/user", "user")]
#[case::in_a_deployment("/deployments/0/host", "deployments[].host")]
#[case::in_usage("/deployments/0/speech_usage/caller", "deployments[].speech_usage.caller")]
#[case::under_a_name(
    "/deployments/0/speech_usage/license_usage/VAD/user",
    "deployments[].speech_usage.license_usage.*.user"
)]
fn a_field_that_is_added_is_found_wherever_it_stands_and_whatever_it_holds(#[case] at: &str, #[case] path: &str) {
    let (parent, name) = at.rsplit_once('/').unwrap();
    let values = [
        (json!("x"), path.to_owned()),
        (json!(null), path.to_owned()),
        (json!({}), path.to_owned()),
        (json!([]), format!("{path}[]")),
        (json!([{"a": 1}]), format!("{path}[].a")),
    ];
    for (value, expected) in values {
        let mut report = seed_value();
        report.pointer_mut(parent).unwrap()[name] = value;
        let added: Vec<_> = paths(&report).difference(&paths(&seed_value())).cloned().collect();
        assert_eq!(added, [expected]);
    }
}

#[test]
fn a_report_without_use_or_deployments_carries_nothing_unlisted() {
    let listed: BTreeSet<String> = FIELDS.iter().map(|field| field.path.to_owned()).collect();
    let mut report = seed();
    report.deployments[0].speech_usage.license_usage.clear();
    for report in [report.clone(), StatusReport { deployments: vec![], ..report }] {
        let value = serde_json::from_str(&report.to_json()).unwrap();
        assert!(paths(&value).is_subset(&listed), "{:?}", paths(&value));
        assert_eq!(StatusReport::parse(report.to_json().as_bytes()), Ok(report));
    }
}

#[test]
fn unknown_members_are_ignored_and_uuids_have_one_form() {
    let mut value = seed_value();
    value["colour"] = json!("blue");
    value["deployments"][0]["speech_usage"]["more"] = json!([1]);
    value["instance_uuid"] = json!("{91347BEF-96FA-4B2D-8E30-4C2AA77F437B}");
    value["deployments"][0]["license_guid"] = json!("2B1D4C3E086F42F0A728D95F39DC2229");
    value.as_object_mut().unwrap().remove("images");
    assert_eq!(StatusReport::parse(value.to_string().as_bytes()), Ok(seed()));
    let indented = serde_json::to_string_pretty(&seed_value()).unwrap();
    assert_eq!(StatusReport::parse(format!("\u{feff}{indented}\r\n").as_bytes()), Ok(seed()));
}

#[rstest]
#[case("/cluster_guid", json!(1), "cluster_guid", "must be text")]
#[case("/cluster_guid", json!("$LV_LIC"), "cluster_guid", "must be a UUID like 6f1c0a52-fc38-43a5-a10c-0e7dfd45da47")]
#[case("/instance_uuid", json!(""), "instance_uuid", "must be a UUID like 6f1c0a52-fc38-43a5-a10c-0e7dfd45da47")]
#[case("/status_id", json!(null), "status_id", "must be text")]
#[case("/instance_created", json!("2023-08-29"), "instance_created", "must be a time like 2026-11-22T00:41:42.000-07:00")]
#[case("/installation_type", json!([]), "installation_type", "must be text")]
#[case("/report_timestamp", json!(1_693_954_219), "report_timestamp", "must be text")]
#[case("/report_timestamp", json!("-1"), "report_timestamp", "must be seconds since 1970, as text of digits")]
#[case("/images", json!({}), "images", "must be null")]
#[case("/deployments", json!({}), "deployments", "must be a list")]
#[case("/deployments/0", json!("x"), "deployments[0]", "must be an object")]
#[case("/deployments/0/license_guid", json!("x"), "deployments[0].license_guid", "must be a UUID like 6f1c0a52-fc38-43a5-a10c-0e7dfd45da47")]
#[case("/deployments/0/bio_engine_usage", json!(0), "deployments[0].bio_engine_usage", "must be null")]
#[case("/deployments/0/speech_usage/session_ms", json!(-1), "deployments[0].speech_usage.session_ms", "must be a whole number from 0 to 9007199254740991")]
#[case("/deployments/0/speech_usage/session_audio_ms", json!(0.5), "deployments[0].speech_usage.session_audio_ms", "must be a whole number from 0 to 9007199254740991")]
#[case("/deployments/0/speech_usage/license_usage", json!([]), "deployments[0].speech_usage.license_usage", "must be an object")]
#[case("/deployments/0/speech_usage/license_usage/VAD/usage_count", json!("2"), "deployments[0].speech_usage.license_usage.VAD.usage_count", "must be a whole number from 0 to 9007199254740991")]
#[case("/deployments/0/speech_usage/license_usage/VAD/usage_ms", json!(u64::MAX), "deployments[0].speech_usage.license_usage.VAD.usage_ms", "must be a whole number from 0 to 9007199254740991")]
fn a_wrong_type_is_named_with_its_place(
    #[case] at: &str,
    #[case] new: Value,
    #[case] field: &str,
    #[case] problem: &str,
) {
    let mut value = seed_value();
    *value.pointer_mut(at).unwrap() = new;
    let error = InvalidReport::Field { field: field.to_owned(), problem: problem.to_owned() };
    assert!(error.to_string().ends_with('.'));
    assert_eq!(StatusReport::parse(value.to_string().as_bytes()), Err(error));
}

#[test]
fn every_field_but_those_that_are_null_must_be_there() {
    for field in FIELDS {
        let pointer = format!("/{}", field.path.replace("[]", "/0").replace('*', "VAD").replace('.', "/"));
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut value = seed_value();
        value["simultaneous_use_ms"] = json!(1);
        value["locked_keys"] = json!([header(1)]);
        value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        let result = StatusReport::parse(value.to_string().as_bytes());
        let nothing_lost = matches!(name, "images" | "bio_engine_usage" | "simultaneous_use_ms");
        assert_eq!(result.is_ok(), nothing_lost, "{pointer}: {result:?}");
    }
}

#[test]
fn key_headers_of_locked_records_read_back_and_too_many_of_them_stay_for_the_next_report() {
    let report = seed().with_locked_keys((0..3_000).map(header));
    assert_eq!(report.locked_keys.len(), MOST_LOCKED_KEYS);
    assert_eq!(report.locked_keys[0], header(0), "the first ones first");
    let text = report.to_json();
    assert!(text.len() <= MAX_REPORT);
    assert_eq!(StatusReport::parse(text.as_bytes()), Ok(report.clone()));
    let mut large = seed();
    let name = "N".repeat(200);
    for number in 0..3_650 {
        large.deployments[0].speech_usage.license_usage.insert(format!("{name}{number:05}"), ReportedUsage::default());
    }
    let length = large.to_json().len();
    assert!((MAX_REPORT - 200_000..MAX_REPORT).contains(&length), "{length}");
    let large = large.with_locked_keys((0..3_000).map(header));
    assert!(large.locked_keys.len() < MOST_LOCKED_KEYS && large.to_json().len() <= MAX_REPORT);
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value["locked_keys"][1]["id"] = json!("x");
    let error = StatusReport::parse(value.to_string().as_bytes()).unwrap_err();
    assert!(error.to_string().contains("locked_keys[1].id"), "{error}");
}

#[test]
fn what_is_no_report_is_refused_in_a_sentence() {
    let bytes = MAX_REPORT + 1;
    let cases = [
        (StatusReport::parse(&vec![b' '; bytes]), InvalidReport::TooLarge { bytes }),
        (StatusReport::parse(b"{\n x"), InvalidReport::NotJson { line: 2, column: 2 }),
        (StatusReport::parse(b"\xFF"), InvalidReport::NotJson { line: 1, column: 1 }),
        (StatusReport::parse(b"[]"), InvalidReport::NotAReport),
    ];
    for (got, expected) in cases {
        assert!(expected.to_string().ends_with('.'));
        assert_eq!(got, Err(expected));
    }
}

#[test]
fn the_digest_is_the_same_however_the_report_was_written() {
    let expected = digest(&seed_value()).unwrap();
    let escaped = SEED.replace("VAD", "\\u0056AD").replace("66900", "66900.0");
    let again: Value = serde_json::from_str(&escaped).unwrap();
    assert_eq!(digest(&again).unwrap(), expected);
    let mut other = seed_value();
    other["deployments"][0]["speech_usage"]["session_ms"] = json!(615_525);
    assert_ne!(digest(&other).unwrap(), expected);
    assert!(digest(&json!([u64::MAX])).is_err());
}

#[test]
fn a_status_id_is_read_in_every_form_and_written_in_one() {
    for text in [
        "6f1c0a52-fc38-43a5-a10c-0e7dfd45da47",
        " 6F1C0A52-FC38-43A5-A10C-0E7DFD45DA47\n",
        "{ 6f1c0a52-fc38-43a5-a10c-0e7dfd45da47 }",
        "6f1c0a52fc3843a5a10c0e7dfd45da47",
    ] {
        assert_eq!(text.parse(), Ok(seed().status_id), "{text}");
    }
    for text in ["", "6f1c0a52", "{6f1c0a52-fc38-43a5-a10c-0e7dfd45da47", "x"] {
        assert_eq!(text.parse::<StatusId>(), Err(StatusIdError), "{text}");
    }
    assert!(StatusIdError.to_string().ends_with('.'));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        prop_assert!(StatusReport::parse(&bytes).is_err());
    }

    #[test]
    fn every_report_reads_back(
        counts in proptest::collection::btree_map("[A-Z_0-9]{0,12}", (0..=9_007_199_254_740_991_u64, 0..=9_007_199_254_740_991_u64), 0..8),
        seconds in 0..4_000_000_000_u64,
    ) {
        let mut report = seed();
        report.report_timestamp = seconds.to_string();
        let usage = counts.into_iter().map(|(name, (usage_count, usage_ms))| (name, ReportedUsage { usage_count, usage_ms }));
        report.deployments[0].speech_usage.license_usage = usage.collect();
        prop_assert_eq!(StatusReport::parse(report.to_json().as_bytes()), Ok(report));
    }
}
