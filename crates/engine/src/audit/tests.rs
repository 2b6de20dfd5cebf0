//! The chain over entries with and without objects, the filter, and the list of actions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use licensing::audit::{ACTIONS, find};

use super::{Audit, AuditOutcome, AuditQuery, AuditWords, ChainVerdict, NewAuditEntry};
use crate::actor::{Actor, Origin};
use crate::clock::{Clock, ManualClock};
use crate::store::{Store, open};

const START: i64 = 1_772_323_200_000; // 2026-03-01T00:00:00Z
const DAY: i64 = 86_400_000;

struct World {
    audit: Audit,
    store: Store,
    clock: Arc<ManualClock>,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), START).await.unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let audit = Audit::new(store.clone(), folder.path().to_owned(), clock.clone());
        Self { audit, store, clock, folder }
    }

    async fn add(&self, actor: &Actor, action: &str, sentence: &str, objects: &[&str]) {
        let entry = NewAuditEntry { actor, action, sentence: sentence.to_owned(), outcome: AuditOutcome::Done };
        self.audit.record(entry.about_all(objects)).await.unwrap();
        self.clock.advance(DAY);
    }

    async fn sql(&self, sql: &'static str) {
        let mut tx = self.store.write().await.unwrap();
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn three_entries() -> Self {
        let world = Self::new().await;
        for number in 1..=3 {
            world.add(&Actor::system(), "user.add", &format!("Entry {number}."), &[]).await;
        }
        world
    }

    /// What a new process says, after one more entry.
    async fn started_again(&self) -> ChainVerdict {
        let audit = Audit::new(self.store.clone(), self.folder.path().to_owned(), self.clock.clone());
        audit.settle().await.unwrap();
        audit.note(&Actor::system(), "user.add", "One more.".to_owned(), AuditOutcome::Done).await.unwrap();
        audit.verify().await.unwrap()
    }

    /// The numbers of the entries a filter leaves, oldest first.
    async fn found(&self, words: AuditWords<'_>) -> Vec<i64> {
        let (query, refused) = AuditQuery::read(&words, &TimeZone::UTC);
        assert!(refused.is_empty(), "{refused:?}");
        let found = self.audit.list(&AuditQuery { limit: 100, ..query }).await.unwrap();
        found.iter().rev().map(|entry| entry.seq).collect()
    }
}

fn actor(name: &str, origin: Origin) -> Actor {
    Actor { name: name.to_owned(), origin, address: (origin == Origin::Console).then(|| "10.0.0.4".to_owned()) }
}

#[tokio::test]
async fn the_chain_holds_over_entries_from_before_objects_and_after() {
    let world = World::new().await;
    let ann = actor("ann", Origin::Console);
    // As earlier versions wrote it: the hash of an entry without an object is computed as if there were no such thing.
    let old = r#"{"seq":1,"at":1,"who":"ann","origin":"console","address":null,"action":"user.add","sentence":"Added user bob as viewer.","outcome":"done"}"#;
    let hash = <sha2::Sha256 as sha2::Digest>::digest(old.as_bytes());
    let mut tx = world.store.write().await.unwrap();
    sqlx::query(
        "INSERT INTO audit (seq, at, who, origin, address, action, sentence, outcome, hash)
         VALUES (1, 1, 'ann', 'console', NULL, 'user.add', 'Added user bob as viewer.', 'done', ?)",
    )
    .bind(&hash[..])
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    world.add(&ann, "conf.save", "Set port_number from “1” to “2”; revision 2.", &["port_number"]).await;
    world.add(&ann, "diagnostics.probe", "Checked the connections.", &[]).await;
    assert_eq!(world.audit.verify().await.unwrap(), ChainVerdict::Whole(3));

    let found = world.audit.list(&AuditQuery { limit: 10, ..AuditQuery::default() }).await.unwrap();
    assert_eq!(
        found.iter().map(|entry| entry.object.as_deref()).collect::<Vec<_>>(),
        [None, Some("port_number"), None]
    );
    // What an entry is about can't be changed, given to an old entry, or taken away unnoticed.
    for (seq, object) in [(2, Some("VERSION")), (2, None), (1, Some("bob"))] {
        let before: Option<String> = sqlx::query_scalar("SELECT object FROM audit WHERE seq = ?")
            .bind(seq)
            .fetch_one(world.store.read())
            .await
            .unwrap();
        for (object, broken) in [(object, true), (before.as_deref(), false)] {
            let mut tx = world.store.write().await.unwrap();
            sqlx::query("UPDATE audit SET object = ? WHERE seq = ?")
                .bind(object)
                .bind(seq)
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let verdict = world.audit.verify().await.unwrap();
            // Mended, it is still told that it was broken.
            let was_broken = matches!(verdict, ChainVerdict::WasBroken { last: 3, .. });
            assert!(if broken { verdict == ChainVerdict::Broken(seq) } else { was_broken }, "{seq} {verdict:?}");
        }
    }
}

#[tokio::test]
async fn each_filter_leaves_what_it_says() {
    let world = World::new().await;
    let (ann, ops) = (actor("ann", Origin::Console), actor("token ops", Origin::Api));
    world.add(&ann, "conf.save", "Set port_number from “7569” to “7570”; revision 2.", &["port_number"]).await; // 1 March
    world.add(&ops, "exchange.sync", "Sync failed.", &[]).await;
    world
        .add(&actor("root", Origin::CommandLine), "peer.remove", "Removed lic-02 from the installation.", &["lic-02"])
        .await;
    world.add(&Actor::system(), "conf.settle", "Leasehold stopped while saving.", &[]).await;
    world.add(&Actor::outside(), "conf.outside", "Changed.", &["VERSION", "FLEX_REPORTING_PORT"]).await;
    // As of an earlier version: what it is about stands in the sentence only.
    world.add(&ann, "conf.save", "Set port_number from “7570” to “7571”; revision 3.", &[]).await; // 6 March
    world.add(&ann, "user.add", "Added user annabel as viewer.", &[]).await;
    let of = AuditWords::default();
    for (words, expected) in [
        (of, vec![1, 2, 3, 4, 5, 6, 7]),
        (AuditWords { who: "ann", ..of }, vec![1, 6, 7]),
        (AuditWords { by: "user", ..of }, vec![1, 6, 7]),
        (AuditWords { by: "token", ..of }, vec![2]),
        (AuditWords { by: "command-line", ..of }, vec![3]),
        (AuditWords { by: "system", ..of }, vec![4]),
        (AuditWords { by: "outside", ..of }, vec![5]),
        (AuditWords { what: "configuration", ..of }, vec![1, 4, 5, 6]),
        (AuditWords { what: "conf.save", ..of }, vec![1, 6]),
        (AuditWords { what: "conf.", ..of }, vec![1, 4, 5, 6]),
        (AuditWords { what: "sync", ..of }, vec![2]),
        (AuditWords { what: "servers", ..of }, vec![3]),
        (AuditWords { object: "port_number", ..of }, vec![1, 6]),
        (AuditWords { object: "license clients", ..of }, vec![1, 6]),
        (AuditWords { object: "FLEX_REPORTING_PORT", ..of }, vec![5]),
        (AuditWords { object: "lic-02", ..of }, vec![3]),
        (AuditWords { object: "annabel", ..of }, vec![7]),
        (AuditWords { object: "anna", ..of }, vec![]),
        (AuditWords { q: "7570", ..of }, vec![1, 6]),
        (AuditWords { q: "User added", ..of }, vec![7]),
        (AuditWords { q: "10.0.0.4", ..of }, vec![1, 6, 7]),
        (AuditWords { from: "2026-03-06", ..of }, vec![6, 7]),
        (AuditWords { to: "2026-03-01", ..of }, vec![1]),
        (AuditWords { object: "port_number", from: "2026-03-02", to: "2026-03-31", ..of }, vec![6]),
        (AuditWords { from: "2026-04-01", ..of }, vec![]),
    ] {
        assert_eq!(world.found(words).await, expected, "{words:?}");
    }
    assert_eq!(world.audit.objects().await.unwrap(), ["VERSION", "FLEX_REPORTING_PORT", "lic-02", "port_number"]);
}

#[tokio::test]
async fn what_an_entry_is_about_is_one_line_each_and_not_without_end() {
    let world = World::new().await;
    let long = "x".repeat(1_000);
    let many: Vec<String> = (0..1_000).map(|number| format!("k{number}")).collect();
    world.add(&Actor::system(), "client.release", "Released.", &["a\nb", &long, "  "]).await;
    world.add(&Actor::system(), "conf.save", "Saved.", &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let found = world.audit.list(&AuditQuery { limit: 10, ..AuditQuery::default() }).await.unwrap();
    assert_eq!(found[1].objects().map(|object| object.chars().count()).collect::<Vec<_>>(), [2, 120]);
    assert_eq!(found[0].objects().count(), 50);
    assert_eq!(world.audit.verify().await.unwrap(), ChainVerdict::Whole(2));
}

#[tokio::test]
async fn entries_that_were_cut_off_are_told_for_good_though_the_next_entry_is_written() {
    let world = World::three_entries().await;
    let found_at = world.clock.now_ms();
    world.sql("DELETE FROM audit WHERE seq > 1").await;
    world.add(&Actor::system(), "user.add", "After it.", &[]).await;
    let expected = ChainVerdict::WasBroken { found: Box::new(ChainVerdict::CutOff(2, 3)), at: found_at, last: 2 };
    assert_eq!(world.audit.verify().await.unwrap(), expected);
    assert!(expected.sentence().unwrap().contains("entry 3 had been written"), "{expected:?}");
    assert!(matches!(world.started_again().await, ChainVerdict::WasBroken { last: 3, .. }));
}

#[tokio::test]
async fn an_entry_that_was_replaced_before_the_next_is_noticed_when_that_is_written() {
    let world = World::three_entries().await;
    world.sql("DELETE FROM audit WHERE seq = 3").await;
    world.add(&Actor::system(), "user.add", "Another third.", &[]).await;
    let verdict = world.audit.verify().await.unwrap();
    assert!(
        matches!(&verdict, ChainVerdict::WasBroken { found, .. } if **found == ChainVerdict::Broken(3)),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn a_new_database_beside_an_old_head_begins_no_chain_in_silence() {
    let world = World::three_entries().await;
    world.sql("DELETE FROM audit").await;
    let verdict = world.started_again().await;
    assert!(
        matches!(&verdict, ChainVerdict::WasBroken { found, last: 1, .. } if **found == ChainVerdict::CutOff(0, 3)),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn a_head_that_is_removed_is_told_for_good_running_and_at_a_start() {
    let world = World::three_entries().await;
    let head = world.folder.path().join("audit.head");
    std::fs::remove_file(&head).unwrap();
    assert_eq!(world.audit.verify().await.unwrap(), ChainVerdict::NoHead(3));
    world.add(&Actor::system(), "user.add", "After it.", &[]).await;
    assert!(matches!(world.audit.verify().await.unwrap(), ChainVerdict::WasBroken { last: 4, .. }));
    std::fs::write(&head, "").unwrap();
    assert!(matches!(world.started_again().await, ChainVerdict::WasBroken { last: 5, .. }));
}

#[tokio::test]
async fn a_chain_that_nobody_touched_is_whole_over_starts() {
    let world = World::three_entries().await;
    assert_eq!(world.started_again().await, ChainVerdict::Whole(4));
    assert_eq!(world.started_again().await, ChainVerdict::Whole(5));
    // Another process has written meanwhile; this one goes on.
    world.add(&Actor::system(), "user.add", "Six.", &[]).await;
    assert_eq!(world.audit.verify().await.unwrap(), ChainVerdict::Whole(6));
}

#[tokio::test]
async fn a_kill_between_the_first_commit_and_its_head_is_no_break_however_many_entries_it_had() {
    let world = World::new().await;
    let head = world.folder.path().join("audit.head");
    world.audit.settle().await.unwrap();
    let begun = std::fs::read(&head).unwrap();
    let mut tx = world.store.write().await.unwrap();
    for action in ["user.add", "setup.claim"] {
        let entry = NewAuditEntry {
            actor: &Actor::system(),
            action,
            sentence: "Set up.".to_owned(),
            outcome: AuditOutcome::Done,
        };
        world.audit.append(&mut tx, entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(std::fs::read(&head).unwrap(), begun, "as the kill left it");
    assert_eq!(world.started_again().await, ChainVerdict::Whole(3));
    // From then on a head that is missing was removed.
    std::fs::remove_file(&head).unwrap();
    assert!(matches!(world.started_again().await, ChainVerdict::WasBroken { last: 4, .. }));
}

#[tokio::test]
async fn filters_and_the_search_know_the_case_of_all_letters() {
    let world = World::new().await;
    let (zoe, ann) = (actor("ZOË", Origin::Console), actor("ann", Origin::Console));
    world.add(&zoe, "peer.remove", "Removed ÖSTERSUND_1 (100 %).", &["ÖSTERSUND_1"]).await;
    for _ in 0..5 {
        world.add(&ann, "peer.remove", "Removed AxSTERSUNDx1.", &["AxSTERSUNDx1"]).await;
    }
    let of = AuditWords::default();
    for (words, expected) in [
        (AuditWords { who: "zoë", ..of }, vec![1]),
        (AuditWords { who: "Zoë", ..of }, vec![1]),
        (AuditWords { q: "östersund_1", ..of }, vec![1]),
        (AuditWords { q: "Östersund", ..of }, vec![1]),
        (AuditWords { q: "100 %", ..of }, vec![1]),
        (AuditWords { object: "östersund", ..of }, vec![1]),
        (AuditWords { q: "_1", ..of }, vec![1]),
        (AuditWords { q: "ÄSTERSUND", ..of }, vec![]),
    ] {
        assert_eq!(world.found(words).await, expected, "{words:?}");
    }
    // More candidates than one page of them.
    let query = AuditQuery { what: Some("Östersund".to_owned()), limit: 2, ..AuditQuery::default() };
    assert_eq!(world.audit.list(&query).await.unwrap().iter().map(|item| item.seq).collect::<Vec<_>>(), [1]);
    let searched = world.audit.find(&["östersund_1".to_owned(), "zoë".to_owned()], 5).await.unwrap();
    assert_eq!(searched.iter().map(|item| item.seq).collect::<Vec<_>>(), [1]);
}

/// All Rust files under a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_action_in_the_code_is_in_the_list_that_people_choose_from() {
    /// Names of files, which look like actions.
    const FILES: [&str; 1] = ["ve.anchor"];
    let areas: Vec<&str> = ACTIONS.iter().filter_map(|action| action.name.split('.').next()).collect();
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let mut files = Vec::new();
    for folder in ["src", "../../server/src"] {
        sources(&here.join(folder), &mut files);
    }
    let mut used = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut before = "";
        for word in text.split('"') {
            let (area, verb) = word.split_once('.').unwrap_or_default();
            let named = before.trim_end().ends_with("action:");
            before = word;
            let plain =
                |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b"_-.".contains(&b));
            let extension =
                ["key", "db", "log", "csv", "json", "txt", "rs", "crt", "pem", "html", "conf"].contains(&verb);
            if !plain(area) || !plain(verb) || FILES.contains(&word) || !(named || areas.contains(&area) && !extension)
            {
                continue;
            }
            assert!(find(word).is_some(), "{word} of {} is missing in licensing::audit::ACTIONS", file.display());
            used += 1;
        }
    }
    assert!(used > ACTIONS.len(), "the code was read");
}
