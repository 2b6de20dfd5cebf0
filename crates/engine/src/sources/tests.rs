//! Sources against a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

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
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let log = folder.path().join("debug.log");
    let input = SourceInput::File(log.display().to_string());
    engine.add_source(&actor(), &new("log", SourceKind::FlexnetLog, input)).await.unwrap();
    assert!(engine.try_source(&actor(), "log").await.unwrap_err().to_string().contains("debug.log"));
    assert_eq!(engine.source("log").await.unwrap().state(), "down");
    let (begin, rest) = LOG.split_at(60);
    std::fs::write(&log, begin).unwrap();
    engine.try_source(&actor(), "log").await.unwrap();
    std::fs::write(&log, LOG).unwrap();
    assert_eq!(engine.try_source(&actor(), "log").await.unwrap().recorded, 1, "{rest}");
    std::fs::rename(&log, folder.path().join("debug.log.1")).unwrap();
    std::fs::write(&log, " 9:00:00 (a) TIMESTAMP 1/1/2020\n 9:00:01 (a) IN: \"f\" di@h\n").unwrap();
    assert_eq!(
        engine.try_source(&actor(), "log").await.unwrap().recorded,
        2,
        "the denial is certain now, and one came back"
    );
    let program =
        SourceInput::Command(vec!["/bin/echo".to_owned(), "Users of $(id): (Uncounted, node-locked)".to_owned()]);
    engine.add_source(&actor(), &new("echo", SourceKind::Lmstat, program)).await.unwrap();
    engine.try_source(&actor(), "echo").await.unwrap();
    assert_eq!(engine.source("echo").await.unwrap().features[0].feature.name, "$(id)");
}

#[tokio::test]
async fn a_log_that_is_pushed_takes_nothing_from_the_one_that_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let log = folder.path().join("debug.log");
    std::fs::write(&log, LOG).unwrap();
    let input = SourceInput::File(log.display().to_string());
    engine.add_source(&actor(), &new("log", SourceKind::FlexnetLog, input)).await.unwrap();
    let holders = async || {
        engine.try_source(&actor(), "log").await.unwrap();
        let features = engine.source("log").await.unwrap().features;
        let users = features.into_iter().flat_map(|of| of.feature.held).map(|held| held.user);
        users.collect::<Vec<_>>()
    };
    assert_eq!(holders().await, ["di"]);
    let before = " 9:00:00 (a) TIMESTAMP 12/31/2019\n 9:00:10 (a) OUT: \"f\" ed@h\n 9:00:20 (a) IN: \"f\" ed@h\n";
    assert_eq!(engine.push_source(&actor(), "log", before.into()).await.unwrap().recorded, 1);
    assert_eq!(holders().await, ["di"], "what is out by the log that is followed stays out");
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
    engine.add_source(&actor(), &new("x", SourceKind::Lmstat, SourceInput::Pushed)).await.unwrap();
    let twice = engine.add_source(&actor(), &new("x", SourceKind::Lmstat, SourceInput::Pushed)).await.unwrap_err();
    assert!(matches!(twice, SourceError::Exists(_)), "{twice}");
    engine.remove_source(&actor(), "x").await.unwrap();
    assert!(matches!(engine.source("x").await, Err(SourceError::Unknown(_))));
}
