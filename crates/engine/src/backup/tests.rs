//! Backups of a server with everything on it, damaged and restored on a real disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use age::secrecy::ExposeSecret;
use jiff::tz::TimeZone;
use licensing::client_protocol::{CheckOut, CheckOutOutcome};
use licensing::permission::Role;

use super::restore::{self, RestoreError, RestoreRequest, Restored};
use super::*;
use crate::audit::{AuditQuery, ChainVerdict};
use crate::clock::{Clock, ManualClock};
use crate::conf::{BaseRevision, ConfChange};
use crate::usage::Batch;
use crate::usage::query::Filter;

const START: i64 = 1_800_000_000_000;
const HOUR: i64 = 3_600_000;

struct World {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    engine: Arc<Engine>,
}

async fn open(data: &Path, clock: &Arc<ManualClock>) -> Arc<Engine> {
    Arc::new(Engine::open(data, &data.join("license_server.conf"), clock.clone()).await.unwrap())
}

fn settings(folder: &Path) -> BackupSettings {
    BackupSettings {
        folder: folder.to_owned(),
        hour: None,
        keeping: KEEPING,
        recipient: None,
        certificates: Vec::new(),
        leave_out: Vec::new(),
    }
}

impl World {
    /// A server with a user, a saved configuration, check-outs and keys.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        Engine::write_new_conf(&data.join("license_server.conf")).unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let engine = open(&data, &clock).await;
        let actor = Actor::system();
        engine.add_user(&actor, "ann", Role::Administrator, "seven green lamps hum").await.unwrap();
        let change = ConfChange::Values(vec![("port_number".to_owned(), "7580".to_owned())]);
        engine.save_conf(&actor, &BaseRevision::Newest, &change, "for the test").await.unwrap();
        let world = Self { folder, clock, engine };
        world.use_licenses(1).await;
        fs::write(world.data().join("server.key"), "a key").unwrap();
        fs::write(world.data().join("license.log"), "a log").unwrap();
        fs::write(world.data().join("setup-token"), "a token").unwrap();
        world
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn use_licenses(&self, session: i64) {
        let record = CheckOut {
            product: "SPEECH".parse().unwrap(),
            user: "anna".to_owned(),
            host: "desk".to_owned(),
            from: START - 2 * HOUR,
            to: Some(START - HOUR),
            outcome: CheckOutOutcome::Returned,
            opened: None,
            before: None,
        };
        let batch = Batch {
            session,
            client: format!("client-{session}").into(),
            deployment: "".into(),
            context: None,
            first: 1,
            records: vec![record],
            ..Batch::default()
        };
        self.engine.usage.take(batch).await.unwrap();
    }

    async fn backup(&self) -> Backup {
        self.clock.advance(2_000);
        self.engine.back_up(&Actor::system()).await.unwrap()
    }

    fn request(&self, file: &Path, data: &str) -> RestoreRequest {
        RestoreRequest {
            file: file.to_owned(),
            data: self.at(data),
            identity: None,
            replace: false,
            keep: Vec::new(),
            by: "root".to_owned(),
            now_ms: START + HOUR,
        }
    }

    async fn restore(&self, file: &Path, data: &str) -> Result<Restored, RestoreError> {
        restore::restore(self.request(file, data)).await
    }
}

/// What a server tells: users, revisions, use, and the audit log.
async fn told(engine: &Engine) -> (Vec<String>, usize, u64, Vec<String>) {
    let filter = Filter {
        from_ms: START - 24 * HOUR,
        to_ms: START,
        product: None,
        client: None,
        context: None,
        deployment: None,
        zone: TimeZone::UTC,
    };
    let users = engine.users().await.unwrap().into_iter().map(|user| user.name).collect();
    let revisions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM conf_revisions").fetch_one(engine.store.read()).await.unwrap();
    let usage = engine.usage.summary(&filter).await.unwrap().iter().map(|of| of.taken).sum();
    let entries = engine.audit.list(&AuditQuery { limit: 100, ..AuditQuery::default() }).await.unwrap();
    (users, usize::try_from(revisions).unwrap(), usage, entries.into_iter().map(|entry| entry.sentence).collect())
}

/// Every file below a folder.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return all };
    for entry in entries.flatten() {
        match entry.metadata().unwrap().is_dir() {
            true => all.extend(content(&entry.path())),
            false => drop(all.insert(entry.path(), fs::read(entry.path()).unwrap())),
        }
    }
    all
}

#[tokio::test]
async fn a_restored_folder_tells_the_same_as_the_server_it_is_of() {
    let world = World::new().await;
    world.engine.invite_user(&Actor::system(), Role::Viewer, "bob").await.unwrap();
    let before = told(&world.engine).await;
    let backup = world.backup().await;
    assert!(backup.verified && !backup.encrypted && backup.size > 1_000);
    assert_eq!(fs::metadata(&backup.path).unwrap().permissions().mode() & 0o777, 0o600);
    // What comes later is not in it.
    world.use_licenses(2).await;
    assert_eq!(world.engine.invitations().await.unwrap().len(), 1);
    world.engine.add_user(&Actor::system(), "bob", Role::Viewer, "seven green lamps hum").await.unwrap();

    let restored = world.restore(&backup.path, "other").await.unwrap();
    assert_eq!((restored.conf_was, restored.before), (None, None));
    let other = world.at("other");
    for (name, is_there) in [("server.key", true), ("audit.head", true), ("license.log", false), ("setup-token", false)]
    {
        assert_eq!(other.join(name).exists(), is_there, "{name}");
    }
    let engine = open(&other, &world.clock).await;
    let mut after = told(&engine).await;
    let news = after.3.remove(0);
    assert!(news.starts_with(&format!("Restored the backup {}, made on ", backup.name)), "{news}");
    assert_eq!(after, before);
    assert!(matches!(engine.audit.verify().await.unwrap(), ChainVerdict::Whole(_)));
    assert!(engine.usage.findings().is_empty(), "no check-out is missing");
    assert_eq!(engine.restored(), Some(news.as_str()));
    assert!(engine.invitations().await.unwrap().is_empty(), "an invitation may have been used or withdrawn since");
    let sentences = engine.after_restore().await;
    assert!(sentences[0].starts_with("Tokens, users and passwords are those of "), "{sentences:?}");
    engine.close().await;
    let again = open(&other, &world.clock).await;
    assert_eq!(again.restored(), None, "told once");
    assert!(again.leases.is_held(), "clients may hold what the backup doesn't know, whoever starts meanwhile");
    world.clock.advance(122_200);
    assert!(!again.leases.is_held());
    restore::settle(&other);
    again.close().await;
    assert!(!open(&other, &world.clock).await.leases.is_held());
}

#[tokio::test]
async fn a_backup_made_while_the_server_writes_is_whole() {
    let world = World::new().await;
    let engine = world.engine.clone();
    let writing = tokio::spawn(async move {
        for number in 0.. {
            let sentence = format!("Added user {number}.");
            let noted = engine.audit.note(&Actor::system(), "user.add", sentence, AuditOutcome::Done).await;
            if noted.is_err() {
                return;
            }
        }
    });
    let backup = world.backup().await;
    writing.abort();
    world.restore(&backup.path, "other").await.unwrap();
    let engine = open(&world.at("other"), &world.clock).await;
    assert!(matches!(engine.audit.verify().await.unwrap(), ChainVerdict::Whole(_)));
}

#[tokio::test]
async fn a_damaged_truncated_foreign_or_newer_file_is_refused_before_anything_is_touched() {
    let world = World::new().await;
    let backup = world.backup().await;
    let good = fs::read(&backup.path).unwrap();
    let file = world.at("bad.tar.zst");
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    for part in 0..40 {
        let place = good.len() * part / 40;
        cases.push((format!("cut at {place}"), good[..place].to_vec()));
        let mut flipped = good.clone();
        flipped[place] ^= 0x10;
        cases.push((format!("byte {place} differs"), flipped));
    }
    cases.push(("its last byte is missing".to_owned(), good[..good.len() - 1].to_vec()));
    cases.push(("something else".to_owned(), b"PK\x03\x04 a zip".to_vec()));
    cases.push(("compressed, and no archive".to_owned(), zstd::encode_all(&b"hello"[..], 1).unwrap()));
    let list = |manifest: &str| {
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(manifest.len() as u64);
        archive.append_data(&mut header, "manifest.json", manifest.as_bytes()).unwrap();
        zstd::encode_all(archive.into_inner().unwrap().as_slice(), 1).unwrap()
    };
    cases.push(("foreign".to_owned(), list(r#"{"format":"other","version":1,"made_by":"x"}"#)));
    cases.push(("newer".to_owned(), list(r#"{"format":"leasehold-backup","version":9,"made_by":"9"}"#)));
    for (what, bytes) in cases {
        fs::write(&file, &bytes).unwrap();
        let Err(refused) = world.restore(&file, "other").await else {
            // A bit that no reader looks at, in the frame's header.
            assert!(what.starts_with("byte"), "{what}");
            assert_eq!(restore::check(&file, None).unwrap(), restore::check(&backup.path, None).unwrap(), "{what}");
            fs::remove_dir_all(world.at("other")).unwrap();
            continue;
        };
        assert!(matches!(refused, RestoreError::Archive(_)), "{what}: {refused}");
        assert!(!world.at("other").exists(), "{what}: the folder was made");
    }
}

#[tokio::test]
async fn an_entry_that_leads_elsewhere_is_refused() {
    let world = World::new().await;
    let backup = world.backup().await;
    let mut entries = Vec::new();
    archive::read(archive::open(&backup.path, None).unwrap(), i64::MAX, |file, content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        entries.push((file.clone(), bytes));
        Ok(())
    })
    .unwrap();
    let made = licensing::backup::Made {
        schema: 1,
        guid: None,
        host: "x".to_owned(),
        at: START,
        conf: None,
        certificates: Vec::new(),
        left_out: Vec::new(),
    };
    for name in ["../evil", "/tmp/evil", ".restored", "lock"] {
        let mut files: Vec<_> = entries.iter().map(|(file, _)| file.clone()).collect();
        files[1].path = name.to_owned();
        let manifest = licensing::backup::Manifest::new(made.clone(), "0.1.0", files).to_json();
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(manifest.len() as u64);
        archive.append_data(&mut header, "manifest.json", manifest.as_slice()).unwrap();
        let file = world.at("evil.tar.zst");
        fs::write(&file, zstd::encode_all(archive.into_inner().unwrap().as_slice(), 1).unwrap()).unwrap();
        let refused = world.restore(&file, "other").await.unwrap_err();
        assert!(refused.to_string().contains("which no backup of a data folder has"), "{refused}");
        assert!(!world.at("other").exists() && !world.at("evil").exists());
    }
}

#[tokio::test]
async fn a_running_server_and_an_occupied_folder_are_left_alone() {
    let world = World::new().await;
    let backup = world.backup().await;
    let lock = crate::store::DataLock::take(&world.data()).unwrap();
    let replacing = RestoreRequest { replace: true, ..world.request(&backup.path, "data") };
    let refused = restore::restore(replacing.clone()).await.unwrap_err();
    assert!(matches!(refused, RestoreError::Lock(_)), "{refused}");
    drop(lock);
    world.engine.close().await;
    let before = content(&world.data());
    let refused = world.restore(&backup.path, "data").await.unwrap_err();
    assert!(matches!(refused, RestoreError::Occupied { .. }) && refused.to_string().contains("--replace"), "{refused}");
    assert_eq!(content(&world.data()), before);

    fs::write(world.data().join("note.txt"), "mine").unwrap();
    let restored = restore::restore(replacing).await.unwrap();
    let kept = restored.before.unwrap();
    assert_eq!(fs::read(kept.join("note.txt")).unwrap(), b"mine");
    assert!(kept.join("leasehold.db").exists() && !world.data().join("note.txt").exists());
    assert!(backup.path.exists(), "backups stay where they are");
    let engine = open(&world.data(), &world.clock).await;
    assert_eq!(told(&engine).await.0, ["ann"]);
    assert_eq!(engine.backups().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_restore_that_was_interrupted_is_completed() {
    let world = World::new().await;
    let backup = world.backup().await;
    world.engine.close().await;
    world.restore(&backup.path, "other").await.unwrap();
    let other = world.at("other");
    // As a crash leaves it: half of what was there is away, nothing is in its place.
    let ready = other.join(".restore-ready-20270115T090000Z");
    fs::create_dir(&ready).unwrap();
    for name in ["leasehold.db", "server.key"] {
        fs::copy(world.data().join(name), ready.join(name)).unwrap();
    }
    let before = other.join("before-restore-20270115T090000Z");
    fs::create_dir(&before).unwrap();
    fs::rename(other.join("audit.head"), before.join("audit.head")).unwrap();
    restore::finish(&other, &[]).unwrap();
    assert!(before.join("audit.head").exists() && before.join("leasehold.db").exists());
    assert!(other.join("leasehold.db").exists() && other.join("server.key").exists() && !ready.exists());
    // And one whose files were half in place.
    let placing = other.join(".restore-place-20270115T100000Z");
    fs::create_dir(&placing).unwrap();
    fs::write(placing.join("audit.head"), "1 ab\n").unwrap();
    restore::finish(&other, &[]).unwrap();
    assert!(other.join("audit.head").exists() && other.join("leasehold.db").exists() && !placing.exists());
    restore::finish(&other, &[]).unwrap();
}

#[tokio::test]
async fn what_is_the_file_systems_or_holds_the_backups_stays_where_it_is() {
    let world = World::new().await;
    let disk = |name: &str| world.data().join("lost+found").join(name);
    fs::create_dir(world.data().join("lost+found")).unwrap();
    fs::write(disk("#12"), "of the file system").unwrap();
    let kept = world.data().join("far/away");
    world.engine.configure_backups(settings(&kept)).unwrap();
    let backup = world.backup().await;
    world.engine.close().await;
    let replacing = RestoreRequest { replace: true, keep: vec![kept.clone()], ..world.request(&backup.path, "data") };
    let restored = restore::restore(replacing.clone()).await.unwrap();
    assert!(disk("#12").exists() && backup.path.exists());
    assert!(!restored.before.unwrap().join("lost+found").exists());
    restore::restore(world.request(&backup.path, "other")).await.unwrap();
    assert!(!world.at("other").join("lost+found").exists(), "it is in no backup");
    // A folder of a kept one's name could not be put in its place later.
    let other = RestoreRequest { keep: vec![world.data().join("checkouts/x")], ..replacing };
    let before = content(&world.data());
    let refused = restore::restore(other).await.unwrap_err();
    assert!(matches!(&refused, RestoreError::InTheWay { name, .. } if name == "checkouts"), "{refused}");
    assert_eq!(content(&world.data()), before);
}

#[tokio::test]
async fn a_path_of_any_length_comes_back_and_a_header_without_end_does_not_fill_the_memory() {
    let world = World::new().await;
    let folder = "f".repeat(90);
    let name = format!("{folder}/{}", "g".repeat(100));
    fs::create_dir(world.data().join(&folder)).unwrap();
    fs::write(world.data().join(&name), "deep").unwrap();
    let backup = world.backup().await;
    world.restore(&backup.path, "other").await.unwrap();
    assert_eq!(fs::read(world.at("other").join(&name)).unwrap(), b"deep");

    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(1 << 40);
    header.set_cksum();
    let file = world.at("endless.tar.zst");
    fs::write(&file, zstd::encode_all(&header.as_bytes()[..], 1).unwrap()).unwrap();
    assert!(matches!(restore::check(&file, None), Err(ArchiveError::Manifest(_))));
}

#[tokio::test]
async fn what_a_backup_leaves_out_is_listed_and_told() {
    let world = World::new().await;
    let long = "x".repeat(201);
    fs::write(world.data().join(&long), "a name that can't be restored").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", world.data().join("link")).unwrap();
    let backup = world.backup().await;
    let mut left_out = restore::check(&backup.path, None).unwrap().left_out;
    assert_eq!(backup.left_out, left_out);
    left_out.sort();
    assert_eq!(left_out, ["link", long.as_str()]);
    let entries = world.engine.audit.list(&AuditQuery { limit: 1, ..AuditQuery::default() }).await.unwrap();
    assert!(
        entries[0].sentence.contains(" Left out: ") && entries[0].sentence.contains("link"),
        "{}",
        entries[0].sentence
    );
}

#[tokio::test]
async fn a_folder_with_anything_in_it_is_replaced_only_when_asked() {
    let world = World::new().await;
    let backup = world.backup().await;
    for name in ["lost+found", "backups", ".snapshot"] {
        fs::create_dir_all(world.at("other").join(name)).unwrap();
    }
    fs::write(world.at("other").join("note.txt"), "mine").unwrap();
    let refused = world.restore(&backup.path, "other").await.unwrap_err();
    assert!(matches!(refused, RestoreError::Occupied { .. }) && refused.to_string().contains("note.txt"), "{refused}");
    fs::remove_file(world.at("other").join("note.txt")).unwrap();
    world.restore(&backup.path, "other").await.unwrap();
}

#[tokio::test]
async fn an_encrypted_backup_opens_with_its_identity_only() {
    let world = World::new().await;
    let (identity, other) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
    let recipient = Some(identity.to_public().to_string());
    world.engine.configure_backups(BackupSettings { recipient, ..settings(&world.at("elsewhere")) }).unwrap();
    let backup = world.backup().await;
    assert!(backup.encrypted && backup.verified && backup.name.ends_with(".tar.zst.age"));
    assert!(!fs::read(&backup.path).unwrap().windows(5).any(|part| part == b"a key"));
    let left: Vec<_> = fs::read_dir(world.data()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".backup-")), "{left:?}");
    let write = |name: &str, identity: &age::x25519::Identity| {
        fs::write(world.at(name), identity.to_string().expose_secret()).unwrap();
        Some(world.at(name))
    };
    let with = |identity| RestoreRequest { identity, ..world.request(&backup.path, "other") };
    let refused = restore::restore(with(None)).await.unwrap_err();
    assert!(refused.to_string().contains("--identity"), "{refused}");
    let refused = restore::restore(with(write("wrong.txt", &other))).await.unwrap_err();
    assert!(refused.to_string().contains("another key"), "{refused}");
    restore::restore(with(write("right.txt", &identity))).await.unwrap();
    let engine = open(&world.at("other"), &world.clock).await;
    assert_eq!(told(&engine).await.0, ["ann"]);

    let wrong = BackupSettings { recipient: Some("age1nothing".to_owned()), ..settings(&world.at("elsewhere")) };
    assert!(matches!(world.engine.configure_backups(wrong), Err(BackupError::Recipient(_))));
}

#[tokio::test]
async fn files_outside_the_data_folder_are_in_it_and_the_backup_says_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("etc.conf");
    Engine::write_new_conf(&conf).unwrap();
    let clock = Arc::new(ManualClock::at(START));
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let engine = Arc::new(Engine::open(&data, &conf, clock).await.unwrap());
    let certificates = vec![folder.path().join("a.pem"), folder.path().join("a.key")];
    for path in &certificates {
        fs::write(path, "pem").unwrap();
    }
    engine
        .configure_backups(BackupSettings { certificates: certificates.clone(), ..settings(&folder.path().join("b")) })
        .unwrap();
    let backup = engine.back_up(&Actor::system()).await.unwrap();
    let request = RestoreRequest {
        file: backup.path,
        data: folder.path().join("other"),
        identity: None,
        replace: false,
        keep: Vec::new(),
        by: "root".to_owned(),
        now_ms: START,
    };
    let restored = restore::restore(request).await.unwrap();
    assert_eq!(restored.conf_was.as_deref(), conf.to_str());
    assert_eq!(restored.certificates_were.len(), 2);
    let other = folder.path().join("other");
    assert_eq!(fs::read(other.join("license_server.conf")).unwrap(), fs::read(&conf).unwrap());
    assert_eq!(fs::read(other.join("given-certificate/key.pem")).unwrap(), b"pem");
}

#[tokio::test]
async fn backups_are_kept_by_number_listed_and_deleted() {
    let world = World::new().await;
    let keeping = Keeping { count: 2, days: 0 };
    world.engine.configure_backups(BackupSettings { keeping, ..settings(&world.at("kept")) }).unwrap();
    let stranger = world.at("kept").join("leasehold-backup-20200101T000000Z-elsewhere.tar.zst");
    fs::create_dir(world.at("kept")).unwrap();
    fs::write(&stranger, "of another server").unwrap();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(world.backup().await.name);
    }
    let names = async || -> Vec<String> {
        world.engine.backups().await.unwrap().into_iter().filter(|of| of.verified).map(|of| of.name).collect()
    };
    assert_eq!(names().await, [made[2].clone(), made[1].clone()]);
    assert!(stranger.exists(), "that of another server is none of ours to remove");
    assert!(world.engine.backup_state().last_good.is_some());
    fs::write(world.data().join("leasehold-before-25-1700000000000.db"), "older").unwrap();
    let all = world.engine.backups().await.unwrap();
    assert!(all.iter().any(|backup| backup.kind == BackupKind::BeforeUpdate && backup.at == 1_700_000_000_000));

    let actor = Actor::system();
    assert!(matches!(world.engine.delete_backup(&actor, "../data/leasehold.db").await, Err(BackupError::Unknown(_))));
    for name in &made[1..] {
        world.engine.delete_backup(&actor, name).await.unwrap();
    }
    assert_eq!((names().await.len(), world.engine.backup_state().last_good), (0, None));
}

#[tokio::test]
async fn a_failed_backup_is_told_and_leaves_nothing() {
    let world = World::new().await;
    fs::write(world.at("file"), "no folder").unwrap();
    world.engine.configure_backups(BackupSettings { hour: Some(2), ..settings(&world.at("file/folder")) }).unwrap();
    let refused = world.engine.back_up(&Actor::system()).await.unwrap_err();
    assert!(refused.to_string().contains("file/folder"), "{refused}");
    let entries = world.engine.audit.list(&AuditQuery { limit: 1, ..AuditQuery::default() }).await.unwrap();
    assert_eq!((entries[0].action.as_str(), entries[0].outcome.as_str()), ("backup.create", "failed"));
    assert!(world.engine.backup_state().problem.is_some_and(|problem| problem.contains("file/folder")));
    let next = world.engine.next_backup().await.unwrap().unwrap();
    assert_eq!(next, world.clock.now_ms() + HOUR, "it is tried again in an hour");
}
