//! Moving between servers, losing all of them, and coming back.

use super::server::Mode;
use super::world::{FakeInstallation, pass};
use client::{ClientEvent, ConnectError, Denied};
use licensing::client_protocol::{CheckOutOutcome, FaultKind};
use tokio::sync::broadcast::Receiver;

fn heard(events: &mut Receiver<ClientEvent>) -> Vec<ClientEvent> {
    std::iter::from_fn(|| events.try_recv().ok())
        .filter(|event| !matches!(event, ClientEvent::Allocation { .. }))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_with_the_primary_the_client_moves_to_its_backup_and_leases_go_on() {
    for mode in [
        Mode::Down,
        Mode::HalfOpen,
        Mode::LosesReplies,
        Mode::Slow(10_500),
        Mode::Says("<html>".to_owned()),
        Mode::Says("{\"protocol\":2}".to_owned()),
        Mode::Endless,
        Mode::AnswersLate,
        Mode::Refuses(FaultKind::Unavailable),
        Mode::Refuses(FaultKind::ProtocolVersion),
        Mode::Refuses(FaultKind::Superseded),
        Mode::Refuses(FaultKind::IdInUse),
        Mode::Refuses(FaultKind::UnknownClient),
    ] {
        let scene = FakeInstallation::new();
        let client = scene.connect().await;
        let lease = client.acquire("SPEECH").await.unwrap();
        pass(3_000).await;
        scene.primary.set(mode.clone());
        pass(9_900).await;
        assert!(scene.backup.world().hellos.is_empty(), "{mode:?}: the primary has ten seconds");
        assert!(client.try_acquire("SPEECH").is_ok(), "{mode:?}: what was granted is good");
        pass(6_000).await;
        assert!(!scene.backup.world().refreshes.is_empty(), "{mode:?}: the backup was not asked");
        assert_eq!(scene.backup.last("SPEECH").held, 1, "{mode:?}");
        assert!(lease.is_valid(), "{mode:?}");
        assert!(client.acquire("SPEECH").await.is_ok(), "{mode:?}");
        drop(lease);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_within_ten_seconds_is_good_enough() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let lease = client.acquire("SPEECH").await.unwrap();
    scene.primary.set(Mode::Slow(9_500));
    pass(300_000).await;
    assert!(lease.is_valid());
    assert!(scene.backup.world().hellos.is_empty());
}

#[tokio::test(start_paused = true)]
async fn back_at_the_primary_both_servers_know_who_carries_what_and_nothing_is_counted_twice() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let mut events = client.events();
    let lease = client.acquire("SPEECH").await.unwrap();
    pass(2_500).await;
    scene.primary.set(Mode::Down);
    pass(20_000).await;
    let second = client.acquire("SPEECH").await.unwrap();
    assert_eq!(scene.backup.last("SPEECH").usage_count, 0, "the first was taken at the primary");
    scene.primary.set(Mode::Good);
    pass(6_000).await;
    assert_eq!(scene.primary.last("SPEECH").held, 2);
    assert_eq!((scene.backup.last("SPEECH").held, scene.backup.last("SPEECH").want), (0, 0), "its pool is free again");
    assert!(lease.is_valid() && second.is_valid());
    let moves: Vec<_> = heard(&mut events).iter().map(ToString::to_string).collect();
    assert_eq!(
        moves,
        [
            "lic1:7569: Nothing is listening there. Check that the license server is running, and the port.",
            "lic1:7569 is not responding. Now using lic2:7569.",
            "lic1:7569 is responding again. Now using lic1:7569.",
        ]
    );
    pass(15_000).await;
    let asked = scene.backup.world().refreshes.len();
    pass(25_000).await;
    assert_eq!(scene.backup.world().refreshes.len(), asked, "a backup that has everything is left in peace");
    drop((lease, second));
    let totals = client.totals();
    client.close().await;
    let code = "SPEECH".parse().unwrap();
    let (primary, backup) = (scene.primary.world(), scene.backup.world());
    let (one, two) = (primary.goodbyes[0].products[&code], backup.goodbyes[0].products[&code]);
    assert_eq!((one.usage_count, two.usage_count), (1, 1));
    assert_eq!(one.usage_ms + two.usage_ms, totals.usage_ms);
    assert!(one.usage_ms > 0 && two.usage_ms > 0);
    assert_eq!(primary.records.values().filter(|r| r.outcome == CheckOutOutcome::Returned).count(), 1);
    assert_eq!(backup.records.values().filter(|r| r.outcome == CheckOutOutcome::Returned).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_gives_less_revokes_nothing_and_gives_nothing_new_until_it_fits() {
    let scene = FakeInstallation::new();
    scene.backup.world().licensed.insert("SPEECH".to_owned(), 2);
    let client = scene.connect().await;
    let mut leases = Vec::new();
    for _ in 0..4 {
        leases.push(client.acquire("SPEECH").await.unwrap());
    }
    scene.primary.set(Mode::Down);
    pass(20_000).await;
    assert!(leases.iter().all(client::Lease::is_valid));
    let denied = client.try_acquire("SPEECH").unwrap_err();
    assert!(
        matches!(&denied, Denied::AllInUse { server, limit: 2, .. } | Denied::OverLimit { server, limit: 2, .. } if server == "lic2:7569"),
        "{denied}"
    );
    leases.truncate(1);
    assert!(client.try_acquire("SPEECH").is_ok());
    // Uncovered leases go on counting at the primary, so it answers with what they need when it is back.
    scene.primary.set(Mode::Good);
    pass(5_000).await;
    assert_eq!(scene.primary.last("SPEECH").held, 1);
}

#[tokio::test(start_paused = true)]
async fn two_minutes_without_any_server_end_all_leases_and_contact_brings_licenses_back() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let mut events = client.events();
    let lease = client.acquire("SPEECH").await.unwrap();
    scene.primary.set(Mode::Down);
    scene.backup.set(Mode::Down);
    pass(115_000).await;
    assert!(lease.is_valid());
    pass(6_000).await;
    assert!(!lease.is_valid());
    let denied = client.try_acquire("SPEECH").unwrap_err();
    assert!(matches!(&denied, Denied::Flushed { servers, .. } if servers.len() == 2), "{denied}");
    let told = heard(&mut events);
    assert!(
        told.contains(&ClientEvent::Disconnected) && told.contains(&ClientEvent::Flushed { leases: 1 }),
        "{told:?}"
    );
    scene.backup.set(Mode::Good);
    pass(3_000).await;
    assert!(heard(&mut events).contains(&ClientEvent::Resumed { server: "lic2:7569".to_owned() }));
    assert!(!lease.is_valid(), "what has ended stays so");
    let other = client.acquire("SPEECH").await.unwrap();
    drop(lease);
    assert!(other.is_valid());
    scene.primary.set(Mode::Good);
    pass(10_000).await;
    let flushed: Vec<_> =
        scene.primary.world().records.values().filter_map(|r| Some((r.outcome, r.to? - r.from))).collect();
    assert!(
        flushed.iter().any(|(outcome, ms)| *outcome == CheckOutOutcome::Flushed && (119_000..=121_000).contains(ms)),
        "{flushed:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn after_sleeping_too_long_nothing_is_taken_from_what_is_stale() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let speech = client.product("SPEECH").unwrap();
    let lease = speech.acquire().await.unwrap();
    scene.clock.sleep(125_000);
    // The background task has not run since.
    assert!(matches!(speech.try_acquire(), Err(Denied::Flushed { .. })));
    assert!(!lease.is_valid());
    pass(3_000).await;
    assert!(speech.try_acquire().is_ok(), "the next answer brings licenses back");
    assert!(client.totals().usage_ms <= 121_000, "time asleep beyond the cache is no use");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_forgot_the_client_is_told_again_and_counters_go_on() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    drop(client.acquire("SPEECH").await.unwrap());
    let lease = client.acquire("SPEECH").await.unwrap();
    pass(5_000).await;
    scene.primary.world().knows = false;
    pass(5_000).await;
    assert_eq!(scene.primary.world().hellos.len(), 2);
    {
        let world = scene.primary.world();
        assert_eq!(world.hellos[0], world.hellos[1], "the same run");
    }
    assert_eq!(scene.primary.last("SPEECH").usage_count, 2);
    scene.primary.world().lose_data();
    pass(5_000).await;
    assert_eq!(
        scene.primary.last("SPEECH").usage_count,
        2,
        "counters are of the run, not of what the server remembers"
    );
    drop(lease);
    pass(5_000).await;
    assert_eq!(
        scene.primary.world().records.keys().copied().collect::<Vec<_>>(),
        [1],
        "records follow what the server has"
    );
    assert!(client.try_acquire("SPEECH").is_ok());
    assert!(scene.backup.world().hellos.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_place_was_taken_comes_back_with_a_new_run_and_says_so() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let mut events = client.events();
    let lease = client.acquire("SPEECH").await.unwrap();
    pass(5_000).await;
    let first = scene.primary.world().hellos[0].run.clone();
    let told = scene.primary.last("SPEECH");
    scene.primary.world().superseded.insert(first.clone());
    pass(5_000).await;
    {
        let world = scene.primary.world();
        assert_eq!((world.hellos.len(), &world.hellos[1].replaces), (2, &Some(first.clone())));
        assert_ne!(world.hellos[1].run, first);
        let hellos = &world.hellos;
        assert!(world.refreshes.iter().any(|(_, refresh)| refresh.run == hellos[1].run && refresh.epoch == 2));
    }
    assert!(lease.is_valid(), "what it has stays");
    let said: Vec<String> = heard(&mut events).iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|sentence| sentence.contains("Give each application a client id of its own.")), "{said:?}");
    assert_eq!(scene.primary.last("SPEECH").usage_count, 0, "that was told by the run before");
    let second = client.acquire("SPEECH").await.unwrap();
    drop((lease, second));
    let totals = client.totals();
    client.close().await;
    let last = scene.primary.world().goodbyes[0].products[&"SPEECH".parse().unwrap()];
    assert_eq!((last.usage_count, told.usage_count + last.usage_count), (1, totals.acquired));
    assert_eq!(told.usage_ms + last.usage_ms, totals.usage_ms, "both runs together tell all of it, once");
    assert!(scene.backup.world().hellos.is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_leases_that_a_new_run_is_not_granted_none_outlasts_what_the_earlier_run_was_granted() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let mut events = client.events();
    let mut leases = Vec::new();
    for _ in 0..4 {
        leases.push(client.acquire("SPEECH").await.unwrap());
    }
    pass(5_000).await;
    let first = scene.primary.world().hellos[0].run.clone();
    {
        let mut world = scene.primary.world();
        world.superseded.insert(first);
        // The earlier run no longer counts for these; another application has taken them.
        world.others = 8;
    }
    let valid = |leases: &[client::Lease]| leases.iter().filter(|lease| lease.is_valid()).count();
    pass(110_000).await;
    assert_eq!(valid(&leases), 4, "what the earlier run was granted is good for two minutes");
    assert_eq!(scene.primary.last("SPEECH").held, 2, "no more is carried than was granted");
    pass(15_000).await;
    assert_eq!(valid(&leases), 2);
    pass(300_000).await;
    assert_eq!((valid(&leases), scene.primary.last("SPEECH").held), (2, 2));
    let told: Vec<_> = heard(&mut events);
    assert!(told.contains(&ClientEvent::NotGrantedAgain { leases: 2 }), "{told:?}");
    assert!(client.try_acquire("SPEECH").is_err());
    drop(leases);
    assert!(client.try_acquire("SPEECH").is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_application_that_restarts_at_once_waits_until_its_earlier_run_is_silent() {
    let scene = FakeInstallation::new();
    scene.primary.set(Mode::Refuses(FaultKind::IdInUse));
    let connecting = tokio::spawn(scene.builder().connect());
    pass(10_500).await;
    assert!(scene.backup.world().hellos.is_empty() && !connecting.is_finished());
    scene.primary.set(Mode::Good);
    let client = connecting.await.unwrap().unwrap();
    assert!(client.acquire("SPEECH").await.is_ok());
    assert_eq!((scene.primary.world().hellos.len(), scene.backup.world().hellos.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_superseded_everywhere_keeps_asking_and_its_leases_end() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let lease = client.acquire("SPEECH").await.unwrap();
    scene.primary.set(Mode::Refuses(FaultKind::Superseded));
    scene.backup.set(Mode::Refuses(FaultKind::Superseded));
    pass(200_000).await;
    assert_eq!(scene.primary.world().hellos.len(), 1);
    assert!(!lease.is_valid());
}

#[tokio::test(start_paused = true)]
async fn a_client_without_any_server_says_of_each_what_is_wrong() {
    let scene = FakeInstallation::new();
    scene.primary.set(Mode::Down);
    scene.backup.set(Mode::Says("{\"protocol\":9}".to_owned()));
    let began = tokio::time::Instant::now();
    let Err(ConnectError::NoServer { servers }) = scene.builder().connect().await else { panic!("it connected") };
    assert!(began.elapsed().as_secs() < 1, "both refuse at once");
    assert_eq!(servers[0].server, "lic1:7569");
    assert!(servers[0].sentence.starts_with("Nothing is listening"), "{}", servers[0].sentence);
    assert!(servers[1].sentence.starts_with("License protocol version is invalid."), "{}", servers[1].sentence);
    scene.primary.set(Mode::HalfOpen);
    scene.backup.set(Mode::HalfOpen);
    let Err(error) = scene.builder().connect().await else { panic!("it connected") };
    assert!(error.to_string().contains("did not respond within 10 seconds"), "{error}");
    assert!(matches!(scene.builder().servers::<&str>([]).connect().await, Err(ConnectError::NoServers)));
}

#[tokio::test(start_paused = true)]
async fn a_client_may_start_before_its_servers() {
    let scene = FakeInstallation::new();
    scene.primary.set(Mode::Down);
    scene.backup.set(Mode::Down);
    let client = scene.builder().start().unwrap();
    pass(1_000).await;
    let denied = client.try_acquire("SPEECH").unwrap_err();
    assert!(matches!(denied, Denied::NoServer { .. }), "{denied}");
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.acquire("SPEECH").await.map(|_| ()) }
    });
    scene.primary.set(Mode::Good);
    waiting.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_flapping_primary_has_to_prove_itself() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let lease = client.acquire("SPEECH").await.unwrap();
    scene.primary.set(Mode::Down);
    pass(20_000).await;
    scene.primary.set(Mode::Good);
    pass(5_000).await;
    scene.primary.set(Mode::Down);
    pass(20_000).await;
    scene.primary.set(Mode::Good);
    pass(25_000).await;
    assert_eq!(scene.backup.last("SPEECH").held, 1, "back only after 30 s of good answers");
    pass(12_000).await;
    assert_eq!((scene.primary.last("SPEECH").held, scene.backup.last("SPEECH").held), (1, 0));
    drop(lease);
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_takes_no_longer_than_ten_seconds() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    drop(client.acquire("SPEECH").await.unwrap());
    scene.primary.set(Mode::LosesReplies);
    let began = tokio::time::Instant::now();
    let parting = client.close().await;
    assert!(began.elapsed().as_millis() <= 10_001, "{:?}", began.elapsed());
    assert_eq!(parting.unconfirmed[0].server, "lic1:7569");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_dropped_says_goodbye() {
    let scene = FakeInstallation::new();
    let client = scene.connect().await;
    let lease = client.acquire("SPEECH").await.unwrap();
    drop(client);
    pass(10_000).await;
    assert!(lease.is_valid(), "a lease keeps its client");
    assert!(scene.primary.world().goodbyes.is_empty());
    drop(lease);
    pass(1_000).await;
    assert_eq!(scene.primary.world().goodbyes.len(), 1);
    assert_eq!(scene.primary.world().records.len(), 1);
}
