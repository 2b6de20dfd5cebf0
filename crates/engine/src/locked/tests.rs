//! Locked records on a real disk: what is sealed, that it says nothing, and that it comes back once and only once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use licensing::client_protocol::{CheckOut, CheckOutOutcome};
use licensing::contact::DAY;
use licensing::context::Context;
use licensing::locked::{KeyHeader, open_header};
use licensing::monitor::{DayKey, GRACE, MonitorDocument, MonitorLicense, SignedMonitorDocument};
use licensing::registration::Registration;
use licensing::vendor_key::VendorSecret;

use super::*;
use crate::Engine;
use crate::actor::Actor;
use crate::clock::ManualClock;
use crate::conf::BaseRevision;
use crate::monitor::ReadSources;
use crate::usage::Batch;
use crate::usage::query::{BucketWidth, Filter};

/// 2026-06-01T00:00Z.
const T: i64 = 1_780_272_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";

fn secret() -> VendorSecret {
    VendorSecret::from_seeds([1; 32], [2; 32])
}

fn license(from: i64, to: i64, users: u64) -> MonitorLicense {
    MonitorLicense { id: "m".to_owned(), from, to, users }
}

struct World {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    engine: Arc<Engine>,
}

async fn open(folder: &Path, clock: &Arc<ManualClock>) -> Arc<Engine> {
    Arc::new(Engine::open(folder, &folder.join("license_server.conf"), clock.clone()).await.unwrap())
}

impl World {
    /// A registered server whose monitor has these licenses.
    async fn new(licenses: &[MonitorLicense]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Engine::write_new_conf(&folder.path().join("license_server.conf")).unwrap();
        let clock = Arc::new(ManualClock::at(T));
        let engine = open(folder.path(), &clock).await;
        let key = secret().public();
        let mut registration = Registration::typed(GUID, "mistyped", "").unwrap();
        registration.trust(key.fingerprint(), Some(key));
        engine.register(&Actor::system(), &BaseRevision::Newest, registration, Vec::new(), "").await.unwrap();
        let world = Self { folder, clock, engine };
        world.supply(licenses);
        world
    }

    /// One that is licensed for all.
    async fn never_locked() -> Self {
        Self::new(&[license(T - DAY, T + 400 * DAY, 1_000)]).await
    }

    /// One whose license has just ended; its grace is over.
    async fn locking() -> Self {
        let world = Self::new(&[license(T - DAY, T - 1, 50)]).await;
        world.clock.advance(GRACE);
        world.engine.monitor.watch.look();
        world
    }

    fn supply(&self, licenses: &[MonitorLicense]) {
        self.engine.monitor.watch.supplied(ReadSources { known: 1, unreadable: 0, licenses: licenses.to_vec() });
        self.engine.monitor.watch.look();
    }

    /// As after kill −9.
    async fn reopened(self) -> Self {
        self.engine.store.close().await;
        let engine = open(self.folder.path(), &self.clock).await;
        engine.look_at_monitor().await.unwrap();
        Self { engine, ..self }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("checkouts").join(name)
    }

    fn sealed_lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.file(name)).unwrap_or_default();
        text.lines().filter(|line| line.starts_with('!')).map(str::to_owned).collect()
    }

    async fn take(&self, session: i64, first: u64, records: Vec<CheckOut>) {
        let batch = Batch {
            session,
            client: format!("client-{session}").into(),
            deployment: "site".into(),
            context: Some(Context::Production),
            first,
            records,
            ..Batch::default()
        };
        self.engine.usage.take(batch).await.unwrap();
    }

    /// The vendor's answer: these licenses, and the keys of all headers of days that one of them covers.
    async fn licensed(&self, licenses: &[MonitorLicense]) {
        let headers: Vec<(String, i64, String, String)> =
            sqlx::query_as("SELECT id, day, vendor_key_id, sealed FROM locked_headers")
                .fetch_all(self.engine.store.read())
                .await
                .unwrap();
        let guid = licensing::guid::Guid::parse(GUID).unwrap();
        let keys = headers.into_iter().filter_map(|(id, day, key, sealed)| {
            let users = licensing::monitor::most_users(licenses, day * DAY, day * DAY + DAY - 1)?;
            let header = KeyHeader { id, day, vendor_key_id: key.parse().unwrap(), sealed };
            let root = open_header(&secret(), guid, &header).unwrap();
            Some(DayKey { header: root.id, key: root.key(users) })
        });
        let document =
            MonitorDocument { guid, issued: self.clock_ms(), licenses: licenses.to_vec(), keys: keys.collect() };
        let signed = serde_json::to_string(&SignedMonitorDocument::sign(&secret(), &document)).unwrap();
        let mut tx = self.engine.store.write().await.unwrap();
        sqlx::query(
            "INSERT OR REPLACE INTO monitor_documents (source, document, issued, seen) VALUES ('exchange', ?, ?, ?)",
        )
        .bind(&signed)
        .bind(document.issued)
        .bind(document.issued)
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        self.engine.adopt_monitor(Some(signed.into())).await;
    }

    fn clock_ms(&self) -> i64 {
        self.engine.now_ms()
    }

    async fn unlock(&self, request: UnlockRequest) -> UnlockProgress {
        let mut progress = self.engine.unlock(&Actor::system(), request).await.unwrap();
        progress.wait_for(|now| now.as_ref().is_some_and(|now| now.ended_ms.is_some())).await.unwrap().clone().unwrap()
    }

    async fn unlock_all(&self) -> UnlockProgress {
        self.unlock(UnlockRequest::default()).await
    }

    async fn sql(&self, sql: &'static str) {
        let mut tx = self.engine.store.write().await.unwrap();
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// All that the Usage pages are made from.
    async fn reports(&self) -> String {
        let filter = Filter {
            from_ms: T - DAY,
            to_ms: T + 60 * DAY,
            product: None,
            client: None,
            context: None,
            deployment: None,
            zone: jiff::tz::TimeZone::UTC,
        };
        let usage = &self.engine.usage;
        let mut told = format!("{:?}\n", usage.summary(&filter).await.unwrap());
        for product in usage.products().await.unwrap() {
            let one = Filter { product: Some(product), ..filter.clone() };
            told += &format!("{:?}\n", usage.course(&one, BucketWidth::Hour).await.unwrap());
            told += &format!("{:?}\n", usage.heat(&one).await.unwrap());
        }
        told += &format!("{:?}\n{:?}\n", usage.users(&filter).await.unwrap(), usage.clients(&filter).await.unwrap());
        for denial in usage.denials(&filter, None, 10_000).await.unwrap() {
            let crate::usage::query::Denial { at_ms, last_ms, count, product, client, user, host, .. } = denial;
            told += &format!("{at_ms} {last_ms} {count} {product} {client} {user} {host}\n");
        }
        told
    }
}

fn returned(user: &str, from: i64, to: i64) -> CheckOut {
    CheckOut {
        product: "SPEECH".parse().unwrap(),
        user: user.to_owned(),
        host: format!("ws-{user}"),
        from,
        to: Some(to),
        outcome: CheckOutOutcome::Returned,
        opened: None,
        before: None,
    }
}

fn denied(user: &str, at: i64) -> CheckOut {
    CheckOut { outcome: CheckOutOutcome::Denied, to: None, ..returned(user, at, at) }
}

fn opened(user: &str, at: i64) -> CheckOut {
    CheckOut { outcome: CheckOutOutcome::Open, ..denied(user, at) }
}

fn ended(user: &str, from: i64, to: i64, opened: u64) -> CheckOut {
    CheckOut { opened: Some(opened), ..returned(user, from, to) }
}

/// One check-out and one denial of each of 56 users, within an hour.
fn of_56(from: i64) -> Vec<CheckOut> {
    let each = |user: i64| {
        let name = format!("user-{user}");
        [returned(&name, from + user * MINUTE / 2, from + user * MINUTE / 2 + HOUR), denied(&name, from + user)]
    };
    (1..=56).flat_map(each).collect()
}

#[tokio::test]
async fn with_50_licensed_and_56_seen_users_51_to_56_are_locked_after_five_days_and_come_back() {
    let (locked, never) = (World::new(&[license(T - DAY, T + 40 * DAY, 50)]).await, World::never_locked().await);
    for day in 0..8 {
        for world in [&locked, &never] {
            world.take(1, 1 + day as u64 * 112, of_56(T + day * DAY + HOUR)).await;
        }
        let expected = if day < 5 { 0 } else { 12 };
        assert_eq!(locked.sealed_lines(&crate::usage::file_name(T / DAY + day)).len(), expected, "day {day}");
        for world in [&locked, &never] {
            world.clock.advance(DAY);
        }
    }
    assert_eq!(locked.engine.locked_records(), 36);
    let files = locked.engine.locked_files().await.unwrap();
    assert_eq!(files.len(), 3);
    let first = &files[0];
    assert_eq!((first.name.as_str(), first.records, first.opened, first.users), ("2026.06.06", 12, 0, 56));
    assert_eq!((first.violations.as_slice(), first.coverage), (&[Violation::TooManyUsers][..], Coverage::NotCovered));
    assert_eq!(
        first.needs.as_deref(),
        Some(
            "A monitor license that starts on or before 2026-06-06, ends on or after 2026-06-06 and is for at least 56 users."
        )
    );
    assert_ne!(locked.reports().await, never.reports().await);

    // Enough users end the violation at once; what was locked stays locked.
    let licenses = [license(T - DAY, T + 40 * DAY, 56)];
    locked.supply(&licenses);
    for world in [&locked, &never] {
        world.take(1, 1 + 8 * 112, of_56(T + 8 * DAY + HOUR)).await;
    }
    assert_eq!(locked.engine.locked_records(), 36);
    assert_eq!(locked.engine.locked_files().await.unwrap()[0].coverage, Coverage::AwaitingKeys);
    assert_eq!(locked.unlock_all().await.without_key, 36);

    locked.licensed(&licenses).await;
    let dry = locked.unlock(UnlockRequest { dry_run: true, ..UnlockRequest::default() }).await;
    assert_eq!((dry.unlocked, dry.records, locked.engine.locked_records()), (36, 36, 36));
    let done = locked.unlock_all().await;
    assert_eq!((done.unlocked, done.files, done.files_done, done.is_complete()), (36, 3, 3, true), "{done:?}");
    assert_eq!(locked.engine.locked_records(), 0);
    assert_eq!(locked.reports().await, never.reports().await);
    let again = locked.unlock_all().await;
    assert_eq!((again.unlocked, again.records), (0, 0));
    assert_eq!(locked.reports().await, never.reports().await);
}

#[tokio::test]
async fn locked_records_reveal_nothing() {
    let world = World::locking().await;
    let words = ["anna-lovelace-1815", "workstation-77-b", "client-4711", "SECRETPRODUCT"];
    let mut record = returned(words[0], world.clock_ms(), world.clock_ms() + MINUTE);
    (record.host, record.product) = (words[1].to_owned(), words[3].parse().unwrap());
    let open = CheckOut { outcome: CheckOutOutcome::Open, to: None, ..record.clone() };
    let denial = CheckOut { outcome: CheckOutOutcome::Denied, to: None, ..record.clone() };
    world.take(4711, 1, vec![record.clone(), open, denial]).await;
    world.take(4711, 1, vec![record]).await;
    world.engine.usage.lost(4711, world.clock_ms() + HOUR).await.unwrap();
    world.engine.usage.tick(world.clock_ms() + 2 * HOUR).await.unwrap();
    assert_eq!(world.engine.locked_records(), 4, "the end that was never told is locked too");
    let mut everything = Vec::new();
    for folder in [world.folder.path().to_owned(), world.file("")] {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
        {
            everything.extend(std::fs::read(entry).unwrap());
        }
    }
    let everything = String::from_utf8_lossy(&everything);
    assert!(everything.contains("#key "), "the files were searched");
    for word in words {
        let hex: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
        let mut forms = vec![word.to_owned(), word.to_lowercase(), hex.clone(), hex.to_uppercase()];
        for before in 0..3 {
            // Without the characters that depend on what stands around it.
            let text = BASE64_STANDARD.encode([&vec![0; before][..], word.as_bytes()].concat());
            let whole = text.trim_end_matches('=');
            forms.push(whole[if before == 0 { 0 } else { 4 }..whole.len() - 2].to_owned());
        }
        for form in forms {
            assert!(!everything.contains(&form), "{form}");
        }
    }
}

#[tokio::test]
async fn an_unlocking_that_stops_anywhere_goes_on_and_counts_each_record_once() {
    let never = World::never_locked().await;
    let mut world = World::locking().await;
    never.clock.advance(GRACE);
    for (session, day) in [(1, 5), (2, 5), (3, 6)] {
        for one in [&world, &never] {
            one.take(session, 1, of_56(T + day * DAY + HOUR)).await;
        }
    }
    world.licensed(&[license(T - DAY, T + 40 * DAY, 56)]).await;
    let all = world.engine.locked_records();
    assert_eq!(all, 3 * 112);
    let mut stops = 0;
    // Each goes on by 30 records at least, so far fewer than these are needed.
    for limit in (10..).step_by(30).take(20) {
        let trigger = format!(
            "CREATE TRIGGER stop BEFORE UPDATE OF opened ON locked_headers WHEN (SELECT sum(opened) FROM locked_headers) >= {limit}
             BEGIN SELECT raise(ABORT, 'no room'); END"
        );
        world.sql(Box::leak(trigger.into_boxed_str())).await;
        let stopped = world.unlock_all().await;
        world = world.reopened().await;
        world.sql("DROP TRIGGER stop").await;
        world.supply(&[license(T - DAY, T + 40 * DAY, 56)]);
        if stopped.problem.is_none() {
            break;
        }
        stops += 1;
        assert!(stopped.problem.unwrap().contains("start again"));
        let opened: u64 = world.engine.locked_files().await.unwrap().iter().map(|file| file.opened).sum();
        assert_eq!(world.engine.locked_records(), all - opened);
    }
    assert!(stops >= 8, "{stops}");
    assert_eq!(world.engine.locked_records(), 0);
    assert_eq!(world.reports().await, never.reports().await);
    let lines = |world: &World| {
        let text = std::fs::read_to_string(world.file("2026.06.06")).unwrap();
        let mut lines: Vec<_> = text.lines().filter(|line| !line.starts_with(['#', '!'])).map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    assert_eq!(lines(&world), lines(&never), "the clear lines are in the file, each once");
}

#[tokio::test]
async fn a_second_unlocking_is_refused_while_one_runs_and_a_pattern_must_match() {
    let world = World::locking().await;
    world.take(1, 1, of_56(world.clock_ms())).await;
    world.licensed(&[license(T - DAY, T + 40 * DAY, 56)]).await;
    let actor = Actor::system();
    let files = |name: &str| UnlockRequest { files: vec![name.to_owned()], ..UnlockRequest::default() };
    let nothing = world.engine.unlock(&actor, files("2025.*")).await.unwrap_err();
    assert!(nothing.to_string().contains("2025.*"), "{nothing}");
    let wrong = UnlockRequest { key_file: Some("no license".to_owned()), ..UnlockRequest::default() };
    assert!(matches!(world.engine.unlock(&actor, wrong).await.unwrap_err(), UnlockError::KeyFile(_)));
    let some = UnlockRequest { files: vec!["2025.01.01".to_owned(), "2026.06.*".to_owned()], ..files("") };
    let mut first = world.engine.unlock(&actor, some).await.unwrap();
    assert!(matches!(world.engine.unlock(&actor, UnlockRequest::default()).await.unwrap_err(), UnlockError::Running));
    let is_over = |now: &Option<UnlockProgress>| now.as_ref().is_some_and(|now| now.ended_ms.is_some());
    let first = first.wait_for(is_over).await.unwrap().clone().unwrap();
    assert_eq!((first.skipped.as_slice(), first.unlocked), (&["2025.01.01".to_owned()][..], 112));
    assert_eq!(world.engine.locked_records(), 0);
    let told: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE action = 'locked.unlock' AND sentence LIKE '%112 unlocked, 0 not covered%'",
    )
    .fetch_one(world.engine.store.read())
    .await
    .unwrap();
    assert_eq!(told, 1);
    let again = world.unlock(files("2026.06.06")).await;
    assert_eq!((again.files, again.unlocked), (0, 0), "the next may start as soon as the end is told");
}

#[tokio::test]
async fn a_license_for_a_part_unlocks_that_part_and_the_rest_says_what_it_needs() {
    let world = World::locking().await;
    for day in 0..2 {
        world.take(1, 1 + day * 112, of_56(T + (5 + day as i64) * DAY)).await;
    }
    // Both days, 53 users; and the first day, 54.
    world.licensed(&[license(T, T + 7 * DAY - 1, 53), license(T, T + 6 * DAY - 1, 54)]).await;
    let files = world.engine.locked_files().await.unwrap();
    assert_eq!(
        (files[0].coverage, files[1].coverage),
        (Coverage::Partly { users: 54 }, Coverage::Partly { users: 53 })
    );
    let done = world.unlock_all().await;
    assert_eq!((done.unlocked, done.not_covered, done.is_complete()), (107 * 2, 5 * 2, false), "{done:?}");
    assert_eq!(
        done.needs.as_deref(),
        Some(
            "A monitor license that starts on or before 2026-06-06, ends on or after 2026-06-07 and is for at least 56 users."
        )
    );
    world.licensed(&[license(T, T + 7 * DAY, 56)]).await;
    assert_eq!(world.unlock_all().await.unlocked, 10);
    assert_eq!(world.engine.locked_records(), 0);
}

#[tokio::test]
async fn lines_that_were_changed_moved_or_removed_are_named_and_the_others_are_unlocked() {
    let world = World::locking().await;
    for day in 0..2 {
        world.take(1 + day, 1, of_56(T + (5 + day) * DAY)).await;
    }
    world.licensed(&[license(T, T + 40 * DAY, 56)]).await;
    let (one, two) = (world.file("2026.06.06"), world.file("2026.06.07"));
    let text = std::fs::read_to_string(&one).unwrap();
    let other = std::fs::read_to_string(&two).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // Line 1 is the head, line 2 the key.
    assert!(lines[1].starts_with("#key "));
    let changed = if lines[4].as_bytes()[60] == b'A' { "B" } else { "A" };
    lines[4].replace_range(60..61, changed);
    let length = lines[6].len();
    lines[6] = other.lines().nth(6).unwrap().to_owned();
    assert_eq!(lines[6].len(), length);
    let copied = lines[8].clone();
    assert_eq!(lines[10].len(), copied.len());
    lines[10] = copied;
    std::fs::write(&one, lines.join("\n") + "\n").unwrap();
    let done = world.unlock_all().await;
    let named: Vec<_> = done.damage.iter().map(|line| (line.file.as_str(), line.line)).collect();
    assert_eq!(named, [("2026.06.06", 5), ("2026.06.06", 7)], "{done:?}");
    // The lines that were written over.
    assert_eq!((done.damaged, done.missing, done.unlocked), (2, 2, 224 - 3));
    let files = world.engine.locked_files().await.unwrap();
    assert_eq!((files[0].damaged, files[0].missing, files[0].locked()), (2, 2, 0));
    assert_eq!(world.engine.locked_records(), 0, "what nothing opens is told as damaged and not as locked for ever");
    assert_eq!((files[1].damaged, files[1].missing, files[1].locked()), (0, 0, 0));
    // Put back, they are unlocked too.
    let now = std::fs::read_to_string(&one).unwrap();
    let clear = now[text.len()..].to_owned();
    std::fs::write(&one, text + &clear).unwrap();
    assert_eq!(world.unlock_all().await.unlocked, 3);
    assert_eq!(world.engine.locked_files().await.unwrap()[0].damaged, 0);
}

#[tokio::test]
async fn open_check_outs_come_back_with_their_ends_whichever_of_them_was_locked() {
    let (locked, never) = (World::locking().await, World::never_locked().await);
    never.clock.advance(GRACE);
    let at = T + 5 * DAY;
    for world in [&locked, &never] {
        // Both locked.
        world.take(1, 1, vec![opened("anna", at), ended("anna", at, at + HOUR, 1)]).await;
        // The end is told when the violation is over; this run is never heard of again.
        world.take(2, 1, vec![opened("bert", at)]).await;
        world.take(3, 1, vec![opened("cleo", at)]).await;
    }
    assert_eq!(locked.engine.locked_records(), 4);
    locked.supply(&[license(T - DAY, T + 40 * DAY, 56)]);
    for world in [&locked, &never] {
        world.take(2, 2, vec![ended("bert", at, at + 2 * HOUR, 1)]).await;
        world.engine.usage.lost(3, at + 3 * HOUR).await.unwrap();
    }
    assert_eq!(locked.engine.locked_records(), 4, "what ends later is counted");
    let locked = locked.reopened().await;
    locked.licensed(&[license(T - DAY, T + 40 * DAY, 56)]).await;
    let done = locked.unlock_all().await;
    assert!(done.is_complete() && done.unlocked == 4, "{done:?}");
    assert_eq!(locked.reports().await, never.reports().await);
    let noted: i64 =
        sqlx::query_scalar("SELECT count(*) FROM locked_ended").fetch_one(locked.engine.store.read()).await.unwrap();
    assert_eq!(noted, 0);
}

#[tokio::test]
async fn a_run_that_is_gone_ends_its_locked_open_check_outs_and_a_late_end_is_not_counted_again() {
    let world = World::locking().await;
    let at = T + 5 * DAY;
    world.take(1, 1, vec![opened("anna", at)]).await;
    let world = world.reopened().await;
    world.licensed(&[license(T - DAY, T + 40 * DAY, 56)]).await;
    assert_eq!(world.unlock_all().await.unlocked, 1);
    let before = world.reports().await;
    world.take(1, 2, vec![ended("anna", at, at + HOUR, 1)]).await;
    assert_eq!(world.reports().await, before);
}

#[tokio::test]
async fn nothing_is_locked_by_a_server_that_is_not_registered() {
    let folder = tempfile::tempdir().unwrap();
    Engine::write_new_conf(&folder.path().join("license_server.conf")).unwrap();
    let clock = Arc::new(ManualClock::at(T));
    let world = World { engine: open(folder.path(), &clock).await, folder, clock };
    world.supply(&[license(T - DAY, T - 1, 50)]);
    world.clock.advance(GRACE);
    world.engine.monitor.watch.look();
    world.take(1, 1, of_56(world.clock_ms())).await;
    assert_eq!(world.engine.locked_records(), 0);
    assert!(world.engine.locked_files().await.unwrap().is_empty());
}

#[tokio::test]
async fn users_are_counted_again_from_where_they_were_after_a_restart_and_a_new_window_begins_with_nobody() {
    let world = World::new(&[license(T - DAY, T + 40 * DAY, 50)]).await;
    world.take(1, 1, of_56(T)).await;
    let world = world.reopened().await;
    world.supply(&[license(T - DAY, T + 40 * DAY, 50)]);
    world.take(1, 113, vec![returned("user-7", T, T + 1), returned("somebody", T, T + 1)]).await;
    let users = || async {
        let count: i64 = sqlx::query_scalar("SELECT max(number) FROM observed_users WHERE \"window\" = ?")
            .bind(world.clock_ms() / DAY)
            .fetch_one(world.engine.store.read())
            .await
            .unwrap();
        count
    };
    assert_eq!(users().await, 57);
    world.clock.advance(DAY);
    let salt = || async {
        let salt: Vec<u8> =
            sqlx::query_scalar("SELECT salt FROM observed_salt").fetch_one(world.engine.store.read()).await.unwrap();
        salt
    };
    let before = salt().await;
    world.take(1, 115, vec![returned("user-7", T + DAY, T + DAY + 1)]).await;
    assert_eq!(users().await, 1);
    assert_ne!(salt().await, before);
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM observed_users").fetch_one(world.engine.store.read()).await.unwrap();
    assert_eq!(kept, 1, "the window before is gone");
}
