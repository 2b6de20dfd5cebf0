//! Killed at any instant, two hundred times.

use std::sync::Mutex;
use std::task::Poll;

use engine::clock::ManualClock;
use licensing::countdown::{Cause, HOUR_MS, TICK_MS};

use crate::server::{CountdownServer, MINUTE, ServerFolders, license};

/// Less than [`licensing::countdown::LEAD_MS`], so that what is used was granted.
const STEP: i64 = 4_000;
const CRASHES: u32 = 200;

/// Lets work go on for so many turns; it is killed in the middle then, often while something is being stored.
async fn cut_short(turns: u32, work: impl Future<Output = ()>) {
    let mut work = std::pin::pin!(work);
    let mut turn = 0;
    std::future::poll_fn(|context| {
        turn += 1;
        if turn > turns { Poll::Ready(()) } else { work.as_mut().poll(context) }
    })
    .await;
}

/// Clients come, use hours and go, as long as they are let.
async fn work(server: &CountdownServer, clock: &ManualClock, used: &Mutex<i64>) {
    loop {
        server.countdown.enter().await.unwrap();
        for _ in 0..17 {
            clock.advance(STEP);
            *used.lock().unwrap() += STEP;
            server.countdown.tick().await;
        }
        server.countdown.leave().await;
    }
}

#[test]
fn two_hundred_crashes_never_make_hours_and_cost_at_most_a_tick_each() {
    let place = ServerFolders::new();
    let used = Mutex::new(0);
    let mut turns = 7_u32;
    for crash in 0..=CRASHES {
        // Dropping it ends whatever is under way, as a kill does: between one file and the next as well.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let server = place.start().await;
            server.countdown.license(&license(1, 100)).await.unwrap();
            let (left, used_now) = (server.left(), *used.lock().unwrap());
            let lost = 100 * HOUR_MS - used_now - left;
            let most = i64::from(crash) * TICK_MS;
            assert!(
                (0..=most).contains(&lost),
                "after {crash} crashes: {used_now} ms used, {left} ms left, {lost} ms lost"
            );
            turns = (turns * 31 + crash) % 41;
            cut_short(turns, work(&server, &place.clock, &used)).await;
        });
    }
    assert!(*used.lock().unwrap() > 100 * MINUTE, "there was something to lose");
}

#[tokio::test]
async fn a_run_that_a_crash_ended_took_what_was_charged() {
    let place = ServerFolders::new();
    let server = place.licensed(10).await;
    server.countdown.enter().await.unwrap();
    server.pass(20_000).await;
    server.kill().await;
    let server = place.start().await;
    assert_eq!(server.left(), 10 * HOUR_MS - TICK_MS);
    let run = server.countdown.runs(1).await.unwrap().remove(0);
    assert_eq!((run.spent_ms, run.ended_ms, run.cause), (TICK_MS, Some(run.began_ms + TICK_MS), Some(Cause::Crashed)));
}
