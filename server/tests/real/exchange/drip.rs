use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::listener::TestListener;
use super::world::{ExchangePair, text_of};

/// The longest a page may take while an exchange hangs, on a machine that is busy with other tests.
const RESPONSIVE: Duration = Duration::from_secs(3);

/// Looks at the server as long as the exchange lasts; its answer, how long it took, and the slowest look.
fn watched(world: &ExchangePair) -> (crate::harness::ApiAnswer, Duration, Duration) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let exchange = scope.spawn(|| {
            let began = Instant::now();
            let answer = world.sync();
            done.store(true, Ordering::SeqCst);
            (answer, began.elapsed())
        });
        let mut slowest = Duration::ZERO;
        while !done.load(Ordering::SeqCst) {
            let began = Instant::now();
            assert_eq!(text_of(&world.server, "/livez"), "ok\n");
            assert_eq!(world.server.get("/api/v1/licenses").status, 200);
            slowest = slowest.max(began.elapsed());
            std::thread::sleep(Duration::from_millis(200));
        }
        let (answer, took) = exchange.join().unwrap();
        (answer, took, slowest)
    })
}

/// Alone this node fails; before a good one it costs its time and no more.
fn is_given_up(head: &'static str, says: &str) {
    let world = ExchangePair::new();
    let before = world.licenses();
    let fake = TestListener::dripping(head);
    world.set_nodes(&[&fake.address]);
    let (failed, took, slowest) = watched(&world);
    assert_eq!(failed.status, 502, "{}", failed.body);
    let sentence = failed.body["attempts"][0]["sentence"].as_str().unwrap();
    assert!(sentence.contains(says), "{sentence}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(slowest < RESPONSIVE, "{slowest:?}");
    assert_eq!(world.licenses(), before);

    world.set_nodes(&[&fake.address, &world.node.address]);
    for _ in 0..40 {
        let asked = fake.taken();
        let (synced, _, slowest) = watched(&world);
        assert_eq!(synced.status, 200, "{}", synced.body);
        assert!(slowest < RESPONSIVE, "{slowest:?}");
        if fake.taken() > asked {
            return;
        }
    }
    panic!("it was never asked first");
}

#[test]
fn an_answer_that_never_ends_is_given_up_and_hinders_nobody() {
    // Both wait most of their time.
    let endless_body = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.leasehold.sealed\r\n\r\n";
    std::thread::scope(|scope| {
        scope.spawn(|| is_given_up(endless_body, "did not finish within 20 s"));
        scope.spawn(|| is_given_up("HTTP/1.1 200", "did not answer within 20 s"));
    });
}
