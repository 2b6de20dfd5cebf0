use std::collections::BTreeSet;

use licensing::{
    bundle::{Bundle, Serial},
    canonical,
    context::Context,
    monitor::MonitorDocumentError,
    status_response::{LedgerFact, MAX_RESPONSE, MOST_APART, ResponseRefusal, StatusResponse, read},
};
use serde_json::json;

use crate::{
    made::{bundle_with, refused, text, with},
    samples::{NOW, bundle, guid, installed, open, other_guid, response, secret, stranger, take, with_monitor_license},
};

/// One way to each refusal.
fn all() -> Vec<ResponseRefusal> {
    let id = response().license_status_id.unwrap();
    let good = text();
    let bytes = MAX_RESPONSE + 1;
    let table = [
        (take(b"\xEF\xBB\xBF \r\n").unwrap_err(), ResponseRefusal::Empty),
        (take(&vec![b' '; bytes]).unwrap_err(), ResponseRefusal::TooLarge { bytes, limit: MAX_RESPONSE }),
        (take(b"\n<!DOCTYPE html><title>Sign in</title>").unwrap_err(), ResponseRefusal::Html),
        (take(&good.as_bytes()[..good.len() - 1]).unwrap_err(), ResponseRefusal::Truncated),
        (take(format!("$ curl node {good}").as_bytes()).unwrap_err(), ResponseRefusal::NotJson { line: 1, column: 1 }),
        (take(crate::samples::REPORT.as_bytes()).unwrap_err(), ResponseRefusal::NotAResponse { missing: "error" }),
        (
            take(with("/error", json!("no")).as_bytes()).unwrap_err(),
            ResponseRefusal::BadField { field: "error".to_owned(), problem: "must be true or false".to_owned() },
        ),
        (read(good.as_bytes(), &[]).unwrap_err(), ResponseRefusal::NoKey),
        (
            take(response().signed_text(&stranger()).as_bytes()).unwrap_err(),
            ResponseRefusal::UnknownKey { key_id: stranger().public().id() },
        ),
        (take(good.replace("Success", "success").as_bytes()).unwrap_err(), ResponseRefusal::BadSignature),
        (
            take(
                StatusResponse {
                    error: true,
                    message: "The auth string is wrong.".to_owned(),
                    license_status_id: None,
                    report_sha256: None,
                    bundle: None,
                    ..response()
                }
                .signed_text(&secret())
                .as_bytes(),
            )
            .unwrap_err(),
            ResponseRefusal::VendorError { message: "The auth string is wrong.".to_owned() },
        ),
        (take(with("/license-bundle", json!(null)).as_bytes()).unwrap_err(), ResponseRefusal::NoBundle),
        (
            refused(&good, open(), |server| server.guid = other_guid()),
            ResponseRefusal::OtherGuid { got: guid(), own: other_guid() },
        ),
        (
            refused(&good, open(), |server| server.context = Some(Context::Backup)),
            ResponseRefusal::OtherContext { got: Context::Production, own: Context::Backup },
        ),
        (refused(&good, LedgerFact::Unknown, |_| {}), ResponseRefusal::UnknownStatusId { id }),
        (refused(&good, LedgerFact::Answered, |_| {}), ResponseRefusal::UsedStatusId { id }),
        (
            refused(&good, LedgerFact::Open { report_sha256: canonical::sha256_hex(b"another") }, |_| {}),
            ResponseRefusal::OtherReport,
        ),
        (
            refused(&good, open(), |server| server.installed = Some(installed(4, &bundle()))),
            ResponseRefusal::OlderSerial { got: Serial(3), installed: Serial(4) },
        ),
        (
            refused(&good, open(), |server| {
                server.installed = Some(installed(3, &Bundle { customer: "Other".to_owned(), ..bundle() }));
            }),
            ResponseRefusal::SameSerialOtherContent { serial: Serial(3) },
        ),
        (
            refused(&good, open(), |server| {
                (server.now, server.high_water) = (NOW + MOST_APART + 1, NOW - MOST_APART - 1);
            }),
            ResponseRefusal::ClockYearsOff { node: NOW, ours: NOW + MOST_APART + 1 },
        ),
        (
            take(with("/license-bundle/bundle/licenses/0/count", json!(500)).as_bytes()).unwrap_err(),
            ResponseRefusal::BadBundleSignature,
        ),
        (
            take(bundle_with("/customer", json!(7)).as_bytes()).unwrap_err(),
            ResponseRefusal::BundleField { field: "customer".to_owned(), problem: "must be text".to_owned() },
        ),
        (
            take(with_monitor_license(other_guid()).signed_text(&secret()).as_bytes()).unwrap_err(),
            MonitorDocumentError::OtherServer { got: other_guid(), own: guid() }.into(),
        ),
    ];
    table
        .into_iter()
        .map(|(got, wanted)| {
            assert_eq!(got, wanted);
            got
        })
        .collect()
}

/// The place of a refusal among all. A new one does not compile before it is counted here, and then the test fails until
/// the table has it.
fn place(refusal: &ResponseRefusal) -> usize {
    match refusal {
        ResponseRefusal::Empty => 0,
        ResponseRefusal::TooLarge { .. } => 1,
        ResponseRefusal::Html => 2,
        ResponseRefusal::Truncated => 3,
        ResponseRefusal::NotJson { .. } => 4,
        ResponseRefusal::NotAResponse { .. } => 5,
        ResponseRefusal::BadField { .. } => 6,
        ResponseRefusal::NoKey => 7,
        ResponseRefusal::UnknownKey { .. } => 8,
        ResponseRefusal::BadSignature => 9,
        ResponseRefusal::VendorError { .. } => 10,
        ResponseRefusal::NoBundle => 11,
        ResponseRefusal::OtherGuid { .. } => 12,
        ResponseRefusal::OtherContext { .. } => 13,
        ResponseRefusal::UnknownStatusId { .. } => 14,
        ResponseRefusal::UsedStatusId { .. } => 15,
        ResponseRefusal::OtherReport => 16,
        ResponseRefusal::OlderSerial { .. } => 17,
        ResponseRefusal::SameSerialOtherContent { .. } => 18,
        ResponseRefusal::ClockYearsOff { .. } => 19,
        ResponseRefusal::BadBundleSignature => 20,
        ResponseRefusal::BundleField { .. } => 21,
        ResponseRefusal::MonitorLicense(_) => 22,
    }
}

const REFUSALS: usize = 23;

#[test]
fn every_refusal_is_reached_and_has_its_own_code_and_sentence() {
    let all = all();
    let places: Vec<_> = all.iter().map(place).collect();
    assert_eq!(places, (0..REFUSALS).collect::<Vec<_>>());
    let codes: BTreeSet<_> = all.iter().map(ResponseRefusal::code).collect();
    let sentences: BTreeSet<_> = all.iter().map(ResponseRefusal::to_string).collect();
    assert_eq!((codes.len(), sentences.len()), (REFUSALS, REFUSALS));
    for code in codes {
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
    }
    for sentence in sentences {
        assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
        assert!(sentence.matches(". ").count() >= 1, "what is wrong, then what to do: {sentence}");
        assert!(!sentence.to_lowercase().contains("changed nothing"), "callers say that: {sentence}");
    }
}

#[test]
fn conflicts_are_what_was_good_once_and_came_too_late() {
    let conflicts: Vec<_> = all().iter().filter(|refusal| refusal.conflict()).map(ResponseRefusal::code).collect();
    assert_eq!(conflicts, ["used-status-id", "older-serial", "same-serial-other-content"]);
}
