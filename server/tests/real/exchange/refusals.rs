use licensing::bundle::Serial;
use licensing::context::Context;
use licensing::vendor_key::VendorSecret;

use super::node::TestNode;
use super::signing::{resigned, secret};
use super::world::ExchangePair;
use crate::harness::stderr;

/// What is refused: its name, its bytes, the code of the API.
type Case = (&'static str, Vec<u8>, &'static str);

/// Hands it in over the API and with the command: both say the same, and nothing changes.
fn refused(world: &ExchangePair, (name, bytes, code): &Case, status: u16, before: &str) {
    let over_api = world.push(bytes);
    let detail = over_api.body["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!((over_api.status, over_api.body["code"].as_str()), (status, Some(*code)), "{name}: {}", over_api.body);
    assert!(detail.ends_with("Nothing was changed."), "{name}: {detail}");
    assert_eq!(over_api.body["status"], status, "{name}");
    let by_command = world.cli_with(&["exchange", "push", "-"], bytes);
    assert_eq!(by_command.status.code(), Some(2), "{name}: {}", stderr(&by_command));
    assert_eq!(stderr(&by_command).trim_end(), detail, "{name}: command and API say the same");
    assert_eq!(world.licenses(), before, "{name}");
}

/// All that is wrong with bytes, whoever sends them.
fn unreadable(answer: &str, report: &str) -> Vec<Case> {
    let half = answer.as_bytes()[..answer.len() / 2].to_vec();
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("nothing", Vec::new(), "empty"),
        ("white space", text(" \r\n\t "), "empty"),
        ("a login page", text("<!DOCTYPE html><html><body>Sign in</body></html>"), "html"),
        ("prose", text("no JSON at all"), "not-json"),
        ("bytes", vec![0xff, 0x00, 0x81, 0x7f], "not-json"),
        ("a command before it", text(&format!("$ curl … {answer}")), "not-json"),
        ("twice", text(&format!("{answer}{answer}")), "not-json"),
        ("half of it", half, "truncated"),
        ("all but the last byte", answer.as_bytes()[..answer.len() - 1].to_vec(), "truncated"),
        ("an array", text("[]"), "not-a-response"),
        ("a number", text("42"), "not-a-response"),
        ("null", text("null"), "not-a-response"),
        ("an empty object", text("{}"), "not-a-response"),
        ("the report", text(report), "not-a-response"),
        ("a wrong type", text(&answer.replace("\"error\":false", "\"error\":\"no\"")), "bad-field"),
        ("a number nobody keeps", text(&answer.replace("\"count\":50", "\"count\":9007199254740993")), "bad-field"),
    ]
}

/// All that is wrong with who signed it or what was signed.
fn forged(world: &ExchangePair, answer: &str) -> Vec<Case> {
    let own = secret(&world.node.data);
    let stranger = VendorSecret::from_seeds([7; 32], [8; 32]);
    let text = |text: String| text.into_bytes();
    let other_node = {
        let node = TestNode::start(&world.folder.path().join("other"));
        let registration = node.add_server("production");
        let report = world.pull().1.replace(&world.registration.deployment, &registration.deployment);
        let (status, answer) = node.post(&registration.auth, &report);
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let key_id = |secret: &VendorSecret| secret.public().id().to_string();
    let by_stranger = String::from_utf8(resigned_by(answer, &own, &stranger)).unwrap();
    let in_disguise = by_stranger.replace(&key_id(&stranger), &key_id(&own));
    vec![
        ("a word changed", text(answer.replace("\"Success\"", "\"success\"")), "bad-signature"),
        ("a count raised", text(answer.replace("\"count\":50", "\"count\":51")), "bad-signature"),
        ("the signature flipped", flipped(answer), "bad-signature"),
        ("no signature", text(without_signature(answer)), "bad-signature"),
        ("another vendor's node", text(other_node), "unknown-key"),
        ("another key", by_stranger.into_bytes(), "unknown-key"),
        ("another key under the name of the right one", text(in_disguise), "bad-signature"),
    ]
}

/// The answer, signed by somebody else as a whole.
fn resigned_by(answer: &str, own: &VendorSecret, other: &VendorSecret) -> Vec<u8> {
    let response = licensing::status_response::read(answer.as_bytes(), &[own.public()]).unwrap().into_response();
    response.signed_text(other).into_bytes()
}

fn signature(answer: &str) -> &str {
    answer.split_once("\"report-signature\":\"").unwrap().1.split_once('"').unwrap().0
}

/// One bit of the first letter of the signature.
fn flipped(answer: &str) -> Vec<u8> {
    let signature = signature(answer);
    let first = if signature.starts_with('A') { "B" } else { "A" };
    answer.replace(signature, &format!("{first}{}", &signature[1..])).into_bytes()
}

fn without_signature(answer: &str) -> String {
    answer.replace(signature(answer), "")
}

/// All that the vendor signed, but not for this report of this server.
fn out_of_place(world: &ExchangePair, report: &str, answer: &str) -> Vec<Case> {
    let own = secret(&world.node.data);
    let other = world.node.add_server("production");
    let for_other = report.replace(&world.registration.deployment, &other.deployment);
    let (status, other_guid) = world.node.post(&other.auth, &for_other);
    assert_eq!(status, 200, "{other_guid}");
    // The same report under an id that this server never gave out.
    let id = serde_json::from_str::<serde_json::Value>(report).unwrap()["status_id"].as_str().unwrap().to_owned();
    let unknown = world.carry(&report.replace(&id, "01234567-89ab-4def-8123-456789abcdef"));
    let year = 400 * 86_400_000;
    vec![
        ("another server's", other_guid.into_bytes(), "other-guid"),
        ("to no report", unknown.into_bytes(), "unknown-status-id"),
        (
            "to a report that was altered on its way",
            resigned(answer, &own, |response, _| response.report_sha256 = Some("0".repeat(64))),
            "other-report",
        ),
        ("of no success", resigned(answer, &own, |response, _| response.error = true), "vendor-error"),
        ("without licenses", resigned(answer, &own, |response, _| response.bundle = None), "no-bundle"),
        ("another context", resigned(answer, &own, |_, bundle| bundle.context = Context::Backup), "other-context"),
        ("from another year", resigned(answer, &own, |response, _| response.node_time += year), "clock-years-off"),
        (
            "with licenses somebody else signed",
            resigned(answer, &own, |response, bundle| {
                let stranger = VendorSecret::from_seeds([7; 32], [8; 32]);
                response.bundle = Some(licensing::bundle::SignedBundle::sign(&stranger, bundle));
            }),
            "bad-bundle-signature",
        ),
    ]
}

#[test]
fn whatever_is_not_the_answer_is_refused_with_its_reason_and_the_answer_is_good_afterwards() {
    let world = ExchangePair::new();
    let (status_id, report) = world.pull();
    let answer = world.carry(&report);
    let before = world.licenses();
    let mut cases = unreadable(&answer, &report);
    cases.extend(forged(&world, &answer));
    cases.extend(out_of_place(&world, &report, &answer));
    let mut details = std::collections::BTreeSet::new();
    for case in &cases {
        refused(&world, case, 422, &before);
        details.insert(case.2);
    }
    assert_eq!(details.len(), 16, "every kind of refusal was seen: {details:?}");
    assert_eq!(world.entry(&status_id)["state"], "open", "the status id is as good as before");
    let taken = world.push(answer.as_bytes());
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!(taken.body["status_id"], status_id.as_str());

    // Each refusal by hand is in the audit log, twice: over the API and by the command.
    let audit = world.cli(&["audit", "export", "--json"]);
    let audit: serde_json::Value = serde_json::from_slice(&audit.stdout).unwrap();
    let noted = audit["items"].as_array().unwrap().iter();
    let noted = noted.filter(|entry| entry["action"] == "exchange.push" && entry["outcome"] == "refused").count();
    assert_eq!(noted, 2 * cases.len());
    assert_eq!(world.cli(&["audit", "verify"]).status.code(), Some(0));
}

#[test]
fn an_answer_that_comes_too_late_is_a_conflict() {
    let world = ExchangePair::new();
    let own = secret(&world.node.data);
    let (first, second, third) = (world.pull().1, world.pull().1, world.pull().1);
    let older = world.carry(&first);
    world.node.add_license(&world.registration.guid, "VAD", 5);
    let newer = world.carry(&second);
    assert_eq!(world.push(newer.as_bytes()).status, 200);
    let before = world.licenses();
    assert!(before.contains("VAD"));
    let same_serial = {
        let answer = world.carry(&third);
        resigned(&answer, &own, |_, bundle| bundle.licenses[0].count += 1)
    };
    let cases = [
        ("used", newer.clone().into_bytes(), "used-status-id"),
        ("older licenses", older.clone().into_bytes(), "older-serial"),
        ("other licenses under the same number", same_serial, "same-serial-other-content"),
    ];
    for case in &cases {
        refused(&world, case, 409, &before);
    }
    // The refused report can still be answered with what is not older.
    let mended = resigned(&older, &own, |_, bundle| bundle.serial = Serial(bundle.serial.get() + 7));
    assert_eq!(world.push(&mended).status, 200);
    refused(&world, &("older than the newest", newer.into_bytes(), "used-status-id"), 409, &world.licenses());
}

#[test]
fn a_refused_report_of_the_node_says_the_vendors_reason() {
    let world = ExchangePair::new();
    let before = world.licenses();
    let (_, report) = world.pull();
    let (status, answer) = world.node.post("not the auth string", &report);
    assert_eq!(status, 401);
    let pushed = world.push(answer.as_bytes());
    assert_eq!((pushed.status, &pushed.body["code"]), (422, &"vendor-error".into()), "{}", pushed.body);
    let detail = pushed.body["detail"].as_str().unwrap();
    assert!(detail.contains("auth string doesn't belong to this GUID"), "{detail}");
    assert_eq!(world.licenses(), before);
    // And the report is good still: nothing was answered.
    assert_eq!(world.push(world.carry(&report).as_bytes()).status, 200);
}
