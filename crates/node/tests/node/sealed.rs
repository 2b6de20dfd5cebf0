use licensing::context::Context;
use licensing::sealed::{AnswerOpener, CONTENT_TYPE, SealedAnswer, SealedPlain, seal_request};
use licensing::status_response::read;
use licensing::vendor_key::VendorSecret;
use node::servers::IssuedRegistration;

use crate::harness::{Reply, RunningNode, post, report};

fn seal(running: &RunningNode, server: &IssuedRegistration, id: u128, seed: u8) -> (Vec<u8>, AnswerOpener) {
    let plain = SealedPlain { auth_string: server.auth_string.clone(), report: report(server, id).to_json() };
    seal_request(&running.key(), &plain.to_bytes(), [seed; 32])
}

fn opened(reply: &Reply, opener: &AnswerOpener) -> SealedAnswer {
    assert_eq!((reply.status, reply.kind.as_str()), (200, CONTENT_TYPE), "{}", reply.text());
    SealedAnswer::parse(&opener.open(&reply.body).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_report_is_answered_sealed_from_anywhere() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    running.license(&server, "TTS3", |_| ()).await;
    let far = running.seen_from("203.0.113.7:40000", false).await;
    let (sealed, opener) = seal(&running, &server, 1, 1);
    let reply = post(&far, None, CONTENT_TYPE, sealed.clone()).await;
    assert!(!reply.text().contains("TTS3"));
    let answer = opened(&reply, &opener);
    assert_eq!(answer.status, 200);
    let signed = read(answer.body.as_bytes(), &[running.key()]).unwrap();
    assert_eq!(signed.status_id(), Some(report(&server, 1).status_id));

    // Whoever records it and sends it again learns nothing and changes nothing.
    let answer = opened(&post(&far, None, CONTENT_TYPE, sealed).await, &opener);
    assert_eq!(answer.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_a_sealed_report_is_sealed_too() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let plain = SealedPlain { auth_string: "wrong".to_owned(), report: report(&server, 1).to_json() };
    let (sealed, opener) = seal_request(&running.key(), &plain.to_bytes(), [1; 32]);
    let answer = opened(&post(&running.url, None, CONTENT_TYPE, sealed).await, &opener);
    assert_eq!(answer.status, 401);
    assert!(read(answer.body.as_bytes(), &[running.key()]).unwrap().response().error);

    let (sealed, opener) = seal_request(&running.key(), b"not what is expected", [2; 32]);
    assert_eq!(opened(&post(&running.url, None, CONTENT_TYPE, sealed).await, &opener).status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_opened_is_400_without_a_signature() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let (good, _) = seal(&running, &server, 1, 1);
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let elsewhere = VendorSecret::from_seeds([8; 32], [9; 32]).public();
    let (other_key, _) = seal_request(&elsewhere, b"plain", [1; 32]);
    for body in [Vec::new(), b"LHQ1".to_vec(), good[..good.len() - 1].to_vec(), flipped, other_key] {
        let reply = post(&running.url, None, CONTENT_TYPE, body).await;
        assert_eq!((reply.status, reply.kind.as_str()), (400, "application/json"));
        let value: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(value["error"], true);
        assert!(value["response-message"].as_str().is_some_and(|m| m.ends_with('.')), "{value}");
        assert_eq!(value.as_object().unwrap().len(), 2);
    }
    post(&running.url, None, CONTENT_TYPE, vec![0; 1024 * 1024 + 1]).await.refusal(413, &running.key());
}
