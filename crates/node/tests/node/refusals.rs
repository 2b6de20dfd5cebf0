use licensing::context::Context;
use licensing::guid::Guid;

use crate::harness::{RunningNode, post, report};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_or_missing_auth_string_is_401_and_leaves_the_status_id_good() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let body = report(&server, 1).to_json();
    let near = format!("{}x", server.auth_string);
    for auth in ["wrong", near.as_str(), ""] {
        let reply = running.post(auth, body.clone()).await;
        let reason = reply.refusal(401, &running.key());
        assert!(!reason.contains(&server.auth_string));
        assert_eq!(reply.signed(&running.key()).status_id(), Some(report(&server, 1).status_id));
    }
    post(&running.url, None, "application/json", body).await.refusal(401, &running.key());
    running.exchange(&server, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auth_string_is_good_for_its_own_guid_only_and_not_after_a_new_one() {
    let running = RunningNode::start().await;
    let (one, other) = (running.server(Context::Production).await, running.server(Context::Backup).await);
    running.post(&other.auth_string, report(&one, 1).to_json()).await.refusal(401, &running.key());
    let renewed = running.node.reissue(one.guid, None).await.unwrap();
    assert_eq!((renewed.guid, renewed.operator_id.clone()), (one.guid, one.operator_id.clone()));
    running.post(&one.auth_string, report(&one, 2).to_json()).await.refusal(401, &running.key());
    running.exchange(&renewed, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_guid_is_404() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let mut report = report(&server, 1);
    report.cluster_guid = Guid::from_bytes([7; 16]).unwrap().compact();
    let reason = running.post(&server.auth_string, report.to_json()).await.refusal(404, &running.key());
    assert!(reason.contains("{07070707-"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_id_is_answered_once_whatever_the_body() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    running.exchange(&server, 1).await;
    running.post(&server.auth_string, report(&server, 1).to_json()).await.refusal(409, &running.key());
    let mut other = report(&server, 1);
    other.deployments.clear();
    running.post(&server.auth_string, other.to_json()).await.refusal(409, &running.key());
    running.exchange(&server, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_reports_with_one_status_id_at_the_same_time_one_is_answered() {
    let running = RunningNode::start().await;
    let second = running.another().await;
    let server = running.server(Context::Production).await;
    for id in 0..10 {
        let body = report(&server, id).to_json();
        let (one, other) = tokio::join!(
            running.post(&server.auth_string, body.clone()),
            second.post(&server.auth_string, body.clone())
        );
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_report_is_400() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let good = report(&server, 1).to_json();
    let cases: &[Vec<u8>] = &[
        Vec::new(),
        b"{".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        good.replace("\"usage_count\":3", "\"usage_count\":-3").into_bytes(),
        good.replace("\"usage_ms\":187618", "\"usage_ms\":9007199254740993").into_bytes(),
        good.replace(&server.guid.compact(), "00000000-0000-0000-0000-000000000000").into_bytes(),
        good.replace("\"status_id\":", "\"statusid\":").into_bytes(),
        good.as_bytes()[..good.len() - 1].to_vec(),
        "[".repeat(100_000).into_bytes(),
    ];
    for body in cases {
        let reply = running.post(&server.auth_string, body.clone()).await;
        reply.refusal(400, &running.key());
    }
    running.exchange(&server, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_content_type_is_415_and_parameters_of_the_right_one_do_not_matter() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let body = report(&server, 1).to_json();
    for kind in ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json-seq"] {
        let reply = post(&running.url, Some(&server.auth_string), kind, body.clone()).await;
        reply.refusal(415, &running.key());
    }
    let kind = "Application/JSON; charset=utf-8";
    let reply = post(&running.url, Some(&server.auth_string), kind, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_larger_than_a_mebibyte_is_413() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let good = report(&server, 1).to_json();
    let sized = |size: usize| format!("{good}{}", " ".repeat(size - good.len()));
    for size in [1024 * 1024 + 1, 5 * 1024 * 1024] {
        running.post(&server.auth_string, sized(size)).await.refusal(413, &running.key());
    }
    let reply = running.post(&server.auth_string, sized(1024 * 1024)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_in_the_clear_from_another_machine_is_403_without_tls() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let body = report(&server, 1).to_json();
    let far = running.seen_from("203.0.113.7:40000", false).await;
    let reply = post(&far, Some(&server.auth_string), "application/json", body.clone()).await;
    reply.refusal(403, &running.key());
    assert!(running.node.reports(server.guid).await.unwrap().is_empty());
    let near = running.seen_from("[::ffff:127.0.0.1]:40000", false).await;
    assert_eq!(post(&near, Some(&server.auth_string), "application/json", body).await.status, 200);
    let over_tls = running.seen_from("203.0.113.7:40000", true).await;
    let body = report(&server, 2).to_json();
    assert_eq!(post(&over_tls, Some(&server.auth_string), "application/json", body).await.status, 200);
}
