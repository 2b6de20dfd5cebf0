//! Sources against a real database.

use std::path::Path;

use licensing::source::SourceKind;

use super::*;

const LMSTAT: &str = "Flexible License Manager status on Thu 1/2/2020 0:10\nLicense server status: 1@a\na: license server UP v11\nVendor daemon status (on a):\n acmed: UP v11\nFeature usage info:\nUsers of f:  (Total of 2 licenses issued;  Total of 1 license in use)\n    ann ws-1 ws-1 (v1.0) (a/1 7), start Thu 1/2 0:05\nwhat is this\n";
const LOG: &str = " 0:00:01 (a) TIMESTAMP 1/1/2020\n 0:00:10 (a) OUT: \"f\" bo@h  (2 licenses)\n 0:00:20 (a) DENIED: \"f\" cy@h  (All in use. (-4,342))\n 0:00:40 (a) IN: \"f\" bo@h  (2 licenses)\n 0:00:50 (a) OUT: \"f\" di@h\n";

async fn engine(folder: &Path) -> Arc<Engine> {
    let clock = Arc::new(crate::clock::ManualClock::at(1_780_000_000_000));
    Arc::new(Engine::open(folder, &folder.join("license_server.conf"), clock).await.unwrap())
}

fn actor() -> Actor {
    Actor::system()
}

fn new(tag: &str, kind: SourceKind, input: SourceInput) -> NewSource {
    NewSource { tag: tag.to_owned(), kind, input, every_s: 60, zone: "UTC".to_owned() }
}

#[tokio::test]
async fn a_pushed_text_is_read_kept_and_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    engine.add_source(&actor(), &new("log", SourceKind::FlexnetLog, SourceInput::Pushed)).await.unwrap();
    let first = engine.push_source(&actor(), "log", LOG.into()).await.unwrap();
    assert_eq!((first.counts.checkouts, first.counts.denials, first.recorded), (2, 1, 2));
    let again = engine.push_source(&actor(), "log", LOG.into()).await.unwrap();
    assert_eq!((again.counts, again.recorded), (first.counts, 0));
    let more = format!("{LOG} 0:01:00 (a) IN: \"f\" di@h\n");
    assert_eq!(engine.push_source(&actor(), "log", more.into()).await.unwrap().recorded, 1);
    engine.add_source(&actor(), &new("now", SourceKind::Lmstat, SourceInput::Pushed)).await.unwrap();
    let read = engine.push_source(&actor(), "now", LMSTAT.into()).await.unwrap();
    assert_eq!((read.counts.features, read.counts.checkouts, read.unread.count), (1, 1, 1));
    let shown = engine.source("now").await.unwrap();
    assert_eq!((shown.state(), shown.features[0].feature.issued, shown.unread.count), ("up", Some(2), 1));
    let listed = engine.listed_sources().await.unwrap();
    let row = |row: &ListedSource| (row.tag.clone(), row.state(), row.features, row.unread);
    assert_eq!(
        listed.iter().map(row).collect::<Vec<_>>(),
        [("log".to_owned(), "up", 1, 0), ("now".to_owned(), "up", 1, 1)]
    );
}

#[tokio::test]
async fn a_log_is_followed_over_its_rotation_and_a_program_without_a_shell_is_run() {
    let (folder, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = engine(folder.path()).await;
    let log = logs.path().join("debug.log");
    let input = SourceInput::File(log.display().to_string());
    engine.add_source(&actor(), &new("log", SourceKind::FlexnetLog, input)).await.unwrap();
    assert_eq!(engine.source("log").await.unwrap().state(), "waiting");
    assert!(engine.try_source(&actor(), "log").await.unwrap_err().to_string().contains("debug.log"));
    let down = engine.source("log").await.unwrap();
    assert_eq!((down.state(), down.tried_at.is_some()), ("down", true), "a look that failed is kept");
    let (begin, _) = LOG.split_at(60);
    std::fs::write(&log, begin).unwrap();
    assert_eq!(engine.try_source(&actor(), "log").await.unwrap().recorded, 0);
    std::fs::write(&log, LOG).unwrap();
    let read = engine.try_source(&actor(), "log").await.unwrap();
    assert_eq!(read.recorded, 2, "one came back, and 20 s after it the denial is certain");
    // The log got a check-out more before its rotation, and nobody looked in between.
    let rest = " 0:01:00 (a) OUT: \"f\" ed@h\n 0:01:10 (a) IN: \"f\" ed@h\n";
    std::fs::write(&log, format!("{LOG}{rest}")).unwrap();
    std::fs::rename(&log, logs.path().join("debug.log.1")).unwrap();
    std::fs::write(&log, " 9:00:00 (a) TIMESTAMP 1/1/2020\n 9:00:01 (a) IN: \"f\" di@h\n").unwrap();
    let read = engine.try_source(&actor(), "log").await.unwrap();
    assert_eq!(read.recorded, 2, "one from the rest of the old file, one from the new");
    assert_eq!(engine.try_source(&actor(), "log").await.unwrap().recorded, 0);
    let program =
        SourceInput::Command(vec!["/bin/echo".to_owned(), "Users of $(id): (Uncounted, node-locked)".to_owned()]);
    engine.add_source(&actor(), &new("echo", SourceKind::Lmstat, program)).await.unwrap();
    engine.try_source(&actor(), "echo").await.unwrap();
    assert_eq!(engine.source("echo").await.unwrap().features[0].feature.name, "$(id)");
}

#[tokio::test]
async fn a_log_that_is_pushed_takes_nothing_from_the_one_that_is_followed() {
    let (folder, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = engine(folder.path()).await;
    let log = logs.path().join("debug.log");
    std::fs::write(&log, LOG).unwrap();
    let input = SourceInput::File(log.display().to_string());
    engine.add_source(&actor(), &new("log", SourceKind::FlexnetLog, input)).await.unwrap();
    engine.try_source(&actor(), "log").await.unwrap();
    let holders = async || {
        let features = engine.source("log").await.unwrap().features;
        let users = features.into_iter().flat_map(|of| of.feature.held).map(|held| held.user);
        users.collect::<Vec<_>>()
    };
    assert_eq!(holders().await, ["di"]);
    let before = " 9:00:00 (a) TIMESTAMP 12/31/2019\n 9:00:10 (a) OUT: \"f\" ed@h\n 9:00:20 (a) IN: \"f\" ed@h\n";
    assert_eq!(engine.push_source(&actor(), "log", before.into()).await.unwrap().recorded, 1);
    assert_eq!(holders().await, ["di"], "what is shown is the log that is followed");
    std::fs::write(&log, format!("{LOG} 0:01:00 (a) IN: \"f\" di@h\n")).unwrap();
    assert_eq!(engine.try_source(&actor(), "log").await.unwrap().recorded, 1, "it goes on with what it knew");
    assert!(holders().await.is_empty());
}

#[tokio::test]
async fn check_outs_that_are_alike_count_however_often_a_log_is_looked_at() {
    let (folder, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = engine(folder.path()).await;
    let log = logs.path().join("debug.log");
    let input = SourceInput::File(log.display().to_string());
    engine.add_source(&actor(), &new("log", SourceKind::FlexnetLog, input)).await.unwrap();
    let out = " 0:00:10 (a) OUT: \"f\" bo@h\n 0:00:10 (a) OUT: \"f\" bo@h\n 0:00:40 (a) IN: \"f\" bo@h\n";
    let mut text = format!(" 0:00:01 (a) TIMESTAMP 1/1/2020\n{out}");
    std::fs::write(&log, &text).unwrap();
    assert_eq!(engine.try_source(&actor(), "log").await.unwrap().recorded, 1);
    text.push_str(" 0:00:40 (a) IN: \"f\" bo@h\n");
    std::fs::write(&log, &text).unwrap();
    assert_eq!(engine.try_source(&actor(), "log").await.unwrap().recorded, 1, "another one like it");
    assert_eq!(engine.push_source(&actor(), "log", text.into()).await.unwrap().recorded, 0, "the same text");
}

#[tokio::test]
async fn what_a_program_leaves_behind_ends_with_it_and_what_it_says_beside_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let alive = folder.path().join("alive");
    let script = format!("(sleep 2; touch {}) & head -c 300000 /dev/zero | tr '\\0' x >&2; echo out", alive.display());
    let words = ["/bin/sh".to_owned(), "-c".to_owned(), script];
    let text = fetch::of_command(&words).await.unwrap();
    assert!(text.bytes.starts_with(b"out\n") && text.bytes.len() < 70_000, "{}", text.bytes.len());
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert!(!alive.exists(), "its child lived on");
}

#[tokio::test]
async fn a_look_that_hangs_keeps_no_other_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let program = |words: &[&str]| SourceInput::Command(words.iter().map(|word| (*word).to_owned()).collect());
    let hangs = program(&["/bin/sleep", "50"]);
    engine.add_source(&actor(), &new("a", SourceKind::Lmstat, hangs)).await.unwrap();
    let mut running = schedule::RunningLooks::default();
    engine.begin_looks(&mut running).await.unwrap();
    let prints = program(&["/bin/echo", "Users of f: (Uncounted, node-locked)"]);
    engine.add_source(&actor(), &new("b", SourceKind::Lmstat, prints)).await.unwrap();
    engine.begin_looks(&mut running).await.unwrap();
    while engine.source("b").await.unwrap().state() != "up" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(engine.source("a").await.unwrap().state(), "waiting");
}

#[tokio::test]
async fn a_text_for_a_source_that_is_not_there_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    assert!(matches!(engine.push_source(&actor(), "x", b"x".to_vec()).await, Err(SourceError::Unknown(_))));
    assert!(matches!(engine.try_source(&actor(), "x").await, Err(SourceError::Unknown(_))));
    assert!(locked(&engine.sources.turns).is_empty());
}

#[tokio::test]
async fn users_of_sources_are_observed_once_each_when_their_use_ended_in_the_current_window() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    for tag in ["one", "two"] {
        engine.add_source(&actor(), &new(tag, SourceKind::FlexnetLog, SourceInput::Pushed)).await.unwrap();
    }
    let log = |date: &str, user: &str| {
        format!(" 9:00:00 (a) TIMESTAMP {date}\n 9:00:10 (a) OUT: \"f\" {user}@h\n 9:00:20 (a) IN: \"f\" {user}@h\n")
    };
    for (tag, date, user, observed) in [
        ("one", "5/28/2026", "ann", 1),
        ("two", "5/28/2026", "ann", 1),
        ("two", "5/28/2026", "bo", 2),
        ("one", "5/27/2026", "cy", 2),
    ] {
        let read = engine.push_source(&actor(), tag, log(date, user).into()).await.unwrap();
        assert_eq!((read.recorded, engine.monitor().users), (1, observed), "{tag} {date} {user}");
    }
    assert_eq!(engine.usage.locked(), 0);
}

#[tokio::test]
async fn bad_sources_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let tag = engine.add_source(&actor(), &new("../x", SourceKind::Lmstat, SourceInput::Pushed)).await.unwrap_err();
    assert!(matches!(tag, SourceError::Field { field: "tag", .. }), "{tag}");
    let shell = SourceInput::Command(vec!["lmstat".to_owned()]);
    let program = engine.add_source(&actor(), &new("x", SourceKind::Lmstat, shell)).await.unwrap_err();
    assert!(matches!(program, SourceError::Field { field: "command", .. }), "{program}");
    let own = SourceInput::File(folder.path().join("cookie.key").display().to_string());
    let own = engine.add_source(&actor(), &new("x", SourceKind::FlexnetLicense, own)).await.unwrap_err();
    assert!(matches!(own, SourceError::Field { field: "file", .. }), "{own}");
    engine.add_source(&actor(), &new("x", SourceKind::Lmstat, SourceInput::Pushed)).await.unwrap();
    let twice = engine.add_source(&actor(), &new("x", SourceKind::Lmstat, SourceInput::Pushed)).await.unwrap_err();
    assert!(matches!(twice, SourceError::Exists(_)), "{twice}");
    engine.remove_source(&actor(), "x").await.unwrap();
    assert!(matches!(engine.source("x").await, Err(SourceError::Unknown(_))));
}
