use licensing::{
    canonical::LARGEST_INTEGER,
    status_response::{ResponseRefusal, read},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    made::{signed, text, with},
    samples::{keys, response, secret, take},
};

/// The wire of the seed alone, without what makes it checkable here.
#[test]
fn the_answer_of_the_seed_is_understood_and_named_by_what_it_lacks() {
    let seed = json!({
        "error": false, "response-message": "Success",
        "valid-license-guids": ["2b1d4c3e-086f-42f0-a728-d95f39dc2229"],
        "report-signature": "93d0a33ea93596bf02c6e423d373a1dab7a781bb10d3f0919aa",
        "license-status-id": "0b51a9d4-96c6-4524-8c36-55e5f16e330b",
    });
    assert_eq!(take(seed.to_string().as_bytes()).unwrap_err(), ResponseRefusal::NotAResponse { missing: "node-time" });
    // Its five members keep their names and types in an answer of ours.
    let mut ours = response().sign(&secret());
    for (name, value) in seed.as_object().unwrap() {
        if name != "report-signature" {
            ours[name] = value.clone();
        }
    }
    let read = read(signed(ours).as_bytes(), &keys()).unwrap();
    assert_eq!(read.response().message, "Success");
    assert_eq!(read.response().valid_license_guids, ["2b1d4c3e-086f-42f0-a728-d95f39dc2229"]);
    assert_eq!(read.status_id().unwrap().to_string(), "0b51a9d4-96c6-4524-8c36-55e5f16e330b");
}

#[test]
fn each_member_of_an_answer_must_be_there() {
    let whole = response().sign(&secret());
    for name in whole.as_object().unwrap().keys().filter(|name| *name != "notices") {
        let mut value = whole.clone();
        value.as_object_mut().unwrap().remove(name);
        let refusal = take(value.to_string().as_bytes()).unwrap_err();
        assert!(matches!(refusal, ResponseRefusal::NotAResponse { missing } if missing == name), "{name}: {refusal:?}");
    }
    for text in ["[]", "null", "7", "\"{}\"", "{}"] {
        assert_eq!(take(text.as_bytes()).unwrap_err(), ResponseRefusal::NotAResponse { missing: "error" }, "{text}");
    }
}

#[rstest]
#[case("/response-message", json!(null), "response-message")]
#[case("/valid-license-guids", json!("x"), "valid-license-guids")]
#[case("/valid-license-guids/0", json!(1), "valid-license-guids[0]")]
#[case("/license-status-id", json!("6f1c"), "license-status-id")]
#[case("/license-status-id", json!(null), "license-status-id")]
#[case("/node-time", json!(1_795_308_102_000_i64), "node-time")]
#[case("/node-time", json!("2026-11-22 00:41"), "node-time")]
#[case("/report-sha256", json!(7), "report-sha256")]
#[case("/vendor-key-id", json!("xyz"), "vendor-key-id")]
#[case("/license-bundle", json!([]), "license-bundle")]
#[case("/license-bundle/bundle", json!("x"), "license-bundle.bundle")]
#[case("/license-bundle/key-id", json!(null), "license-bundle.key-id")]
#[case("/license-bundle/signature", json!(1), "license-bundle.signature")]
#[case("/notices", json!({}), "notices")]
#[case("/notices/0", json!("x"), "notices[0]")]
#[case("/notices/0/code", json!(1), "notices[0].code")]
fn a_member_of_the_wrong_type_is_named(#[case] at: &str, #[case] new: Value, #[case] expected: &str) {
    let refusal = take(with(at, new).as_bytes()).unwrap_err();
    assert!(matches!(&refusal, ResponseRefusal::BadField { field, .. } if field == expected), "{refusal:?}");
}

#[test]
fn a_number_that_cannot_be_passed_on_exactly_is_named() {
    let text = text().replace("\"count\":50", &format!("\"count\":{}", LARGEST_INTEGER + 1));
    let problem = "is too large".to_owned();
    let field = "9007199254740992".to_owned();
    assert_eq!(take(text.as_bytes()).unwrap_err(), ResponseRefusal::BadField { field, problem });
}

#[rstest]
#[case::doctype("<!DOCTYPE html>")]
#[case::after_blanks("\r\n  <html>")]
#[case::after_a_mark("\u{feff}<HTML>")]
#[case::xml("<?xml version=\"1.0\"?>")]
fn a_web_page_is_called_so(#[case] page: &str) {
    assert_eq!(take(page.as_bytes()).unwrap_err(), ResponseRefusal::Html);
}

#[test]
fn a_web_page_in_another_encoding_is_called_so() {
    assert_eq!(take(b"<title>Anmeldung f\xFCr G\xE4ste</title>").unwrap_err(), ResponseRefusal::Html);
}

#[test]
fn every_beginning_of_an_answer_is_cut_off() {
    let text = text();
    for length in 1..text.len() {
        assert_eq!(take(&text.as_bytes()[..length]).unwrap_err(), ResponseRefusal::Truncated, "{length}");
    }
}

#[rstest]
#[case::lines_before("$ curl node\n", "")]
#[case::lines_after("", "\n$ ")]
#[case::a_mail("Here it is:\r\n\r\n", "\r\n\r\n-- \r\nThe vendor\r\n")]
fn an_answer_between_other_lines_is_found(#[case] before: &str, #[case] after: &str) {
    let accepted = take(format!("{before}{}{after}", text()).as_bytes()).unwrap();
    assert_eq!(accepted.response, response());
}

#[rstest]
#[case::two_answers("", "{}", 1)]
#[case::two_answers_in_two_lines("", "\n{}", 2)]
#[case::below_blank_lines("\n\n x ", "", 3)]
#[case::quoted("'", "'", 1)]
fn text_around_the_answer_is_refused_with_its_place(#[case] before: &str, #[case] after: &str, #[case] line: usize) {
    let refusal = take(format!("{before}{}{after}", text()).as_bytes()).unwrap_err();
    assert!(matches!(refusal, ResponseRefusal::NotJson { line: found, .. } if found == line), "{refusal:?}");
}
