//! A server through starts with a wrong clock: what is stored stays, what ends ends, what waits waits no longer.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;
use std::sync::Arc;

use engine::Engine;
use engine::clock::ManualClock;
use engine::usage::Batch;
use engine::usage::query::Filter;
use licensing::client_protocol::{CheckOut, CheckOutOutcome};
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::SessionStore;

const START: i64 = 1_800_000_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

struct World {
    engine: Engine,
    clock: Arc<ManualClock>,
    folder: tempfile::TempDir,
}

async fn open(folder: &Path, clock: &Arc<ManualClock>) -> Engine {
    let conf = folder.join("license_server.conf");
    if !conf.exists() {
        Engine::write_new_conf(&conf).unwrap();
    }
    Engine::open(folder, &conf, clock.clone()).await.unwrap()
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let engine = open(folder.path(), &clock).await;
        engine.store_contact().await.unwrap();
        Self { engine, clock, folder }
    }

    /// Stops, sets the clock off, and starts again.
    async fn again(mut self, off: i64) -> Self {
        self.engine.store_contact().await.unwrap();
        self.engine.close().await;
        self.clock.set_off(off);
        self.engine = open(self.folder.path(), &self.clock).await;
        self
    }

    async fn used(&self, days_ago: i64) {
        let from = START - days_ago * DAY;
        let record = CheckOut {
            product: "SPEECH".parse().unwrap(),
            user: "anna".to_owned(),
            host: "desk".to_owned(),
            from,
            to: Some(from + MINUTE),
            outcome: CheckOutOutcome::Returned,
            opened: None,
            before: None,
        };
        let batch = Batch {
            session: days_ago,
            client: "client".into(),
            deployment: "".into(),
            context: None,
            first: 1,
            records: vec![record],
            ..Batch::default()
        };
        self.engine.usage.take(batch).await.unwrap();
    }

    /// Names of the check-out files, and what the roll-ups say of all time.
    async fn usage(&self) -> (Vec<String>, String) {
        let files = std::fs::read_dir(self.folder.path().join("checkouts")).unwrap();
        let mut files: Vec<String> =
            files.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        files.sort();
        let filter = Filter {
            from_ms: START - 3 * YEAR,
            to_ms: START + YEAR,
            product: None,
            client: None,
            context: None,
            deployment: None,
            zone: jiff::tz::TimeZone::UTC,
        };
        (files, format!("{:?}", self.engine.usage.summary(&filter).await.unwrap()))
    }

    async fn signed_in(&self) -> Id {
        let expiry_date = OffsetDateTime::from_unix_timestamp((START + DAY) / 1000).unwrap();
        let mut record = Record { id: Id::default(), data: Default::default(), expiry_date };
        self.engine.session_store().create(&mut record).await.unwrap();
        record.id
    }

    async fn is_signed_in(&self, id: &Id) -> bool {
        self.engine.session_store().load(id).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn a_start_with_a_clock_years_off_removes_no_history_and_ends_no_session() {
    for off in [2 * YEAR, 70 * YEAR, -10 * YEAR] {
        let world = World::new().await;
        for days_ago in [399, 300, 30, 1] {
            world.used(days_ago).await;
        }
        world.engine.purge_usage().await.unwrap().expect("the clock is right");
        let (before, session) = (world.usage().await, world.signed_in().await);
        let world = world.again(off).await;
        assert_eq!(world.engine.purge_usage().await.unwrap(), None, "{off}");
        world.engine.usage.tick(world.engine.now_ms()).await.unwrap();
        world.engine.look_at_alerts().await.unwrap();
        assert!(world.is_signed_in(&session).await, "{off}");
        assert_eq!(world.engine.now_ms(), START, "{off}");
        world.clock.advance(5 * MINUTE);
        let world = world.again(-off).await;
        assert_eq!(world.usage().await, before, "{off}");
        assert!(world.is_signed_in(&session).await, "{off}");
        assert_eq!(world.engine.now_ms(), START + 5 * MINUTE, "{off}");
    }
}

#[tokio::test]
async fn removal_goes_on_by_one_day_a_day_and_leaves_the_newest_files() {
    let world = World::new().await;
    for days_ago in 350..390 {
        world.used(days_ago).await;
    }
    // The retention of the first removal counts from the newest data.
    assert_eq!(world.engine.purge_usage().await.unwrap().unwrap().files, 0);
    // 80 days pass while it is off, which is plausible: still one day's worth.
    world.clock.advance(80 * DAY);
    let mut world = world.again(0).await;
    for _ in 0..2 {
        assert_eq!(
            world.engine.purge_usage().await.unwrap().unwrap().files,
            0,
            "400 days before the newest is nothing"
        );
    }
    for _ in 0..60 {
        world.clock.advance(DAY);
        world.engine.purge_usage().await.unwrap().unwrap();
    }
    world = world.again(0).await;
    assert!(world.usage().await.0.len() >= 31, "{:?}", world.usage().await.0);
}

#[tokio::test]
async fn a_session_does_not_outlive_its_end_when_the_clock_is_set_back() {
    let world = World::new().await;
    let session = world.signed_in().await;
    world.clock.set_off(-10 * YEAR);
    for _ in 0..12 * 4 - 1 {
        world.clock.advance(15 * MINUTE);
        assert!(world.is_signed_in(&session).await);
    }
    world.clock.advance(16 * MINUTE);
    assert!(!world.is_signed_in(&session).await, "twelve hours have passed, whatever the clock says");
    let idle = world.signed_in().await;
    world.clock.set_off(-YEAR);
    world.clock.advance(31 * MINUTE);
    assert!(!world.is_signed_in(&idle).await);
}
