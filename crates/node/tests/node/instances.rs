use licensing::context::Context;

use crate::harness::{DAY, RunningNode, report_from};

const FIRST: u128 = 0x1111_1111 << 96;
const SECOND: u128 = 0x2222_2222 << 96;
const THIRD: u128 = 0x3333_3333 << 96;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_is_refused_and_both_hear_of_it() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let key = running.key();
    let post =
        async |id, instance| running.post(&server.auth_string, report_from(&server, id, instance).to_json()).await;

    assert!(post(1, FIRST).await.signed(&key).response().notices.is_empty());
    running.clock.advance(DAY);
    let reason = post(2, SECOND).await.refusal(409, &key);
    for part in ["11111111", "22222222", "2026-11-22 00:41 UTC"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    let told = post(3, FIRST).await.signed(&key).into_response();
    assert_eq!(told.notices.len(), 1);
    assert_eq!(told.notices[0].code, "second-instance");
    for part in ["22222222", "2026-11-23 00:41 UTC", "support"] {
        assert!(told.notices[0].message.contains(part), "{part}: {}", told.notices[0].message);
    }
    // What was refused left its status id as it was.
    running.node.rebind(server.guid).await.unwrap();
    assert_eq!(post(2, SECOND).await.status, 200);
    assert_eq!(post(4, FIRST).await.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_instance_takes_over_once_it_may_and_the_notice_ends() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let key = running.key();
    let post =
        async |id, instance| running.post(&server.auth_string, report_from(&server, id, instance).to_json()).await;
    assert_eq!(post(1, FIRST).await.status, 200);
    assert_eq!(post(2, SECOND).await.status, 409);
    let before = running.node.rebind(server.guid).await.unwrap();
    assert_eq!(before.rival.map(|r| r.instance[..8].to_owned()), Some("22222222".to_owned()));
    let answer = post(3, THIRD).await.signed(&key).into_response();
    assert!(!answer.error && answer.notices.is_empty());
    let now = running.node.server(server.guid).await.unwrap();
    assert_eq!((now.owner.map(|o| o.instance[..8].to_owned()), now.rival), (Some("33333333".to_owned()), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn keeping_the_owner_ends_the_notice_and_the_other_stays_out() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    let post =
        async |id, instance| running.post(&server.auth_string, report_from(&server, id, instance).to_json()).await;
    assert_eq!(post(1, FIRST).await.status, 200);
    assert_eq!(post(2, SECOND).await.status, 409);
    running.node.keep_owner(server.guid).await.unwrap();
    assert!(post(3, FIRST).await.signed(&running.key()).response().notices.is_empty());
    assert_eq!(post(4, SECOND).await.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_first_reports_at_the_same_time_one_instance_owns_the_guid() {
    let running = RunningNode::start().await;
    let second = running.another().await;
    let server = running.server(Context::Production).await;
    let (one, other) = tokio::join!(
        running.post(&server.auth_string, report_from(&server, 1, FIRST).to_json()),
        second.post(&server.auth_string, report_from(&server, 2, SECOND).to_json())
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}
