//! What logins and logouts cost, and what is told of them.

use engine::countdown::CountdownLoginDenied;
use licensing::countdown::{Cause, HOUR_MS, TICK_MS};

use crate::server::{MINUTE, ServerFolders, license};

#[tokio::test]
async fn the_first_login_is_charged_everywhere_before_it_is_answered_and_the_last_logout_gives_back() {
    let place = ServerFolders::new();
    let server = place.licensed(10).await;
    assert_eq!(place.balances().await, [10 * HOUR_MS; 3]);
    let entered = server.countdown.enter().await.unwrap();
    assert_eq!(place.balances().await, [10 * HOUR_MS - TICK_MS; 3]);
    assert_eq!((entered.left_ms, entered.ends_soon), (10 * HOUR_MS, false));
    server.pass(30 * MINUTE).await;
    assert_eq!(server.left(), 10 * HOUR_MS - 30 * MINUTE);
    server.countdown.leave().await;
    assert_eq!(place.balances().await, [10 * HOUR_MS - 30 * MINUTE; 3]);
    server.pass(MINUTE).await;
    assert_eq!(server.left(), 10 * HOUR_MS - 30 * MINUTE, "nothing runs while nobody is logged in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_at_once_cost_what_one_costs() {
    let place = ServerFolders::new();
    let server = place.licensed(10).await;
    let logins: Vec<_> = (0..50)
        .map(|_| {
            let countdown = server.countdown.clone();
            tokio::spawn(async move { countdown.enter().await })
        })
        .collect();
    for login in logins {
        login.await.unwrap().unwrap();
    }
    assert_eq!((server.countdown.clients(), place.balances().await), (50, [10 * HOUR_MS - TICK_MS; 3]));
    server.pass(MINUTE).await;
    let logouts: Vec<_> = (0..50)
        .map(|_| {
            let countdown = server.countdown.clone();
            tokio::spawn(async move { countdown.leave().await })
        })
        .collect();
    for logout in logouts {
        logout.await.unwrap();
    }
    assert_eq!((server.countdown.clients(), server.left()), (0, 10 * HOUR_MS - MINUTE));
    let runs = server.countdown.runs(10).await.unwrap();
    assert_eq!((runs.len(), runs[0].most_clients, runs[0].spent_ms), (1, 50, MINUTE));
}

#[tokio::test]
async fn a_login_nobody_waits_for_any_more_is_not_counted() {
    let place = ServerFolders::new();
    let server = place.licensed(10).await;
    for polls in 0..6 {
        let mut login = Box::pin(server.countdown.enter());
        for _ in 0..polls {
            let _ = futures_poll(&mut login).await;
            tokio::task::yield_now().await;
        }
        drop(login);
    }
    server.countdown.tick().await;
    assert_eq!((server.countdown.clients(), place.balances().await), (0, [10 * HOUR_MS; 3]));
}

/// Polls once, whatever comes of it.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|context| std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_ready()))
        .await
}

#[tokio::test]
async fn at_zero_clients_are_refused_until_a_new_license_comes() {
    let place = ServerFolders::new();
    let server = place.licensed(1).await;
    let follow = server.countdown.subscribe();
    assert!(server.countdown.enter().await.unwrap().ends_soon, "an hour is one check interval");
    server.pass(60 * MINUTE).await;
    assert_eq!(server.countdown.enter().await, Err(CountdownLoginDenied::Empty));
    assert_eq!(server.countdown.clients(), 1);
    assert_eq!((follow.borrow().balance_ms, follow.borrow().running_since), (0, None));
    assert_eq!(place.balances().await, [0; 3]);
    server.countdown.license(&license(2, 5)).await.unwrap();
    assert!(server.countdown.view().running_since.is_some());
    server.pass(MINUTE).await;
    server.countdown.leave().await;
    assert_eq!(place.balances().await, [5 * HOUR_MS - MINUTE; 3]);
    let runs = server.countdown.runs(10).await.unwrap();
    let told: Vec<_> = runs.iter().map(|run| (run.spent_ms, run.cause)).collect();
    assert_eq!(told, [(MINUTE, Some(Cause::LoggedOut)), (HOUR_MS, Some(Cause::Empty))]);
}

#[tokio::test]
async fn without_a_license_nobody_is_served_and_no_anchor_is_made() {
    let place = ServerFolders::new();
    let server = place.start().await;
    assert_eq!(server.countdown.enter().await, Err(CountdownLoginDenied::NoLicense));
    assert_eq!(server.countdown.clients(), 0);
    assert!(!place.anchor().exists());
    assert_eq!(std::fs::read_dir(place.outside.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_same_license_again_brings_nothing() {
    let place = ServerFolders::new();
    let server = place.licensed(10).await;
    server.countdown.enter().await.unwrap();
    server.pass(MINUTE).await;
    server.countdown.license(&license(1, 10)).await.unwrap();
    assert_eq!(server.left(), 10 * HOUR_MS - MINUTE);
}

#[tokio::test]
async fn stopping_the_server_gives_back_and_says_why_the_run_ended() {
    let place = ServerFolders::new();
    let server = place.licensed(10).await;
    server.countdown.enter().await.unwrap();
    server.countdown.enter().await.unwrap();
    server.pass(90_000).await;
    let going = server.countdown.runs(1).await.unwrap().remove(0);
    assert_eq!((going.spent_ms, going.ended_ms, going.cause), (90_000, None, None));
    server.countdown.close().await;
    assert_eq!(place.balances().await, [10 * HOUR_MS - 90_000; 3]);
    let run = server.countdown.runs(1).await.unwrap().remove(0);
    assert_eq!((run.spent_ms, run.ended_ms, run.cause), (90_000, Some(run.began_ms + 90_000), Some(Cause::Stopped)));
}
