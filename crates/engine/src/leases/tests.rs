mod claims;
mod flood;
mod passing;

use std::collections::BTreeMap;
use std::sync::Arc;

use licensing::client_protocol::{Fault, FaultKind, Hello, Refresh, Shortage, Use, VERSION};
use licensing::product::ProductCode;

use tokio_util::sync::CancellationToken;

use super::memory::MemoryKeep;
use super::*;
use crate::clock::ManualClock;

struct World {
    keep: Arc<MemoryKeep>,
    clock: Arc<ManualClock>,
    leases: Leases,
}

fn speech() -> ProductCode {
    "SPEECH".parse().unwrap()
}

const PEER: Requester<'_> = Requester { address: "10.0.0.7", deployment: "d", ve: None };

fn hello(client: &str, run: &str) -> Hello {
    Hello {
        protocol: VERSION,
        client: client.to_owned(),
        run: run.to_owned(),
        replaces: None,
        name: client.to_owned(),
        host: String::new(),
        software: String::new(),
        deployment: None,
        ve: None,
        observed: None,
    }
}

fn refresh(client: &str, epoch: u64, sequence: u64, used: Use) -> Refresh {
    Refresh {
        protocol: VERSION,
        client: client.to_owned(),
        run: format!("{client}-run"),
        epoch,
        sequence,
        now: None,
        products: BTreeMap::from([(speech(), used)]),
        audio_ms: 0,
        dropped: 0,
    }
}

fn want(want: u32) -> Use {
    Use { want, ..Use::default() }
}

impl World {
    async fn start() -> World {
        let (keep, clock) = (Arc::new(MemoryKeep::default()), Arc::new(ManualClock::at(1_800_000_000_000)));
        let leases = Leases::open(keep.clone(), clock.clone()).await.unwrap();
        leases.license(&BTreeMap::from([(speech(), Licensed::Count(10))]), &[]);
        World { keep, clock, leases }
    }

    /// As after kill −9: only what was stored is left.
    async fn restart(&mut self) {
        self.leases = Leases::open(self.keep.clone(), self.clock.clone()).await.unwrap();
        self.leases.license(&BTreeMap::from([(speech(), Licensed::Count(10))]), &[]);
    }

    async fn hello(&self, client: &str) -> u64 {
        let hello = hello(client, &format!("{client}-run"));
        self.stored(self.leases.hello(&hello, PEER)).await.unwrap().epoch
    }

    /// Carries out a request while the keeper is at work.
    async fn stored<T>(&self, request: impl Future<Output = T>) -> T {
        let stop = CancellationToken::new();
        tokio::select! {
            answer = request => answer,
            () = self.leases.keep(&stop) => unreachable!("it keeps for ever"),
        }
    }

    async fn refresh(&self, said: Refresh) -> Result<licensing::client_protocol::Allocation, Fault> {
        self.leases.refresh(said, self.leases.received()).await
    }

    async fn ask(&self, said: Refresh) -> (u32, Option<Shortage>) {
        let answer = self.stored(self.refresh(said)).await.unwrap();
        (answer.products[&speech()].limit, answer.products[&speech()].why)
    }

    fn totals(&self) -> Counters {
        self.keep.totals().into_values().next().unwrap_or_default()
    }
}

#[tokio::test]
async fn after_a_start_from_older_data_nothing_grows_until_unknown_caches_are_flushed() {
    let mut world = World::start().await;
    let epoch = world.hello("a").await;
    assert_eq!(world.ask(refresh("a", epoch, 1, want(4))).await.0, 4);
    world.restart().await;
    world.leases.hold();
    assert_eq!(world.ask(refresh("a", epoch, 2, want(5))).await.0, 4, "what was restored stays");
    let other = world.hello("b").await;
    assert_eq!(world.ask(refresh("b", other, 1, want(3))).await.0, 0);
    world.clock.advance(122_199);
    assert_eq!(world.ask(refresh("b", other, 2, want(3))).await.0, 0);
    world.clock.advance(1);
    assert_eq!(world.ask(refresh("b", other, 3, want(3))).await.0, 3);
}

#[tokio::test]
async fn a_client_that_went_home_and_left_nothing_is_no_longer_connected_here() {
    let world = World::start().await;
    let home = std::collections::BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    let state = |client: &str| {
        let clients = world.leases.clients();
        clients.into_iter().find(|of| of.client == client).unwrap().state
    };
    for client in ["a", "b"] {
        let epoch = world.hello(client).await;
        world.ask(refresh(client, epoch, 1, want(2))).await;
        // The first returns all it had, the second still holds something.
        let left = if client == "a" { Use { version: 1, ..Use::default() } } else { want(2) };
        world.ask(refresh(client, epoch, 2, left)).await;
        world.ask(refresh(client, epoch, 3, Use { version: 2, ..left })).await;
    }
    world.leases.went_home(&home);
    assert_eq!(state("a"), ClientState::Connected, "it refreshed a moment ago");
    world.clock.advance(4_000);
    world.leases.went_home(&std::collections::BTreeSet::new());
    assert_eq!(state("a"), ClientState::Connected, "nobody else serves it");
    world.leases.went_home(&home);
    assert_eq!((state("a"), state("b")), (ClientState::Moved, ClientState::Connected));
    assert_eq!(world.leases.serving().connected, 1);
    // It comes back.
    world.ask(refresh("a", 1, 4, want(1))).await;
    assert_eq!(state("a"), ClientState::Connected);
}

#[tokio::test]
async fn a_limit_is_stored_before_the_client_hears_of_it_and_counted_after_a_restart() {
    let mut world = World::start().await;
    let epoch = world.hello("a").await;
    assert_eq!(world.ask(refresh("a", epoch, 1, want(7))).await.0, 7);
    world.restart().await;
    let other = world.hello("b").await;
    assert_eq!(world.ask(refresh("b", other, 1, want(10))).await, (3, Some(Shortage::AllInUse)));
    world.clock.advance(122_200);
    world.leases.tick();
    assert_eq!(world.ask(refresh("b", other, 2, want(10))).await.0, 10);
}

#[tokio::test]
async fn while_nothing_can_be_stored_nothing_grows_and_nothing_is_forgotten() {
    let world = World::start().await;
    let epoch = world.hello("a").await;
    world.keep.set_broken(true);
    for sequence in 1..3 {
        let used = Use { want: 4, usage_count: 5, usage_ms: 50, ..Use::default() };
        let refused = world.stored(world.refresh(refresh("a", epoch, sequence, used))).await.unwrap_err();
        assert_eq!(refused.kind, FaultKind::Unavailable);
    }
    world.keep.set_broken(false);
    assert_eq!(world.ask(refresh("a", epoch, 3, want(4))).await.0, 4);
    world.leases.commit(true).await.unwrap();
    assert_eq!(world.totals(), Counters { count: 5, ms: 50, denied: 0 });
}

#[tokio::test]
async fn repeated_lost_and_reordered_counters_are_counted_once_across_restarts() {
    let mut world = World::start().await;
    let epoch = world.hello("a").await;
    let used = |usage_count, usage_ms| Use { want: 1, usage_count, usage_ms, denied: 1, ..Use::default() };
    world.ask(refresh("a", epoch, 1, used(3, 30))).await;
    world.leases.commit(true).await.unwrap();
    world.ask(refresh("a", epoch, 2, used(9, 90))).await;
    // Killed before the second was stored: the client says it again, and more.
    world.restart().await;
    world.ask(refresh("a", epoch, 3, used(10, 100))).await;
    world.ask(refresh("a", epoch, 2, used(9, 90))).await;
    world.ask(refresh("a", epoch, 4, used(2, 20))).await;
    world.leases.commit(true).await.unwrap();
    assert_eq!(world.totals(), Counters { count: 10, ms: 100, denied: 1 });
}

#[tokio::test]
async fn counters_count_as_saved_only_once_they_are_stored() {
    let world = World::start().await;
    let epoch = world.hello("a").await;
    let used = Use { usage_count: 1, ..Use::default() };
    assert_eq!(world.refresh(refresh("a", epoch, 1, used)).await.unwrap().saved, 0);
    world.leases.commit(true).await.unwrap();
    assert_eq!(world.refresh(refresh("a", epoch, 2, used)).await.unwrap().saved, 1);
}

#[tokio::test]
async fn the_same_run_keeps_its_epoch_and_a_later_one_takes_its_place() {
    let mut world = World::start().await;
    assert_eq!((world.hello("a").await, world.hello("a").await), (1, 1));
    world.restart().await;
    assert_eq!(world.hello("a").await, 1);
    let later = world.stored(world.leases.hello(&hello("a", "another"), PEER)).await.unwrap();
    assert_eq!(later.epoch, 2);
    let refused = world.refresh(refresh("a", 1, 9, want(1))).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::Superseded);
    let unknown = Refresh { run: "made-up".to_owned(), ..refresh("a", 2, 1, want(1)) };
    assert_eq!(world.refresh(unknown).await.unwrap_err().kind, FaultKind::UnknownClient);
}

#[tokio::test]
async fn goodbye_frees_what_a_client_had_and_may_be_said_twice() {
    let mut world = World::start().await;
    let epoch = world.hello("a").await;
    world.ask(refresh("a", epoch, 1, want(10))).await;
    let last = refresh("a", epoch, 2, Use { usage_count: 4, ..Use::default() });
    world.stored(world.leases.goodbye(last.clone())).await.unwrap();
    world.stored(world.leases.goodbye(last)).await.unwrap();
    assert_eq!(world.totals().count, 4);
    world.restart().await;
    let other = world.hello("b").await;
    assert_eq!(world.ask(refresh("b", other, 1, want(10))).await.0, 10);
}

#[tokio::test]
async fn a_run_that_was_silent_for_long_is_found_again_with_its_counters() {
    let world = World::start().await;
    let epoch = world.hello("a").await;
    let used = |usage_count| Use { want: 1, usage_count, ..Use::default() };
    world.ask(refresh("a", epoch, 1, used(3))).await;
    world.leases.commit(true).await.unwrap();
    world.clock.advance(2 * 3_600_000);
    world.leases.tick();
    world.leases.commit(true).await.unwrap();
    world.leases.tick();
    assert!(world.leases.clients().is_empty(), "it is not in memory any more");
    world.ask(refresh("a", epoch, 2, used(5))).await;
    world.leases.commit(true).await.unwrap();
    assert_eq!(world.totals().count, 5);
}

/// What a client says of itself is stored when it changes; counters alone leave it.
#[tokio::test]
async fn a_new_name_is_stored_and_counters_leave_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(1_800_000_000_000));
    let keep = SqliteKeep::new(crate::store::open(folder.path(), 0).await.unwrap(), clock);
    let details = run::RunDetails::of(&hello("a", "a-run"), 1, "10.0.0.7", "d", 7);
    let run = StoredRun { sequence: 1, ..StoredRun::begun(1, details.clone(), 7) };
    let named = Arc::new(run::RunDetails { name: "Ännchen \"A\"".into(), host: "host-2".to_owned(), ..details });
    let renamed = StoredRun { details: named.clone(), new: false, renamed: true, sequence: 2, ..run.clone() };
    let counted = StoredRun { new: false, sequence: 3, ..run.clone() };
    for run in [run, renamed, counted] {
        keep.commit(&Commit { runs: vec![run], ..Commit::default() }).await.unwrap();
    }
    let stored = keep.find("a-run").await.unwrap().unwrap();
    assert_eq!((&stored.details, stored.sequence), (&named, 3));
}
