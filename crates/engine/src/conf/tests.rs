use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use licensing::conf::text::TextOrigin;

use super::file::FileError;
use super::*;
use crate::Engine;
use crate::actor::Actor;
use crate::clock::ManualClock;

const FILE: &str = "license_server.conf";

async fn open(folder: &Path) -> Arc<Engine> {
    let conf = folder.join(FILE);
    Engine::write_new_conf(&conf).unwrap();
    Arc::new(Engine::open(folder, &conf, Arc::new(ManualClock::at(1_800_000_000_000))).await.unwrap())
}

/// A program that edits the file as vi does (a new file renamed over it) or as an editor that truncates and writes.
struct OutsideWriter {
    path: PathBuf,
    renames: bool,
}

impl OutsideWriter {
    fn add(&self, line: &str) {
        let mut text = std::fs::read(&self.path).unwrap();
        text.extend_from_slice(line.as_bytes());
        if self.renames {
            let other = self.path.with_extension("swp");
            std::fs::write(&other, &text).unwrap();
            std::fs::rename(&other, &self.path).unwrap();
        } else {
            std::fs::write(&self.path, &text).unwrap();
        }
    }
}

/// `LEASEHOLD_TEST_SAVES` saves (100 by default) against each kind of writer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_edit_of_an_outside_writer_is_lost_or_unseen_while_changes_are_saved() {
    let all: usize = std::env::var("LEASEHOLD_TEST_SAVES").ok().and_then(|saves| saves.parse().ok()).unwrap_or(100);
    for renames in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path()).await;
        let path = folder.path().join(FILE);
        let done = Arc::new(AtomicBool::new(false));
        let writing = std::thread::spawn({
            let (writer, done) = (OutsideWriter { path: path.clone(), renames }, done.clone());
            move || {
                let mut edits = 0_u64;
                while !done.load(Ordering::SeqCst) {
                    writer.add(&format!("# outside {edits} end\n"));
                    edits += 1;
                    // At any moment of a save, in no order, and with room for saves to end.
                    std::thread::sleep(Duration::from_micros(60_000 + edits * 7_919 % 60_000));
                }
                edits
            }
        });
        let (mut saved, mut refused) = (0, 0);
        for number in 0..all / 2 {
            let change = ConfChange::Values(vec![("port_number".to_owned(), (10_000 + number).to_string())]);
            match engine.save_conf(&Actor::system(), &BaseRevision::Newest, &change, "").await {
                Ok(_) => saved += 1,
                Err(SaveError::Conflict(_)) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        done.store(true, Ordering::SeqCst);
        let edits = writing.join().unwrap();
        engine.look_at_conf(LOOK_AGAIN).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for edit in 0..edits {
            assert!(text.contains(&format!("# outside {edit} end\n")), "edit {edit} of {edits} is lost: {text}");
        }
        assert_eq!(engine.conf().bytes, text.as_bytes(), "the last edit is seen");
        let litter: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".new"))
            .collect();
        assert!(litter.is_empty(), "{litter:?}");
        println!("{saved} saves, {refused} refused, {edits} edits outside (renaming: {renames}); none is lost");
        assert!(saved > 0 && edits > 0);
    }
}

#[tokio::test]
async fn a_save_based_on_a_revision_is_refused_when_the_file_was_edited_since() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path()).await;
    let base = BaseRevision::Revision(engine.conf().base());
    OutsideWriter { path: folder.path().join(FILE), renames: true }.add("# outside\n");
    let change = ConfChange::Values(vec![("port_number".to_owned(), "7570".to_owned())]);
    let refused = engine.save_conf(&Actor::system(), &base, &change, "").await;
    assert!(matches!(refused, Err(SaveError::Conflict(_))), "{refused:?}");
    assert!(std::fs::read_to_string(folder.path().join(FILE)).unwrap().ends_with("# outside\n"));
}

#[tokio::test]
async fn a_file_that_is_being_written_counts_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path()).await;
    let path = folder.path().join(FILE);
    let whole = std::fs::read_to_string(&path).unwrap().replace("port_number = default", "port_number = 7570");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let rest = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        std::fs::write(&path, &whole).unwrap();
    };
    let (looked, ()) = tokio::join!(engine.look_at_conf(Duration::from_millis(400)), rest);
    looked.unwrap();
    assert_eq!(engine.conf().bytes, whole.as_bytes());
    assert_eq!((engine.conf().number(), engine.conf().effective.port_number), (2, 7570), "the half is no revision");
}

#[tokio::test]
async fn an_empty_file_is_a_problem_and_the_configuration_before_it_stays_and_can_be_restored() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path()).await;
    let path = folder.path().join(FILE);
    let change = ConfChange::Values(vec![("port_number".to_owned(), "7570".to_owned())]);
    engine.save_conf(&Actor::system(), &BaseRevision::Newest, &change, "").await.unwrap();
    for nothing in [&b""[..], b"\n \r\n", &[0; 4096]] {
        std::fs::write(&path, nothing).unwrap();
        engine.look_at_conf(LOOK_AGAIN).await.unwrap();
        let state = engine.conf();
        assert!(matches!(state.problem, Some(FileError::Empty(_))), "{:?}", state.problem);
        assert_eq!((state.number(), state.effective.port_number), (2, 7570));
    }
    engine.save_conf(&Actor::system(), &BaseRevision::Newest, &ConfChange::Restore(1), "").await.unwrap();
    assert_eq!((engine.conf().problem, engine.conf().effective.port_number), (None, 7569));
}

#[tokio::test]
async fn a_value_that_cannot_be_read_leaves_the_one_in_use_and_the_finding_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path()).await;
    let path = folder.path().join(FILE);
    let change = ConfChange::Values(vec![("port_number".to_owned(), "7570".to_owned())]);
    engine.save_conf(&Actor::system(), &BaseRevision::Newest, &change, "").await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("port_number = 7570", "port_number = 7571 ; remark")).unwrap();
    engine.look_at_conf(LOOK_AGAIN).await.unwrap();
    let state = engine.conf();
    assert_eq!((state.number(), state.effective.port_number), (3, 7570));
    let finding = state.findings().iter().find(|finding| finding.key.as_deref() == Some("port_number")).unwrap();
    assert!(finding.sentence.ends_with("Until this server restarts, 7570 stays in use."), "{}", finding.sentence);
    let shown = state.settings().into_iter().find(|setting| setting.key == "port_number").unwrap();
    assert_eq!((shown.value.as_deref(), shown.effective.as_str()), (Some("7571 ; remark"), "7570"));
}

#[tokio::test]
async fn the_version_is_not_changed_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path()).await;
    let before = engine.conf();
    let text = licensing::conf::text::exact(&before.bytes);
    for other in [text.replace("VERSION = ", "VERSION = 9"), text.replace("VERSION = ", "# VERSION = ")] {
        let change = ConfChange::Text(other, TextOrigin::Exact);
        let refused = engine.save_conf(&Actor::system(), &BaseRevision::Newest, &change, "").await;
        let Err(SaveError::Invalid(errors)) = refused else { panic!("{refused:?}") };
        assert!(
            errors.iter().any(|(key, sentence)| key.as_deref() == Some("VERSION") && sentence.contains("read-only"))
        );
    }
    assert_eq!(engine.conf().bytes, before.bytes);
}

#[tokio::test]
async fn a_change_is_undone_from_under_later_ones_and_the_history_says_what_was_undone_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path()).await;
    let save = async |change: ConfChange| engine.save_conf(&Actor::system(), &BaseRevision::Newest, &change, "").await;
    let set = |key: &str, value: &str| ConfChange::Values(vec![(key.to_owned(), value.to_owned())]);
    save(set("port_number", "7570")).await.unwrap();
    save(set("LOGGING_VERBOSITY", "3")).await.unwrap();
    save(ConfChange::Undo(2)).await.unwrap();
    assert_eq!((engine.conf().effective.port_number, engine.conf().effective.verbosity), (7569, 3));
    save(ConfChange::Restore(3)).await.unwrap();
    assert_eq!(engine.conf().effective.port_number, 7570);
    let said: Vec<_> = engine
        .conf_history(None, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|revision| (revision.number, revision.restored_from, revision.undoes))
        .collect();
    assert_eq!(said, [(5, Some(3), None), (4, None, Some(2)), (3, None, None), (2, None, None), (1, None, None)]);
    // Set again since: refused, by name. The first revision has nothing before it.
    save(set("port_number", "7571")).await.unwrap();
    let refused = save(ConfChange::Undo(2)).await;
    let Err(SaveError::LaterChanges { revision: 2, settings }) = refused else { panic!("{refused:?}") };
    assert_eq!(settings.iter().map(|setting| setting.key.as_str()).collect::<Vec<_>>(), ["port_number"]);
    assert!(matches!(save(ConfChange::Undo(1)).await, Err(SaveError::Invalid(_))));
    assert!(matches!(save(ConfChange::Undo(99)).await, Err(SaveError::UnknownRevision(99))));
    assert_eq!(engine.conf().number(), 6);
}

#[tokio::test]
async fn undoing_an_edit_made_outside_reviews_that_one() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path()).await;
    let outside = OutsideWriter { path: folder.path().join(FILE), renames: true };
    outside.add("# one\n");
    engine.look_at_conf(LOOK_AGAIN).await.unwrap();
    let change = ConfChange::Values(vec![("port_number".to_owned(), "7570".to_owned())]);
    engine.save_conf(&Actor::system(), &BaseRevision::Newest, &change, "").await.unwrap();
    assert!(engine.conf().outside.is_some());
    engine.save_conf(&Actor::system(), &BaseRevision::Newest, &ConfChange::Undo(2), "").await.unwrap();
    let state = engine.conf();
    assert_eq!((state.outside, state.effective.port_number), (None, 7570));
    assert!(!String::from_utf8(state.bytes).unwrap().contains("# one"));
}
