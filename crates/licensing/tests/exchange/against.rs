use licensing::{
    bundle::{Bundle, Serial, SignedBundle},
    canonical,
    contact::DAY,
    context::Context,
    status_response::{
        DOMAIN, ExpectedResponse, LedgerFact, MAX_RESPONSE, MOST_APART, ResponseRefusal, StatusResponse, check, read,
    },
};
use serde_json::json;

use crate::{
    made::{around, refused, text, with},
    samples::{
        NOW, bundle, expected, guid, installed, keys, open, other_guid, report_sha256, response, secret, stranger, take,
    },
};

#[test]
fn an_answer_for_another_server_is_called_so_even_when_its_report_is_not_known() {
    for entry in [LedgerFact::Unknown, LedgerFact::Answered] {
        let refusal = refused(&text(), entry, |server| server.guid = other_guid());
        assert_eq!(refusal, ResponseRefusal::OtherGuid { got: guid(), own: other_guid() });
    }
    // Which deployments are valid says nothing about the server.
    let elsewhere = with("/valid-license-guids", json!([other_guid().compact()]));
    assert!(take(elsewhere.as_bytes()).is_ok());
}

#[test]
fn an_answer_that_names_no_report_is_to_another_report() {
    assert_eq!(take(with("/report-sha256", json!(null)).as_bytes()).unwrap_err(), ResponseRefusal::OtherReport);
    assert_eq!(
        take(with("/report-sha256", json!(report_sha256().to_uppercase())).as_bytes()).unwrap_err(),
        ResponseRefusal::OtherReport
    );
}

#[test]
fn licenses_signed_by_somebody_else_or_for_another_purpose_are_refused() {
    let by_stranger = StatusResponse { bundle: Some(SignedBundle::sign(&stranger(), &bundle())), ..response() };
    assert_eq!(take(by_stranger.signed_text(&secret()).as_bytes()).unwrap_err(), ResponseRefusal::BadBundleSignature);
    let mut wrong_domain = SignedBundle::sign(&secret(), &bundle());
    wrong_domain.signature = canonical::sign(&secret(), DOMAIN, &wrong_domain.bundle).unwrap();
    let wrong_domain = StatusResponse { bundle: Some(wrong_domain), ..response() };
    assert_eq!(take(wrong_domain.signed_text(&secret()).as_bytes()).unwrap_err(), ResponseRefusal::BadBundleSignature);
}

#[test]
fn licenses_from_an_earlier_answer_do_not_pass_as_new() {
    let newer = Bundle { serial: Serial(4), ..bundle() };
    let refusal = refused(&text(), open(), |server| server.installed = Some(installed(4, &newer)));
    assert_eq!(refusal, ResponseRefusal::OlderSerial { got: Serial(3), installed: Serial(4) });
    let keys = keys();
    let expected = ExpectedResponse { installed: Some(installed(3, &bundle())), ..expected(&keys) };
    assert!(check(read(around(&newer).as_bytes(), &keys).unwrap(), open(), &expected).is_ok());
}

/// Every pair of faults of which the earlier check must win.
#[test]
fn the_first_fault_is_the_one_named() {
    let error = |response: StatusResponse| StatusResponse { error: true, ..response }.signed_text(&secret());
    let far = |server: &mut ExpectedResponse<'_>| (server.now, server.high_water) = (0, 0);
    let foreign = Bundle { context: Context::Backup, ..bundle() };
    let cases = [
        ("page before size", take(&[b"<".to_vec(), vec![b' '; MAX_RESPONSE]].concat()).unwrap_err(), "too-large"),
        ("shape before key", read(b"{}", &[]).unwrap_err(), "not-a-response"),
        (
            "key before signature",
            take(response().signed_text(&stranger()).replace("Success", "x").as_bytes()).unwrap_err(),
            "unknown-key",
        ),
        (
            "signature before error",
            take(error(response()).replace("Success", "x").as_bytes()).unwrap_err(),
            "bad-signature",
        ),
        ("error before ledger", refused(&error(response()), LedgerFact::Unknown, |_| {}), "vendor-error"),
        (
            "error before GUID",
            refused(&error(response()), LedgerFact::Unknown, |server| server.guid = other_guid()),
            "vendor-error",
        ),
        (
            "ledger before licenses",
            refused(&with("/license-bundle", json!(null)), LedgerFact::Answered, |_| {}),
            "used-status-id",
        ),
        (
            "report before licenses",
            refused(&with("/license-bundle", json!(null)), LedgerFact::Open { report_sha256: String::new() }, |_| {}),
            "other-report",
        ),
        (
            "signature of the licenses before their fields",
            refused(&with("/license-bundle/bundle/customer", json!(7)), open(), |_| {}),
            "bad-bundle-signature",
        ),
        ("context before clock", refused(&around(&foreign), open(), far), "other-context"),
        (
            "clock before serial",
            refused(&text(), open(), |server| {
                far(server);
                server.installed = Some(installed(9, &bundle()));
            }),
            "clock-years-off",
        ),
    ];
    for (name, refusal, code) in cases {
        assert_eq!(refusal.code(), code, "{name}: {refusal:?}");
    }
}

#[test]
fn the_vendors_words_stay_one_line() {
    let response = |message: &str| StatusResponse { error: true, message: message.to_owned(), ..response() };
    let sentence = |message: &str| take(response(message).signed_text(&secret()).as_bytes()).unwrap_err().to_string();
    assert!(sentence("Unknown\r\nserver.").starts_with("The vendor refused the report: Unknown  server. "));
    assert!(sentence("").starts_with("The vendor refused the report: no reason given. "));
    assert!(sentence(&"x".repeat(10_000)).len() < 700);
}

#[test]
fn years_apart_is_more_than_a_year_in_either_direction() {
    for (by, refused_so) in [(365 * DAY, false), (MOST_APART, false), (MOST_APART + 1, true), (4000 * DAY, true)] {
        for by in [by, -by] {
            let keys = keys();
            let expected = ExpectedResponse { now: NOW + by, high_water: NOW + by, ..expected(&keys) };
            let result = check(read(text().as_bytes(), &keys).unwrap(), open(), &expected);
            assert_eq!(result.is_err(), refused_so, "{by}");
        }
    }
}
