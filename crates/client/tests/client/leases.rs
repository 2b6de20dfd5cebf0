//! Taking and returning licenses.

use std::sync::Arc;
use std::time::Duration;

use super::server::{Mode, TestClock, WALL_MS};
use super::world::{FakeInstallation, pass};
use client::{Clock, Denied};
use licensing::client_protocol::{CheckOutOutcome, MOST_PRODUCTS};

#[tokio::test(start_paused = true)]
async fn what_was_taken_is_counted_recorded_and_said_at_the_goodbye() {
    let scene = FakeInstallation::new();
    let client = scene.builder().user("anna").connect().await.unwrap();
    let lease = client.acquire("SPEECH").await.unwrap();
    assert!(lease.is_valid());
    assert_eq!(lease.product().as_str(), "SPEECH");
    pass(5_000).await;
    assert_eq!(scene.primary.last("SPEECH").held, 1);
    let running = scene.primary.last("SPEECH").usage_ms;
    assert!((2_500..=5_000).contains(&running), "time in use is told while it lasts: {running}");
    drop(lease);
    let other = client.acquire_as("SPEECH", "bert\n").await.unwrap();
    pass(1_000).await;
    assert_eq!(client.close().await, client::ClientShutdown::default());
    assert!(!other.is_valid(), "a closed client has no leases");
    let world = scene.primary.world();
    let goodbye = &world.goodbyes[0].products[&"SPEECH".parse().unwrap()];
    assert_eq!((goodbye.held, goodbye.want, goodbye.usage_count, goodbye.usage_ms), (0, 0, 2, 5_999));
    let records: Vec<_> = world.records.values().collect();
    let seen: Vec<_> = records.iter().map(|r| (r.user.as_str(), r.to.unwrap() - r.from, r.outcome)).collect();
    // The first was taken in the very millisecond in which the grant was heard: it begins with the next.
    assert_eq!(seen, [("anna", 4_999, CheckOutOutcome::Returned), ("bert", 1_000, CheckOutOutcome::Returned)]);
    assert!((WALL_MS..WALL_MS + 1_000).contains(&records[0].from));
}

/// A machine on which returns are stamped by half a tick too late.
#[derive(Debug)]
struct Ahead(Arc<TestClock>);

impl Clock for Ahead {
    fn elapsed_ms(&self) -> u64 {
        self.0.elapsed_ms()
    }

    fn about_ms(&self) -> u64 {
        self.elapsed_ms() + 5
    }

    fn wall_ms(&self) -> i64 {
        self.0.wall_ms()
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_before_the_clock_shows_when_it_happened() {
    let scene = FakeInstallation::new();
    let client = scene.builder().clock(Arc::new(Ahead(scene.clock.clone()))).connect().await.unwrap();
    for _ in 0..5_000 {
        let lease = client.acquire("SPEECH").await.unwrap();
        pass(2).await;
        drop(lease);
    }
    client.close().await;
    let world = scene.primary.world();
    let ends: Vec<i64> = world.records.values().map(|record| record.to.unwrap()).collect();
    assert_eq!(ends.len(), 5_000);
    let mut told = 0;
    for refresh in world.refreshes.iter().map(|(_, refresh)| refresh).chain(&world.goodbyes) {
        let Some(used) = refresh.products.get(&"SPEECH".parse().unwrap()) else { continue };
        let ended = usize::try_from(used.usage_count - u64::from(used.held)).unwrap();
        if let Some(last) = ended.checked_sub(1) {
            assert!(refresh.now.unwrap() >= ends[last], "{:?} {}", refresh.now, ends[last]);
            told += 1;
        }
    }
    assert!(told > 3, "{told}");
    for (now, last) in &world.batches {
        assert!(now.unwrap() >= *last, "{now:?} {last}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_until_the_limit_has_grown_and_no_longer_than_a_refresh_takes() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let mut leases = Vec::new();
    let began = tokio::time::Instant::now();
    for _ in 0..10 {
        leases.push(client.acquire("SPEECH").await.unwrap());
    }
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let times: Vec<u64> = scene.primary.world().refreshes.iter().map(|(at, _)| *at).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 50), "asked too often: {times:?}");
    let waited = tokio::time::Instant::now();
    let denied = client.acquire("SPEECH").await.unwrap_err();
    assert_eq!(waited.elapsed(), Duration::from_secs(10));
    let all = Denied::AllInUse {
        product: "SPEECH".parse().unwrap(),
        server: "lic1:7569".to_owned(),
        licensed: 10,
        limit: 10,
    };
    assert_eq!(denied, all);
    assert_eq!(client.totals().denied, 1);
    let times = scene.primary.world().refreshes.len();
    assert!(times < 30, "a request that waits does not make the client ask all the time: {times}");
}

#[tokio::test(start_paused = true)]
async fn the_first_regular_refresh_is_not_sooner_than_one_that_somebody_waits_for() {
    for _ in 0..200 {
        let scene = FakeInstallation::new();
        let client = scene.connect().await;
        let _lease = client.acquire("SPEECH").await.unwrap();
        pass(200).await;
        let times: Vec<u64> = scene.primary.world().refreshes.iter().map(|(at, _)| *at).collect();
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 50), "{times:?}");
        client.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_gets_what_another_returns() {
    let scene = FakeInstallation::new();
    scene.primary.world().licensed.insert("ONE".to_owned(), 1);
    let client = scene.connect().await;
    let lease = client.acquire("ONE").await.unwrap();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.acquire("ONE").await.map(|_| tokio::time::Instant::now()) }
    });
    pass(3_000).await;
    let returned = tokio::time::Instant::now();
    drop(lease);
    assert_eq!(waiting.await.unwrap().unwrap(), returned);
}

#[tokio::test(start_paused = true)]
async fn a_product_without_license_is_refused_without_waiting() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let began = tokio::time::Instant::now();
    let denied = client.acquire("NOTHING").await.unwrap_err();
    assert!(matches!(denied, Denied::NotLicensed { .. }), "{denied}");
    assert!(began.elapsed() < Duration::from_secs(1));
    let denied = client.try_acquire("no product").unwrap_err();
    assert!(matches!(denied, Denied::Product(_)), "{denied}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_beyond_a_limit_that_shrank_and_the_echo_says_at_once_what_is_still_in_use() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let mut leases = Vec::new();
    for _ in 0..6 {
        leases.push(client.acquire("SPEECH").await.unwrap());
    }
    scene.primary.world().licensed.insert("SPEECH".to_owned(), 4);
    pass(3_000).await;
    assert!(client.try_acquire("SPEECH").is_err());
    assert!(leases.iter().all(client::Lease::is_valid), "nothing in use is revoked");
    let told = scene.primary.last("SPEECH");
    assert_eq!((told.held, told.version), (6, scene.primary.world().limits[&"SPEECH".parse().unwrap()].1));
    // The fake server asserts that from the echo on never more is in use than the limit, or than was told before.
    leases.truncate(5);
    assert!(client.try_acquire("SPEECH").is_err(), "what is returned above the limit is not taken again");
    pass(200).await;
    assert_eq!(scene.primary.last("SPEECH").held, 5, "and told at once");
    leases.truncate(3);
    pass(3_000).await;
    leases.push(client.try_acquire("SPEECH").unwrap());
    assert!(client.try_acquire("SPEECH").is_err());
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_nothing_goes_back_and_what_was_needed_lately_stays_wanted() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let mut leases = Vec::new();
    for _ in 0..8 {
        leases.push(client.acquire("SPEECH").await.unwrap());
    }
    drop(leases);
    pass(20_000).await;
    assert!(scene.primary.last("SPEECH").want >= 8, "the most of the last 30 s stays wanted");
    pass(20_000).await;
    assert_eq!(scene.primary.last("SPEECH").want, 1, "one to spare");
    pass(600_000).await;
    assert_eq!(scene.primary.last("SPEECH").want, 0, "nobody has asked for ten minutes");
}

#[tokio::test(start_paused = true)]
async fn a_lease_held_for_long_is_told_as_open_once_and_ended_by_its_number() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let lease = client.acquire("SPEECH").await.unwrap();
    pass(200_000).await;
    let open: Vec<_> = scene.primary.world().records.iter().map(|(n, r)| (*n, r.outcome)).collect();
    assert_eq!(open, [(1, CheckOutOutcome::Open)]);
    drop(lease);
    pass(5_000).await;
    let world = scene.primary.world();
    assert_eq!((world.records[&2].outcome, world.records[&2].opened), (CheckOutOutcome::Returned, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_record_whose_acknowledgement_was_lost_is_sent_again_under_its_number() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    scene.primary.world().loses_next_acknowledgement = true;
    drop(client.acquire("SPEECH").await.unwrap());
    pass(30_000).await;
    let world = scene.primary.world();
    assert_eq!((world.records.len(), world.repeated), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn records_beyond_the_room_are_dropped_counted_and_their_numbers_left_out() {
    let scene = FakeInstallation::new();
    let client = scene.builder().records(3).connect().await.unwrap();
    let speech = client.product("SPEECH").unwrap();
    drop(speech.acquire().await.unwrap());
    for _ in 0..4 {
        drop(speech.try_acquire().unwrap());
    }
    pass(5_000).await;
    drop(speech.try_acquire().unwrap());
    pass(5_000).await;
    assert_eq!(client.totals().dropped_records, 2);
    client.close().await;
    let world = scene.primary.world();
    assert_eq!(world.records.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 6]);
    assert_eq!(world.goodbyes[0].dropped, 2);
    assert_eq!(world.goodbyes[0].products[&"SPEECH".parse().unwrap()].usage_count, 6, "totals lose nothing");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_absurd_things_changes_nothing_and_breaks_nothing() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let lease = client.acquire("SPEECH").await.unwrap();
    for absurd in [
        "",
        "null",
        "[]",
        "{\"protocol\":1}",
        "{\"protocol\":1,\"epoch\":1,\"sequence\":-1,\"saved\":0,\"refresh_ms\":0,\"valid_ms\":0,\"products\":{}}",
        "{\"protocol\":1,\"epoch\":\"x\",\"sequence\":[],\"saved\":{},\"products\":[[[[[[[[[[[[[[[[[",
        "\u{0}\u{ffff}",
    ] {
        scene.primary.set(Mode::Says(absurd.to_owned()));
        pass(2_500).await;
        assert!(lease.is_valid(), "after {absurd:?}");
    }
    scene.primary.set(Mode::Good);
    pass(5_000).await;
    assert_eq!(scene.primary.last("SPEECH").held, 1);
}

#[tokio::test(start_paused = true)]
async fn the_largest_limit_there_is_can_be_used() {
    let scene = FakeInstallation::new();
    scene.primary.world().licensed.insert("SPEECH".to_owned(), u32::MAX);
    let client = scene.connect().await;
    let huge = "{\"limit\":4294967295,\"version\":18446744073709551615,\"licensed\":4294967295}";
    let speech = client.product("SPEECH").unwrap();
    pass(3_000).await;
    let sequence = scene.primary.world().sequence + 1;
    scene.primary.set(Mode::Says(format!(
        "{{\"protocol\":1,\"epoch\":1,\"sequence\":{sequence},\"saved\":0,\"refresh_ms\":18446744073709551615,\
         \"valid_ms\":18446744073709551615,\"products\":{{\"SPEECH\":{huge}}}}}"
    )));
    pass(2_500).await;
    let leases: Vec<_> = (0..100_000).map(|_| speech.try_acquire().unwrap()).collect();
    assert_eq!(speech.held(), 100_000);
    drop(leases);
    assert_eq!(speech.held(), 0);
}

#[tokio::test(start_paused = true)]
async fn as_many_products_as_a_client_may_ask_for_are_each_found_by_their_names_and_no_more() {
    let scene = FakeInstallation::new();
    let client = scene.builder().connect().await.unwrap();
    let names: Vec<String> = (0..MOST_PRODUCTS).map(|number| format!("P-{number}")).collect();
    for name in &names {
        client.product(name).unwrap();
    }
    for name in &names {
        assert_eq!(client.product(name).unwrap().code().as_str(), name);
    }
    assert_eq!(client.product("ONE-MORE").unwrap_err(), Denied::TooManyProducts);
    assert_eq!(client.try_acquire("ONE-MORE").unwrap_err(), Denied::TooManyProducts);
    assert!(matches!(client.try_acquire("p 0").unwrap_err(), Denied::Product(_)));
    client.close().await;
}
