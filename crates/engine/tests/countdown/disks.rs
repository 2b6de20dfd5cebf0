//! Disks that are full, read-only or do not answer.

use engine::countdown::CountdownLoginDenied;
use licensing::countdown::{CountdownDenial, HOUR_MS, TICK_MS};
use sqlx::Connection;

use crate::server::{MINUTE, ServerFolders, license};

const FULL: &str =
    "CREATE TRIGGER full_disk BEFORE INSERT ON countdown BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";

#[tokio::test]
async fn a_full_disk_grants_nothing_beyond_what_is_charged_and_goes_on_by_itself_afterwards() {
    let place = ServerFolders::new();
    let server = place.licensed(10).await;
    server.countdown.enter().await.unwrap();
    let mut database = place.database().await;
    sqlx::query(FULL).execute(&mut database).await.unwrap();
    server.pass(TICK_MS - 1000).await;
    assert!(server.countdown.view().running_since.is_some(), "what is charged may be used");
    server.pass(1000).await;
    let view = server.countdown.view();
    assert_eq!((view.running_since, view.refused), (None, Some(CountdownDenial::Unsaved)));
    let refused = server.countdown.enter().await.unwrap_err();
    assert!(
        matches!(&refused, CountdownLoginDenied::Unsaved { reason } if reason.contains("disk is full")),
        "{refused}"
    );
    server.pass(10 * MINUTE).await;
    sqlx::query("DROP TRIGGER full_disk").execute(&mut database).await.unwrap();
    server.pass(1000).await;
    server.countdown.enter().await.unwrap();
    assert_eq!((server.countdown.clients(), server.left()), (2, 10 * HOUR_MS - TICK_MS), "refused time is free");
}

#[tokio::test]
async fn a_login_and_a_license_are_refused_while_the_disk_is_full_and_cost_nothing() {
    let place = ServerFolders::new();
    let server = place.licensed(10).await;
    let mut database = place.database().await;
    sqlx::query(FULL).execute(&mut database).await.unwrap();
    for _ in 0..5 {
        assert!(matches!(server.countdown.enter().await, Err(CountdownLoginDenied::Unsaved { .. })));
    }
    let refused = server.countdown.license(&license(2, 50)).await.unwrap_err();
    assert!(refused.to_string().contains("install the license again"), "{refused}");
    assert_eq!(server.countdown.view().serial, 1);
    sqlx::query("DROP TRIGGER full_disk").execute(&mut database).await.unwrap();
    server.countdown.tick().await;
    assert_eq!((server.countdown.clients(), server.left()), (0, 10 * HOUR_MS));
    assert_eq!(server.countdown.runs(10).await.unwrap(), [], "nobody was served");
    server.countdown.license(&license(2, 50)).await.unwrap();
    assert_eq!(place.balances().await, [50 * HOUR_MS; 3]);
}

#[tokio::test]
async fn what_could_not_be_given_back_is_given_back_when_the_disk_works_again() {
    let place = ServerFolders::new();
    let server = place.licensed(10).await;
    server.countdown.enter().await.unwrap();
    server.pass(10_000).await;
    let mut database = place.database().await;
    sqlx::query(FULL).execute(&mut database).await.unwrap();
    server.countdown.leave().await;
    assert_eq!(place.balances().await[0], 10 * HOUR_MS - TICK_MS);
    sqlx::query("DROP TRIGGER full_disk").execute(&mut database).await.unwrap();
    server.pass(1000).await;
    assert_eq!(place.balances().await, [10 * HOUR_MS - 10_000; 3]);
    assert_eq!(server.countdown.runs(1).await.unwrap()[0].spent_ms, 10_000);
}

#[tokio::test]
async fn an_anchor_that_is_there_and_cannot_be_written_refuses_and_is_named() {
    for outside in [false, true] {
        let place = ServerFolders::new();
        let server = place.licensed(10).await;
        let path = if outside { place.outside_anchor() } else { place.anchor() };
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let refused = server.countdown.enter().await.unwrap_err().to_string();
        assert!(refused.contains(path.to_str().unwrap()) && refused.contains("Is a directory"), "{refused}");
        std::fs::remove_dir(&path).unwrap();
        server.countdown.enter().await.unwrap();
        assert_eq!(place.balances().await, [10 * HOUR_MS - TICK_MS; 3]);
    }
}

#[tokio::test]
async fn where_no_second_anchor_can_be_made_the_first_is_enough() {
    let place = ServerFolders::new();
    let nowhere = place.outside.path().join("a file");
    std::fs::write(&nowhere, "").unwrap();
    let server = place.start_in(place.data.path(), &nowhere).await;
    server.countdown.license(&license(1, 10)).await.unwrap();
    server.countdown.enter().await.unwrap();
    server.pass(MINUTE).await;
    server.countdown.leave().await;
    assert_eq!(server.left(), 10 * HOUR_MS - MINUTE);
}

#[tokio::test]
async fn a_disk_that_does_not_answer_stops_nothing_but_the_hours() {
    let place = ServerFolders::new();
    let server = place.licensed(10).await;
    server.countdown.enter().await.unwrap();
    let mut database = place.database().await;
    let held = database.begin_with("BEGIN IMMEDIATE").await.unwrap();
    for _ in 0..TICK_MS / 1000 {
        place.clock.advance(1000);
        server.countdown.beat();
    }
    assert_eq!(server.countdown.view().refused, Some(CountdownDenial::Unsaved));
    place.clock.advance(5 * MINUTE);
    held.rollback().await.unwrap();
    server.countdown.tick().await;
    let view = server.countdown.view();
    assert_eq!((view.refused, view.balance_ms), (None, 10 * HOUR_MS - TICK_MS), "the time refused is free");
}
