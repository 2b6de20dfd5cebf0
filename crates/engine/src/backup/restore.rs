//! Restoring a backup: everything is checked before anything is touched, then unpacked beside what is there, then put in its place in steps that
//! a crash can't leave half done.
//!
//! All of it happens inside the data folder, because its parent often belongs to somebody else, or the folder is a mount:
//!
//! ```text
//! .restoring            being unpacked; worthless after a crash
//! .restore-ready-STAMP  complete: what is in the folder moves to before-restore-STAMP
//! .restore-place-STAMP  what was in the folder is away: the restored files move into it
//! ```

use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use licensing::backup::{BEFORE_RESTORE, DATABASE, LOST_AND_FOUND, Manifest};
use licensing::contact::Millis;
use licensing::words::bytes;
use serde::{Deserialize, Serialize};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use storage::file::{PRIVATE, replace, sync_folder};
use storage::lock::{DataLock, LockError};

use super::archive::{self, ArchiveError};
use super::make::free_space;
use super::stamp;
use crate::actor::{Actor, Origin};
use crate::audit::{Audit, AuditOutcome, NewAuditEntry};
use crate::store::{self, Store};

const UNPACKING: &str = ".restoring";
const READY: &str = ".restore-ready-";
const PLACING: &str = ".restore-place-";
/// Tells the next start what was restored.
const NOTE: &str = ".restored";
/// There from a start from older data, or without any, until the caches of all clients must have been flushed: another start meanwhile knows.
const UNSETTLED: &str = ".unsettled";
/// Room that must be left on the disk, bytes.
const ROOM: u64 = 50_000_000;

/// Why nothing was restored; nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The file.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A server runs, or there are no locks.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// There is a server already.
    #[error(
        "The data folder {} has {trace}. To replace what is in it, run the command with --replace: it is kept beside, in {BEFORE_RESTORE}….",
        folder.display()
    )]
    Occupied {
        /// The data folder.
        folder: PathBuf,
        /// What shows it.
        trace: String,
    },
    /// What stays in the folder has the name of something in the backup.
    #[error(
        "The backup has a file or folder {name}, and {name} in the data folder {} stays: it holds the backups, or is on another disk. Restore into another folder with --data.",
        folder.display()
    )]
    InTheWay {
        /// The data folder.
        folder: PathBuf,
        /// The name.
        name: String,
    },
    /// What is in the folder can't be moved.
    #[error("{} can't be moved aside: {source}. Make it writable for the user who runs this, or move it away.", path.display())]
    Immovable {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The disk would be full.
    #[error("The disk with {} has {} free, and the restored data needs {}. Free some space.", folder.display(), bytes(*free), bytes(*needed))]
    NoRoom {
        /// The data folder.
        folder: PathBuf,
        /// Bytes.
        free: u64,
        /// Bytes.
        needed: u64,
    },
    /// SQLite says so.
    #[error("The database in this backup is damaged: {0}. Use another one.")]
    Database(String),
    /// The disk.
    #[error("Can't use {}: {source}.", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> RestoreError + use<> {
    let path = path.to_owned();
    move |source| RestoreError::Io { path, source }
}

/// What to restore, and where.
#[derive(Debug, Clone)]
pub struct RestoreRequest {
    /// The backup.
    pub file: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// The file with the age identity, for an encrypted one.
    pub identity: Option<PathBuf>,
    /// Whether a server in the folder is replaced.
    pub replace: bool,
    /// Entries of the folder that stay, such as the folder of backups.
    pub keep: Vec<PathBuf>,
    /// Who restores, for the audit log.
    pub by: String,
    /// Now, Unix milliseconds.
    pub now_ms: Millis,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// When the backup was made, Unix milliseconds.
    pub made_at: Millis,
    /// The machine it is of.
    pub host: String,
    /// GUID of its server.
    pub guid: Option<String>,
    /// Number of files.
    pub files: usize,
    /// Their size.
    pub bytes: u64,
    /// Where the conf file was, if not in the data folder, where it is now.
    pub conf_was: Option<String>,
    /// Where certificate and key were, if not in the data folder.
    pub certificates_were: Vec<String>,
    /// Where what was in the folder is now.
    pub before: Option<PathBuf>,
}

/// For the next start.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    name: String,
    made_at: Millis,
    host: String,
    by: String,
}

/// Reads a backup to its end and checks it.
///
/// # Errors
/// [`ArchiveError`].
pub fn check(file: &Path, identity: Option<&Path>) -> Result<Manifest, ArchiveError> {
    archive::read(archive::open(file, identity)?, store::newest_schema(), |_, _| Ok(()))
}

/// Restores a backup into a data folder, under the folder's lock.
///
/// # Errors
/// [`RestoreError`]; nothing that was in the folder is changed then.
pub async fn restore(request: RestoreRequest) -> Result<Restored, RestoreError> {
    let work = move || {
        let manifest = check(&request.file, request.identity.as_deref())?;
        let lock = DataLock::take(&request.data)?;
        let staged = stage(&request, &manifest);
        let unpacked = request.data.join(UNPACKING);
        if staged.is_err() {
            let _ = std::fs::remove_dir_all(&unpacked);
        }
        staged.map(|()| (request, manifest, lock))
    };
    let aborted = |error| RestoreError::Io { path: PathBuf::new(), source: io::Error::other(error) };
    let (request, manifest, lock) = tokio::task::spawn_blocking(work).await.map_err(aborted)??;
    let unpacked = request.data.join(UNPACKING);
    let checked = async {
        check_database(&unpacked.join(DATABASE)).await?;
        let carried = super::carry::carry(&request.data, &unpacked).await;
        carried.map_err(|error| RestoreError::Database(error.to_string()))?;
        // A restore brings back no hours.
        let kept = crate::countdown::keep_lower(&request.data, &unpacked).await;
        kept.map_err(io::Error::other).map_err(at(&unpacked))
    };
    if let Err(error) = checked.await {
        let _ = std::fs::remove_dir_all(&unpacked);
        return Err(error);
    }
    let work = move || {
        let _lock = lock;
        commit(&request, &manifest)
    };
    tokio::task::spawn_blocking(work).await.map_err(aborted)?
}

/// Unpacks a backup beside what is in the folder.
fn stage(request: &RestoreRequest, manifest: &Manifest) -> Result<(), RestoreError> {
    let data = &request.data;
    finish(data, &request.keep).map_err(at(data))?;
    let there = entries(data, &request.keep).map_err(at(data))?;
    if !request.replace
        && let Some(first) = there.moving.first()
    {
        let trace = match std::fs::metadata(data.join(DATABASE)) {
            Ok(found) if found.len() > 0 => format!("a database ({DATABASE})"),
            _ => match store::lost(data) {
                Some(trace) => format!("{trace} of a server"),
                None => format!("an entry “{}”", first.to_string_lossy()),
            },
        };
        return Err(RestoreError::Occupied { folder: data.clone(), trace });
    }
    // Later is too late: what is committed must find its place.
    let named = |file: &licensing::backup::ManifestFile| file.path.split('/').next().unwrap_or_default().to_owned();
    if let Some(name) = manifest.files.iter().map(named).find(|name| there.staying.iter().any(|stays| stays == &**name))
    {
        return Err(RestoreError::InTheWay { folder: data.clone(), name });
    }
    for name in &there.moving {
        let path = data.join(name);
        // A folder that moves gets another parent, so that it is written to.
        let is_folder = std::fs::symlink_metadata(&path).map_err(at(&path))?.is_dir();
        if is_folder && let Err(errno) = rustix::fs::access(path.as_path(), rustix::fs::Access::WRITE_OK) {
            return Err(RestoreError::Immovable { path, source: errno.into() });
        }
    }
    let needed = manifest.bytes().saturating_add(ROOM);
    if let Some(free) = free_space(data).filter(|free| *free < needed) {
        return Err(RestoreError::NoRoom { folder: data.clone(), free, needed });
    }
    let unpacked = data.join(UNPACKING);
    remove_folder(&unpacked).map_err(at(&unpacked))?;
    make_folder(&unpacked).map_err(at(&unpacked))?;
    let mut unwritten = None;
    let stream = archive::open(&request.file, request.identity.as_deref())?;
    let read = archive::read(stream, store::newest_schema(), |file, content| {
        let path = unpacked.join(&file.path);
        unpack(&path, content, &mut unwritten)
    });
    if let Some((path, source)) = unwritten {
        return Err(RestoreError::Io { path, source });
    }
    if read? != *manifest {
        return Err(ArchiveError::Damaged("it changed while it was read".to_owned()).into());
    }
    // A restore brings back no older license of this machine.
    crate::ve::keep_newest(data, &unpacked).map_err(at(&unpacked))?;
    let name = request.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let note = Note { name, made_at: manifest.made_at, host: manifest.host.clone(), by: request.by.clone() };
    let text = serde_json::to_vec(&note).expect("strings and integers always serialize");
    replace(&unpacked.join(NOTE), &text, PRIVATE).map_err(at(&unpacked))?;
    sync_folders(&unpacked).map_err(at(&unpacked))
}

/// Writes one file. What can't be written is left in `unwritten`, to tell it from what can't be read.
fn unpack(path: &Path, content: &mut dyn Read, unwritten: &mut Option<(PathBuf, io::Error)>) -> io::Result<()> {
    let mut failed = |error: io::Error| {
        let kind = error.kind();
        *unwritten = Some((path.to_owned(), error));
        io::Error::from(kind)
    };
    let folder = storage::file::folder_of(path);
    let mut file = make_folder(&folder)
        .and_then(|()| OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path))
        .map_err(&mut failed)?;
    let mut block = vec![0; 128 * 1024];
    loop {
        let read = content.read(&mut block)?;
        if read == 0 {
            return file.sync_all().map_err(&mut failed);
        }
        file.write_all(&block[..read]).map_err(&mut failed)?;
    }
}

/// Checks the pages of the unpacked database, and that its schema is known.
async fn check_database(path: &Path) -> Result<(), RestoreError> {
    let check = async {
        let mut database = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
        let found: Option<i64> =
            sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&mut database).await?;
        let word: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut database).await?;
        sqlx::Connection::close(database).await?;
        Ok::<_, sqlx::Error>((found, word))
    };
    match check.await {
        Ok((Some(found), word)) if word == "ok" && found <= store::newest_schema() => Ok(()),
        Ok((_, word)) if word == "ok" => Err(RestoreError::Database("its schema is not that of its list".to_owned())),
        Ok((_, word)) => Err(RestoreError::Database(word)),
        Err(error) => Err(RestoreError::Database(error.to_string())),
    }
}

/// From here on, what was unpacked is what counts, whatever happens.
fn commit(request: &RestoreRequest, manifest: &Manifest) -> Result<Restored, RestoreError> {
    let (data, stamp) = (&request.data, stamp(request.now_ms));
    let ready = data.join(format!("{READY}{stamp}"));
    std::fs::rename(data.join(UNPACKING), &ready).map_err(at(&ready))?;
    sync_folder(data).and_then(|()| finish(data, &request.keep)).map_err(at(data))?;
    Ok(Restored {
        made_at: manifest.made_at,
        host: manifest.host.clone(),
        guid: manifest.guid.clone(),
        files: manifest.files.len(),
        bytes: manifest.bytes(),
        conf_was: manifest.conf.clone(),
        certificates_were: manifest.certificates.clone(),
        before: Some(data.join(format!("{BEFORE_RESTORE}{stamp}"))).filter(|before| before.exists()),
    })
}

/// Completes a restore that was committed; a crash at any point of it leaves what the next call completes. `keep`: entries that stay in the
/// folder. The caller holds the folder's lock.
///
/// # Errors
/// What the operating system says.
pub fn finish(data: &Path, keep: &[PathBuf]) -> io::Result<()> {
    for (name, path) in hidden(data, READY)? {
        let before = data.join(format!("{BEFORE_RESTORE}{name}"));
        for file in entries(data, keep)?.moving {
            make_folder(&before)?;
            std::fs::rename(data.join(&file), before.join(&file))?;
        }
        if before.exists() {
            sync_folder(&before)?;
        }
        sync_folder(data)?;
        std::fs::rename(&path, data.join(format!("{PLACING}{name}")))?;
        sync_folder(data)?;
    }
    for (_, path) in hidden(data, PLACING)? {
        for file in names(&path)? {
            std::fs::rename(path.join(&file), data.join(&file))?;
        }
        sync_folder(data)?;
        std::fs::remove_dir(&path)?;
        sync_folder(data)?;
    }
    Ok(())
}

/// What is in a data folder, without hidden entries.
struct Entries {
    /// What a restore moves aside.
    moving: Vec<OsString>,
    /// What it leaves where it is: `keep` and what leads to it, what belongs to a running server, other copies, and what is on another disk.
    staying: Vec<OsString>,
}

fn entries(data: &Path, keep: &[PathBuf]) -> io::Result<Entries> {
    let device = std::fs::metadata(data)?.dev();
    let mut found = Entries { moving: Vec::new(), staying: Vec::new() };
    for file in names(data)? {
        let (path, name) = (data.join(&file), file.to_string_lossy().into_owned());
        if name.starts_with('.') {
            continue;
        }
        let stays = name.starts_with(BEFORE_RESTORE)
            || [licensing::backup::FOLDER, LOST_AND_FOUND, "lock", "control.sock"].contains(&name.as_str())
            || keep.iter().any(|kept| kept.starts_with(&path))
            || std::fs::symlink_metadata(&path)?.dev() != device;
        if stays { found.staying.push(file) } else { found.moving.push(file) }
    }
    Ok(found)
}

/// All names first: a folder that changes while it is read may leave some out.
fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
}

/// Entries that begin with `prefix`, and how their names go on.
fn hidden(data: &Path, prefix: &str) -> io::Result<Vec<(String, PathBuf)>> {
    let found = match std::fs::read_dir(data) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let rest =
        |entry: std::fs::DirEntry| Some((entry.file_name().to_str()?.strip_prefix(prefix)?.to_owned(), entry.path()));
    Ok(found.flatten().filter_map(rest).collect())
}

/// What was restored before a start.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// In a sentence.
    pub sentence: String,
    /// When the backup was made, in words.
    pub made: String,
}

/// At a start: tells the audit log what was restored, and ends what nobody can have kept from then: sessions and one-time links, which may have
/// been ended or used since.
pub(crate) async fn tell(store: &Store, audit: &Audit, data: &Path) -> Result<Option<Told>, sqlx::Error> {
    let path = data.join(NOTE);
    let note: Option<Note> = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(Note { name, made_at, host, by }) = note else { return Ok(None) };
    let made =
        jiff::Timestamp::from_millisecond(made_at).unwrap_or_default().strftime("%Y-%m-%d %H:%M UTC").to_string();
    let sentence = format!("Restored the backup {name}, made on {host} on {made}.");
    let actor = Actor { name: by, origin: Origin::CommandLine, address: None };
    let mut tx = store.write().await?;
    sqlx::query("DELETE FROM sessions").execute(&mut *tx).await?;
    sqlx::query("DELETE FROM one_time_links").execute(&mut *tx).await?;
    let (action, outcome) = ("backup.restore", AuditOutcome::Done);
    audit.commit(tx, NewAuditEntry { actor: &actor, action, sentence: sentence.clone(), outcome }).await?;
    if let Err(error) = unsettle(data) {
        tracing::warn!(%error, "could not note that clients may hold what is not known here; a start within two minutes forgets it");
    }
    // Told twice is better than never.
    if let Err(error) = std::fs::remove_file(&path).and_then(|()| sync_folder(data)) {
        tracing::warn!(%error, "could not remove the note of the restore; the next start tells of it again");
    }
    Ok(Some(Told { sentence, made }))
}

/// Notes that clients may hold licenses that the database of this folder doesn't know: it is older, or new. No license is given out then until
/// their caches must have been flushed.
///
/// # Errors
/// What the operating system says.
pub fn unsettle(data: &Path) -> io::Result<()> {
    replace(&data.join(UNSETTLED), b"", PRIVATE)
}

pub(crate) fn is_unsettled(data: &Path) -> bool {
    data.join(UNSETTLED).exists()
}

/// All caches must have been flushed.
pub(crate) fn settle(data: &Path) {
    match std::fs::remove_file(data.join(UNSETTLED)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(%error, "could not remove a note of the restore; the next start gives out licenses only after two minutes");
        }
        _ => {}
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes all names below a folder durable.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(folder)
}
