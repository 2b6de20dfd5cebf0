use licensing::context::Context;
use licensing::status_report::{self, StatusReport};
use licensing::status_response::{ExpectedResponse, InstalledBundle, LedgerFact, check};
use licensing::vendor_key::KeyList;
use node::reports::ReportOutcome;

use crate::harness::{DAY, NOW, RunningNode, get, report};

fn digest(report: &StatusReport) -> String {
    status_report::digest(&serde_json::to_value(report).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_answered_with_what_a_server_accepts() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    running.license(&server, "TTS3", |l| l.expires = Some(NOW + DAY)).await;
    let deployment = running.node.add_deployment(server.guid).await.unwrap();
    let report = report(&server, 1);
    let (signed, bundle) = running.exchange(&server, 1).await;
    assert_eq!(signed.status_id(), Some(report.status_id));
    let response = signed.response().clone();
    assert_eq!((response.error, response.message.as_str()), (false, "Success"));
    assert_eq!(response.node_time, NOW);
    assert_eq!(response.valid_license_guids, [server.guid.compact(), deployment]);
    assert_eq!(bundle.deployments, response.valid_license_guids);
    assert_eq!((bundle.guid, bundle.context, bundle.serial.get()), (server.guid, Context::Production, 1));
    assert_eq!((bundle.customer.as_str(), bundle.contact_limit_days), ("ACME", 60));
    assert_eq!(bundle.licenses.len(), 1);
    assert_eq!(bundle.licenses[0].expires, Some(NOW + DAY));

    let keys = [running.key()];
    let expected = ExpectedResponse {
        guid: server.guid,
        context: Some(Context::Production),
        keys: &keys,
        installed: None::<InstalledBundle>,
        now: NOW,
        high_water: NOW,
    };
    let accepted = check(signed, LedgerFact::Open { report_sha256: digest(&report) }, &expected).unwrap();
    assert_eq!(accepted.bundle, bundle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_was_indented_on_its_way_is_answered_for_the_same_digest() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let report = report(&server, 1);
    let indented = serde_json::to_string_pretty(&report).unwrap();
    let reply = running.post(&server.auth_string, indented).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.signed(&running.key()).response().report_sha256, Some(digest(&report)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_out_of_a_mail_is_answered_for_the_same_digest() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let report = report(&server, 1);
    let pretty = serde_json::to_string_pretty(&report).unwrap();
    let mail: String = pretty.lines().map(|line| format!("> {line}\r\n")).collect();
    let reply = running.post(&server.auth_string, format!("Our report:\r\n{mail}\r\n-- \r\nThe customer\r\n")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.signed(&running.key()).response().report_sha256, Some(digest(&report)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_changed_is_sent_byte_for_byte_and_what_has_gets_the_next_serial() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    running.license(&server, "TTS3", |l| l.expires = Some(NOW + 2 * DAY)).await;
    running.license(&server, "ASR_ENUS", |_| ()).await;
    let (first, _) = running.exchange(&server, 1).await;
    running.clock.advance(DAY);
    let (second, _) = running.exchange(&server, 2).await;
    let text = |signed: &licensing::status_response::SignedResponse| {
        serde_json::to_string(signed.response().bundle.as_ref().unwrap()).unwrap()
    };
    assert_eq!(text(&first), text(&second));

    // The last millisecond of a license counts; the one after does not.
    running.clock.advance(DAY - 1);
    assert_eq!(running.exchange(&server, 3).await.1.licenses.len(), 2);
    running.clock.advance(1);
    let (_, expired) = running.exchange(&server, 4).await;
    assert_eq!((expired.serial.get(), expired.issued), (2, NOW + 2 * DAY));
    assert_eq!(expired.licenses.iter().map(|l| l.product.as_str()).collect::<Vec<_>>(), ["ASR_ENUS"]);

    let added = running.license(&server, "VAD", |_| ()).await;
    assert_eq!(running.exchange(&server, 5).await.1.serial.get(), 3);
    let by = node::licenses::Selection::Id(added.license.id);
    running.node.remove_licenses(&by).await.unwrap();
    // The content is that of serial 2 again; the serial still grows.
    assert_eq!(running.exchange(&server, 6).await.1.serial.get(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_is_kept_with_what_became_of_it() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    running.exchange(&server, 1).await;
    running.post(&server.auth_string, report(&server, 1).to_json()).await;
    running.post("not it", report(&server, 2).to_json()).await;
    running.exchange(&server, 2).await;
    let kept = running.node.reports(server.guid).await.unwrap();
    let outcomes: Vec<_> = kept.iter().map(|k| (k.outcome, k.serial, k.reason.is_some())).collect();
    assert_eq!(
        outcomes,
        [
            (ReportOutcome::Answered, Some(1), false),
            (ReportOutcome::Stranger, None, true),
            (ReportOutcome::Refused, None, true),
            (ReportOutcome::Answered, Some(1), false),
        ]
    );
    let shown = running.node.report(report(&server, 2).status_id).await.unwrap();
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[0].body.as_deref(), Some(report(&server, 2).to_json().as_str()));
    assert_eq!(shown[1].body, None, "the text of a stranger is not kept");
    assert!(running.node.report(report(&server, 3).status_id).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_cannot_push_out_the_reports_of_a_server() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    running.exchange(&server, 1).await;
    for id in 0..=u128::try_from(node::reports::MOST_STRANGERS_KEPT).unwrap() {
        let answer = running.node.answer(Some(b"not it"), report(&server, 100 + id).to_json().as_bytes()).await;
        assert_eq!(answer.status, 401);
    }
    let kept = running.node.reports(server.guid).await.unwrap();
    let strangers = kept.iter().filter(|k| k.outcome == ReportOutcome::Stranger).count();
    assert_eq!(i64::try_from(strangers), Ok(node::reports::MOST_STRANGERS_KEPT));
    assert_eq!(kept.iter().filter(|k| k.outcome == ReportOutcome::Answered).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_open_addresses_answer() {
    let running = RunningNode::start().await;
    let live = get(format!("{}/livez", running.url)).await;
    assert_eq!((live.status, live.text().as_str()), (200, "ok"));
    let keys: KeyList = serde_json::from_slice(&get(format!("{}/keys", running.url)).await.body).unwrap();
    assert_eq!(keys.keys, [running.key()]);
    let about: serde_json::Value = serde_json::from_slice(&get(running.url.clone()).await.body).unwrap();
    assert_eq!(about["service"], "leasehold licensing node");
    get(format!("{}/elsewhere", running.url)).await.refusal(404, &running.key());
}
