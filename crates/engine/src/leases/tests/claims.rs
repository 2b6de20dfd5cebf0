//! What clients claim of themselves: who they are, what they have used, and when.

use licensing::client_protocol::{CheckOut, CheckOutOutcome, Records};

use super::*;
use crate::Engine;
use crate::clock::Clock;

impl World {
    /// A hello of another run of a client.
    async fn greets(&self, client: &str, run: &str, replaces: Option<&str>) -> Result<u64, Fault> {
        let hello = Hello { replaces: replaces.map(str::to_owned), ..hello(client, run) };
        let newcomer = Requester { address: "10.0.0.9", ..PEER };
        self.stored(self.leases.hello(&hello, newcomer)).await.map(|reply| reply.epoch)
    }

    fn only_client(&self) -> ClientView {
        self.leases.clients().into_iter().find(|client| client.state == ClientState::Connected).unwrap()
    }

    fn claims(&self) -> (Counters, u64, u64) {
        let product = self.only_client().products.into_iter().next().unwrap_or_default();
        (self.totals(), product.beyond_count, product.beyond_ms)
    }
}

#[tokio::test]
async fn nobody_replaces_a_run_that_is_alive_without_its_secret_and_the_clients_page_tells_who_tried() {
    let world = World::start().await;
    let epoch = world.hello("a").await;
    world.ask(refresh("a", epoch, 1, want(2))).await;
    world.clock.advance(9_000);
    for replaces in [None, Some("a guess"), Some("stranger")] {
        let refused = world.greets("a", "stranger", replaces).await;
        let refused = match refused {
            Err(fault) if fault.kind == FaultKind::Malformed => continue,
            other => other.unwrap_err(),
        };
        assert_eq!((refused.kind, refused.kind.status()), (FaultKind::IdInUse, 409));
    }
    let contest = world.only_client().contest.unwrap();
    assert_eq!((contest.address.as_str(), contest.at_ms), ("10.0.0.9", world.clock.now_ms()));
    assert_eq!(world.ask(refresh("a", epoch, 2, want(2))).await.0, 2, "it goes on");
    world.clock.advance(11 * 60_000);
    world.ask(refresh("a", epoch, 3, want(2))).await;
    assert_eq!(world.only_client().contest, None, "long ago");
    assert_eq!(world.greets("a", "the-next", Some("a-run")).await.unwrap(), 2, "it proves to be the same");
    let ended = world.refresh(refresh("a", epoch, 4, want(2))).await.unwrap_err();
    assert_eq!(ended.kind, FaultKind::Superseded);
}

#[tokio::test]
async fn a_silent_run_can_be_replaced_and_one_of_before_a_restart_once_it_was_silent_since() {
    let mut world = World::start().await;
    let epoch = world.hello("a").await;
    world.ask(refresh("a", epoch, 1, want(0))).await;
    world.clock.advance(10_001);
    world.leases.commit(true).await.unwrap();
    world.restart().await;
    assert_eq!(world.greets("a", "next", None).await.unwrap_err().kind, FaultKind::IdInUse);
    world.clock.advance(10_001);
    assert_eq!(world.greets("a", "next", None).await.unwrap(), 2);
    assert_eq!(world.refresh(refresh("a", epoch, 2, want(1))).await.unwrap_err().kind, FaultKind::Superseded);
}

#[tokio::test]
async fn use_beyond_what_was_granted_is_kept_apart_and_shown() {
    let mut world = World::start().await;
    let epoch = world.hello("a").await;
    let used = |usage_count, usage_ms| Use { want: 2, version: 1, usage_count, usage_ms, ..Use::default() };
    world.ask(refresh("a", epoch, 1, want(2))).await;
    world.clock.advance(10_000);
    world.ask(refresh("a", epoch, 2, used(7, 20_000))).await;
    world.leases.commit(true).await.unwrap();
    assert_eq!(world.claims(), (Counters { count: 7, ms: 20_000, denied: 0 }, 0, 0), "two for ten seconds");
    const MOST: u64 = (1 << 53) - 1;
    world.ask(refresh("a", epoch, 3, used(MOST, MOST))).await;
    world.leases.commit(true).await.unwrap();
    let (counted, count, ms) = world.claims();
    assert!(counted.ms < 25_000 && counted.count < 10_000_000, "{counted:?}");
    assert_eq!((counted.count + count, counted.ms + ms), (MOST, MOST));
    // Also what is kept apart survives a restart, and others count on.
    world.restart().await;
    world.ask(refresh("a", epoch, 4, want(2))).await;
    assert!(world.only_client().products[0].beyond_ms > MOST / 2);
    world.leases.commit(true).await.unwrap();
    let before = world.totals().count;
    let other = world.hello("b").await;
    world.ask(refresh("b", other, 1, want(1))).await;
    world.clock.advance(1_000);
    world.ask(refresh("b", other, 2, Use { want: 1, usage_count: 4, ..Use::default() })).await;
    world.leases.commit(true).await.unwrap();
    assert_eq!(world.totals().count, before + 4);
}

#[tokio::test]
async fn use_of_what_was_never_granted_is_not_counted() {
    let world = World::start().await;
    let epoch = world.hello("a").await;
    for sequence in 1..4 {
        world.clock.advance(60_000);
        world.ask(refresh("a", epoch, sequence, Use { usage_count: 5, usage_ms: 5_000, ..Use::default() })).await;
    }
    world.leases.commit(true).await.unwrap();
    assert_eq!(world.claims(), (Counters::default(), 5, 5_000));
}

#[tokio::test]
async fn records_outside_their_run_are_dropped_and_counted_and_the_others_are_kept() {
    const BEGAN: i64 = 1_800_000_000_000;
    const DAY: i64 = 24 * 3_600_000;
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("license_server.conf");
    Engine::write_new_conf(&conf).unwrap();
    let clock = Arc::new(ManualClock::at(BEGAN));
    let engine = Engine::open(folder.path(), &conf, clock.clone()).await.unwrap();
    let stop = CancellationToken::new();
    let hello = hello("a", "a-run");
    let epoch = tokio::select! {
        welcome = engine.client_hello(&hello, "10.0.0.7") => welcome.unwrap().epoch,
        () = engine.leases.keep(&stop) => unreachable!("it keeps for ever"),
    };
    clock.advance(60_000);
    let record = |from: i64, to: i64| CheckOut {
        product: speech(),
        user: String::new(),
        host: String::new(),
        from,
        to: Some(to),
        outcome: CheckOutOutcome::Returned,
        opened: None,
        before: None,
    };
    let records = vec![
        record(BEGAN + 1_000, BEGAN + 2_000),
        record(946_684_800_001, BEGAN + 2_000),
        record(BEGAN + 2_000, BEGAN + 400 * DAY),
        // Taken while no server answered so far.
        record(BEGAN - 3_600_000, BEGAN + 3_000),
        record(BEGAN - 400 * DAY, BEGAN - 399 * DAY),
    ];
    let sent = records.len() as u64;
    let said = Records {
        protocol: VERSION,
        client: "a".to_owned(),
        run: "a-run".to_owned(),
        epoch,
        first: 1,
        now: None,
        records,
    };
    let answer = engine.client_records(said.clone(), engine.received()).await.unwrap();
    assert_eq!(answer.acknowledged, sent, "none is to be sent again");
    let client = engine.clients().remove(0);
    assert_eq!(client.misdated, 3);
    assert_eq!(engine.usage.acknowledged(client.id).await, sent, "a later hello says so too");
    let said = Records { first: sent + 1, records: vec![record(BEGAN - 400 * DAY, BEGAN)], ..said };
    assert_eq!(engine.client_records(said, engine.received()).await.unwrap().acknowledged, sent + 1);
    assert_eq!(engine.usage.acknowledged(client.id).await, sent + 1, "also when none of them is kept");
}

#[tokio::test]
async fn a_release_of_several_clients_is_one_commit_with_an_entry_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("license_server.conf");
    Engine::write_new_conf(&conf).unwrap();
    let engine =
        Arc::new(Engine::open(folder.path(), &conf, Arc::new(ManualClock::at(1_800_000_000_000))).await.unwrap());
    engine.leases.license(&BTreeMap::from([(speech(), Licensed::Count(10))]), &[]);
    tokio::spawn(engine.clone().store_leases());
    for client in ["a", "b", "idle"] {
        let epoch = engine.client_hello(&hello(client, &format!("{client}-run")), "10.0.0.7").await.unwrap().epoch;
        let wanted = u32::from(client != "idle") * 3;
        engine.client_refresh(refresh(client, epoch, 1, want(wanted)), engine.received()).await.unwrap();
    }
    let ids: Vec<i64> = engine.clients().iter().map(|client| client.id).collect();
    let released_until = || {
        let products =
            |client: ClientView| client.products.into_iter().filter(|p| p.released_until_ms.is_some()).count();
        engine.clients().into_iter().map(products).sum::<usize>()
    };
    let sql = async |sql: &'static str| {
        let mut tx = engine.store.write().await.unwrap();
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    let entries = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = 'client.release'")
            .fetch_one(engine.store.read())
            .await
            .unwrap()
    };
    // The disk is full at the second entry: nothing is released, and nothing said of it.
    sql("CREATE TRIGGER full BEFORE INSERT ON audit WHEN (SELECT count(*) FROM audit WHERE action = 'client.release') = 1
         BEGIN SELECT raise(ABORT, 'no room'); END")
    .await;
    let actor = crate::actor::Actor::system();
    engine.release_clients(&actor, &ids).await.unwrap_err();
    assert_eq!((released_until(), entries().await), (0, 0));
    sql("DROP TRIGGER full").await;
    let released = engine.release_clients(&actor, &[&ids[..], &[4711]].concat()).await.unwrap();
    let mut names: Vec<&str> = released.iter().map(|of| of.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!((names, released_until(), entries().await), (vec!["a", "b"], 2, 2));
}
