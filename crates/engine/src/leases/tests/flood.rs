//! Many hellos: places for runs, and runs that leave nothing behind.

use super::*;

impl World {
    async fn greeted(&self, number: usize, address: &str) -> Result<(), Fault> {
        let name = format!("flood-{number}");
        let hello = hello(&name, &name);
        self.leases.hello(&hello, Requester { address, ..PEER }).await.map(drop)
    }

    /// Hellos from one address until one is refused; how many were taken.
    async fn flood(&self, first: usize, most: usize, address: &str) -> usize {
        let stop = CancellationToken::new();
        let hellos = async {
            for number in 0..most {
                if let Err(fault) = self.greeted(first + number, address).await {
                    assert_eq!(fault.kind, FaultKind::Unavailable);
                    return number;
                }
            }
            most
        };
        tokio::select! {
            taken = hellos => taken,
            () = self.leases.keep(&stop) => unreachable!("it keeps for ever"),
        }
    }
}

#[tokio::test]
async fn hellos_of_one_address_use_up_its_own_places_and_nobody_elses() {
    let world = World::start().await;
    let taken = world.flood(0, 5_000, "10.0.0.66").await;
    assert!((1_000..5_000).contains(&taken), "{taken}");
    assert_eq!(world.flood(10_000, 1, "10.0.0.66").await, 0);
    assert_eq!(world.flood(20_000, 1, "10.0.0.67").await, 1);
    assert_eq!(world.flood(30_000, 1, "2001:db8::1").await, 1);
    // A place is free again once its client refreshes.
    let said = Refresh { client: "flood-0".into(), run: "flood-0".into(), ..refresh("a", 1, 1, want(0)) };
    world.stored(world.refresh(said)).await.unwrap();
    assert_eq!(world.flood(10_000, 2, "10.0.0.66").await, 1);
}

#[tokio::test]
async fn a_network_behind_one_address_may_have_thousands_of_clients() {
    let world = World::start().await;
    let stop = CancellationToken::new();
    let clients = async {
        for number in 0..6_000 {
            world.greeted(number, "10.0.0.1").await.unwrap();
            let name = format!("flood-{number}");
            let said = Refresh { client: name.clone(), run: name, ..refresh("a", 1, 1, want(0)) };
            world.refresh(said).await.unwrap();
        }
    };
    tokio::select! {
        () = clients => {}
        () = world.leases.keep(&stop) => unreachable!("it keeps for ever"),
    }
    assert_eq!(world.leases.client_counts().connected, 6_000);
}

#[tokio::test]
async fn runs_that_never_refreshed_leave_memory_and_store_after_two_minutes() {
    let world = World::start().await;
    let epoch = world.hello("a").await;
    world.ask(refresh("a", epoch, 1, want(0))).await;
    assert_eq!(world.flood(0, 50, "10.0.0.66").await, 50);
    world.leases.commit(true).await.unwrap();
    assert_eq!(world.keep.runs().len(), 51);
    world.clock.advance(110_000);
    world.leases.tick();
    world.leases.commit(true).await.unwrap();
    assert_eq!(world.keep.runs().len(), 51, "not yet");
    world.clock.advance(11_000);
    world.leases.tick();
    world.leases.commit(true).await.unwrap();
    let left: Vec<String> = world.leases.clients().into_iter().map(|client| client.client).collect();
    assert_eq!((left, world.keep.runs().len()), (vec!["a".to_owned()], 1));
    // Whoever was slow says hello again.
    let slow = Refresh { client: "flood-1".into(), run: "flood-1".into(), ..refresh("a", 1, 1, want(0)) };
    assert_eq!(world.refresh(slow).await.unwrap_err().kind, FaultKind::UnknownClient);
    assert_eq!(world.flood(1, 1, "10.0.0.66").await, 1);
}

#[tokio::test]
async fn a_start_loads_runs_that_hold_something_and_finds_the_others_when_they_come_back() {
    let mut world = World::start().await;
    let (one, two) = (world.hello("holds").await, world.hello("idle").await);
    world.ask(refresh("holds", one, 1, want(3))).await;
    world.ask(refresh("idle", two, 1, want(0))).await;
    world.leases.commit(true).await.unwrap();
    world.restart().await;
    let loaded: Vec<String> = world.leases.clients().into_iter().map(|client| client.client).collect();
    assert_eq!(loaded, ["holds"]);
    world.ask(refresh("idle", two, 2, want(1))).await;
    assert_eq!(world.leases.clients().len(), 2);
}

#[tokio::test]
async fn runs_are_purged_with_the_usage_they_belong_to_and_those_without_any_after_a_day() {
    const DAY: i64 = 24 * 3_600_000;
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("license_server.conf");
    crate::Engine::write_new_conf(&conf).unwrap();
    let clock = Arc::new(ManualClock::at(1_800_000_000_000));
    let engine = crate::Engine::open(folder.path(), &conf, clock.clone()).await.unwrap();
    let keep = SqliteKeep::new(engine.store.clone(), clock.clone());
    let ended = |id: i64, days: i64, count: u64| {
        let seen = 1_800_000_000_000 - days * DAY;
        let name = format!("run-{id}");
        let details = run::RunDetails::of(&hello(&name, &name), 1, "10.0.0.7", "d", seen);
        let used = ProductUse { counted: Counters { count, ..Counters::default() }, ..ProductUse::default() };
        let uses = [(speech(), used)].into_iter().collect();
        StoredRun { state: RunState::Ended, uses, ..StoredRun::begun(id, details, seen) }
    };
    let runs = vec![ended(1, 2, 0), ended(2, 2, 5), ended(3, 401, 5), ended(4, 0, 0)];
    keep.commit(&Commit { runs, ..Commit::default() }).await.unwrap();
    engine.purge_runs(1_800_000_000_000).await.unwrap();
    let mut left = Vec::new();
    for id in 1..5 {
        left.extend(keep.find(&format!("run-{id}")).await.unwrap().map(|run| run.id));
    }
    assert_eq!(left, [2, 4]);
}
