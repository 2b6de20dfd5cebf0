use std::collections::HashMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use licensing::client_protocol::{CheckOut, EarlierRecord};

use super::world::{HOUR, MINUTE, START, UsageFixture, batch, denied, ended, open, returned};
use crate::usage::Batch;

#[tokio::test]
async fn what_was_written_and_not_committed_is_set_aside() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![returned("SPEECH", 0, MINUTE)]).await;
    let path = world.file("2026.11.22");
    let before = std::fs::read(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"1795305600000\t1\tretu").unwrap();
    std::fs::write(world.file("2026.11.23"), "left by a crash\n").unwrap();
    let world = world.reopened().await;
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read(world.file("2026.11.22.torn")).unwrap(), b"1795305600000\t1\tretu");
    assert!(!world.file("2026.11.23").exists());
    assert!(world.usage.findings().is_empty());
    assert_eq!(world.take(1, 2, vec![returned("SPEECH", MINUTE, 2 * MINUTE)]).await, 2);
    assert_eq!(world.lines("2026.11.22").len(), 2);
}

#[tokio::test]
async fn a_file_that_lost_bytes_is_a_finding_and_goes_on_with_whole_lines() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![returned("SPEECH", 0, MINUTE), returned("SPEECH", 0, MINUTE)]).await;
    let path = world.file("2026.11.22");
    let length = std::fs::metadata(&path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 60).unwrap();
    let world = world.reopened().await;
    assert_eq!((world.usage.findings()[0].file.as_str(), world.usage.findings()[0].missing), ("2026.11.22", 60));
    world.take(1, 3, vec![returned("SPEECH", 0, MINUTE)]).await;
    let world = world.reopened().await;
    assert_eq!(world.usage.findings().len(), 1, "it stays one until someone looks at it");
    let whole = |line: &String| licensing::usage::UsageLine::parse(line).is_some();
    assert_eq!(world.lines("2026.11.22").iter().filter(|line| whole(line)).count(), 2);
    assert_eq!(world.hours("SPEECH", None, 1).await, [(START, 3, 3 * MINUTE as u64, 0, 3)]);
}

#[tokio::test]
async fn a_commit_that_fails_changes_nothing_and_the_next_one_works() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![returned("SPEECH", 0, MINUTE)]).await;
    let refuse = |sql: &'static str| {
        let store = world.store.clone();
        async move {
            let mut tx = store.write().await.unwrap();
            sqlx::query(sql).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    refuse("CREATE TRIGGER full BEFORE INSERT ON usage_streams BEGIN SELECT raise(ABORT, 'no room'); END").await;
    let records = vec![returned("SPEECH", 0, MINUTE), open("VOICE", MINUTE), denied("SPEECH", 0)];
    assert!(world.usage.take(batch(1, 2, records.clone())).await.is_err());
    assert_eq!(world.usage.acknowledged(1).await, 1);
    refuse("DROP TRIGGER full").await;
    assert_eq!(world.take(1, 2, records).await, 4);
    assert_eq!(world.hours("SPEECH", None, 1).await, [(START, 2, 2 * MINUTE as u64, 1, 2)]);
    assert_eq!(world.lines("2026.11.22").len(), 3);
    assert_eq!(world.take(1, 5, vec![ended("VOICE", MINUTE, 3 * MINUTE, 3)]).await, 5);
    assert_eq!(world.hours("VOICE", None, 1).await, [(START, 1, 2 * MINUTE as u64, 0, 1)]);
}

#[tokio::test]
async fn numbers_left_out_and_times_that_cannot_be_count_as_dropped() {
    let world = UsageFixture::new().await;
    let mut wrong = returned("SPEECH", 0, MINUTE);
    (wrong.from, wrong.to) = (5, Some(10));
    assert_eq!(world.take(1, 4, vec![returned("SPEECH", 0, MINUTE), wrong]).await, 5);
    assert_eq!(world.take(1, 3, vec![returned("SPEECH", 0, MINUTE); 4]).await, 6);
    let row: (i64, i64) = sqlx::query_as("SELECT acknowledged, dropped FROM usage_streams WHERE session = 1")
        .fetch_one(world.store.read())
        .await
        .unwrap();
    assert_eq!(row, (6, 4));
    assert_eq!(world.lines("2026.11.22").len(), 2);
    assert_eq!(world.usage.acknowledged(2).await, 0);
}

#[tokio::test]
async fn a_client_that_fell_silent_loses_its_open_check_outs_once() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![open("SPEECH", 0), open("SPEECH", MINUTE)]).await;
    world.usage.tick(START + 3 * HOUR).await.unwrap();
    assert_eq!(world.hours("SPEECH", None, 5).await.last(), Some(&(START + 3 * HOUR, 0, 0, 0, 2)));
    world.usage.lost(1, START + 30 * MINUTE).await.unwrap();
    let after = [(START, 2, 59 * MINUTE as u64, 0, 2)];
    assert_eq!(world.hours("SPEECH", None, 5).await, after);
    let world = world.reopened().await;
    world.usage.lost(1, START + 40 * MINUTE).await.unwrap();
    // Its end comes after all; it was counted.
    assert_eq!(world.take(1, 3, vec![ended("SPEECH", 0, 35 * MINUTE, 1)]).await, 3);
    assert_eq!(world.hours("SPEECH", None, 5).await, after);
    let lines = world.lines("2026.11.22");
    assert!(lines.len() == 2 && lines.iter().all(|line| line.contains("\tlost\t")), "{lines:?}");
}

#[tokio::test]
async fn a_check_out_that_a_later_run_tells_again_counts_once_and_the_earlier_run_loses_nothing() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![open("SPEECH", 0), open("SPEECH", MINUTE), open("SPEECH", MINUTE)]).await;
    let later = |first, number, record: CheckOut| Batch {
        client: "client-1".into(),
        earlier: HashMap::from([("before".to_owned(), 1)]),
        begins: START + MINUTE,
        ..batch(2, first, vec![CheckOut { before: number, ..record }])
    };
    let before = |number| Some(EarlierRecord { run: "before".to_owned(), number });
    let unknown = Some(EarlierRecord { run: "of-another".to_owned(), number: 3 });
    for batch in [
        later(1, before(1), open("SPEECH", 0)),
        later(2, before(2), returned("SPEECH", MINUTE, 5 * MINUTE)),
        later(3, unknown, returned("SPEECH", 0, 5 * MINUTE)),
    ] {
        world.usage.take(batch).await.unwrap();
    }
    world.usage.lost(1, START + 4 * MINUTE).await.unwrap();
    let world = world.reopened().await;
    let all = 4 * MINUTE + 3 * MINUTE;
    assert_eq!(world.hours("SPEECH", None, 1).await, [(START, 3, all as u64, 0, 3)], "the first is in use");
    let end = later(4, None, ended("SPEECH", 0, 9 * MINUTE, 1));
    world.usage.take(end).await.unwrap();
    assert_eq!(world.hours("SPEECH", None, 1).await, [(START, 3, (all + 9 * MINUTE) as u64, 0, 3)]);
    let dropped: i64 = sqlx::query_scalar("SELECT dropped FROM usage_streams WHERE session = 2")
        .fetch_one(world.store.read())
        .await
        .unwrap();
    assert_eq!(dropped, 1, "what began before this run and nobody told of");
}

#[tokio::test]
async fn a_clock_that_ran_ahead_and_was_set_right_leaves_nothing_behind() {
    let world = UsageFixture::new().await;
    world.take(1, 1, vec![open("SPEECH", 0)]).await;
    world.usage.tick(START + 2 * HOUR + MINUTE).await.unwrap();
    let right = world.hours("SPEECH", None, 2_000).await;
    assert_eq!(
        right,
        [(START, 1, HOUR as u64, 0, 1), (START + HOUR, 0, HOUR as u64, 0, 1), (START + 2 * HOUR, 0, 0, 0, 1)]
    );
    world.usage.tick(START + 1_000 * HOUR).await.unwrap();
    assert_eq!(world.hours("SPEECH", None, 2_000).await.len(), 1_001);
    let world = world.reopened().await;
    world.usage.tick(START + 2 * HOUR + 2 * MINUTE).await.unwrap();
    assert_eq!(world.hours("SPEECH", None, 2_000).await, right);
}
