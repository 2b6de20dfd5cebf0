use std::collections::BTreeSet;

use licensing::{
    bundle::{Bundle, Serial},
    canonical,
    context::Context,
    status_response::{LedgerFact, MAX_RESPONSE, MOST_APART, Refusal, StatusResponse, read},
};
use serde_json::json;

use crate::{
    made::{bundle_with, refused, text, with},
    samples::{NOW, bundle, guid, installed, open, other_guid, response, secret, stranger, take},
};

/// One way to each refusal.
fn all() -> Vec<Refusal> {
    let id = response().license_status_id.unwrap();
    let good = text();
    let bytes = MAX_RESPONSE + 1;
    let table = [
        (take(b"\xEF\xBB\xBF \r\n").unwrap_err(), Refusal::Empty),
        (take(&vec![b' '; bytes]).unwrap_err(), Refusal::TooLarge { bytes, limit: MAX_RESPONSE }),
        (take(b"\n<!DOCTYPE html><title>Sign in</title>").unwrap_err(), Refusal::Html),
        (take(&good.as_bytes()[..good.len() - 1]).unwrap_err(), Refusal::Truncated),
        (take(format!("$ curl node\n{good}").as_bytes()).unwrap_err(), Refusal::NotJson { line: 1, column: 1 }),
        (take(crate::samples::REPORT.as_bytes()).unwrap_err(), Refusal::NotAResponse { missing: "error" }),
        (
            take(with("/error", json!("no")).as_bytes()).unwrap_err(),
            Refusal::BadField { field: "error".to_owned(), problem: "must be true or false".to_owned() },
        ),
        (read(good.as_bytes(), &[]).unwrap_err(), Refusal::NoKey),
        (
            take(response().signed_text(&stranger()).as_bytes()).unwrap_err(),
            Refusal::UnknownKey { key_id: stranger().public().id() },
        ),
        (take(good.replace("Success", "success").as_bytes()).unwrap_err(), Refusal::BadSignature),
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
            Refusal::VendorError { message: "The auth string is wrong.".to_owned() },
        ),
        (take(with("/license-bundle", json!(null)).as_bytes()).unwrap_err(), Refusal::NoBundle),
        (
            refused(&good, open(), |server| server.guid = other_guid()),
            Refusal::OtherGuid { got: guid(), own: other_guid() },
        ),
        (
            refused(&good, open(), |server| server.context = Some(Context::Backup)),
            Refusal::OtherContext { got: Context::Production, own: Context::Backup },
        ),
        (refused(&good, LedgerFact::Unknown, |_| {}), Refusal::UnknownStatusId { id }),
        (refused(&good, LedgerFact::Answered, |_| {}), Refusal::UsedStatusId { id }),
        (
            refused(&good, LedgerFact::Open { report_sha256: canonical::sha256_hex(b"another") }, |_| {}),
            Refusal::OtherReport,
        ),
        (
            refused(&good, open(), |server| server.installed = Some(installed(4, &bundle()))),
            Refusal::OlderSerial { got: Serial(3), installed: Serial(4) },
        ),
        (
            refused(&good, open(), |server| {
                server.installed = Some(installed(3, &Bundle { customer: "Other".to_owned(), ..bundle() }));
            }),
            Refusal::SameSerialOtherContent { serial: Serial(3) },
        ),
        (
            refused(&good, open(), |server| {
                (server.now, server.high_water) = (NOW + MOST_APART + 1, NOW - MOST_APART - 1);
            }),
            Refusal::ClockYearsOff { node: NOW, ours: NOW + MOST_APART + 1 },
        ),
        (
            take(with("/license-bundle/bundle/licenses/0/count", json!(500)).as_bytes()).unwrap_err(),
            Refusal::BadBundleSignature,
        ),
        (
            take(bundle_with("/customer", json!(7)).as_bytes()).unwrap_err(),
            Refusal::BundleField { field: "customer".to_owned(), problem: "must be text".to_owned() },
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
fn place(refusal: &Refusal) -> usize {
    match refusal {
        Refusal::Empty => 0,
        Refusal::TooLarge { .. } => 1,
        Refusal::Html => 2,
        Refusal::Truncated => 3,
        Refusal::NotJson { .. } => 4,
        Refusal::NotAResponse { .. } => 5,
        Refusal::BadField { .. } => 6,
        Refusal::NoKey => 7,
        Refusal::UnknownKey { .. } => 8,
        Refusal::BadSignature => 9,
        Refusal::VendorError { .. } => 10,
        Refusal::NoBundle => 11,
        Refusal::OtherGuid { .. } => 12,
        Refusal::OtherContext { .. } => 13,
        Refusal::UnknownStatusId { .. } => 14,
        Refusal::UsedStatusId { .. } => 15,
        Refusal::OtherReport => 16,
        Refusal::OlderSerial { .. } => 17,
        Refusal::SameSerialOtherContent { .. } => 18,
        Refusal::ClockYearsOff { .. } => 19,
        Refusal::BadBundleSignature => 20,
        Refusal::BundleField { .. } => 21,
    }
}

const REFUSALS: usize = 22;

#[test]
fn every_refusal_is_reached_and_has_its_own_code_and_sentence() {
    let all = all();
    let places: Vec<_> = all.iter().map(place).collect();
    assert_eq!(places, (0..REFUSALS).collect::<Vec<_>>());
    let codes: BTreeSet<_> = all.iter().map(Refusal::code).collect();
    let sentences: BTreeSet<_> = all.iter().map(Refusal::to_string).collect();
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
    let conflicts: Vec<_> = all().iter().filter(|refusal| refusal.conflict()).map(Refusal::code).collect();
    assert_eq!(conflicts, ["used-status-id", "older-serial", "same-serial-other-content"]);
}
