//! Making a backup: copy, pack, encrypt, read back, put in its place. On a thread of its own, which stands back behind all others.

use std::fs::{File, Permissions};
use std::io::{BufReader, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

use licensing::backup::{BackupName, Made, Manifest};
use storage::file::{PRIVATE, folder_of, sync_folder};
use tempfile::NamedTempFile;

use super::archive::{self, Summed};
use super::collect::{CHECKOUTS, Collected, collect};
use super::{BackupError, Plan, stamp};

/// How much the thread stands back: more than those of the console.
const NICE: i32 = 10;
/// Tries until the files fit together.
const TRIES: usize = 3;
/// How the folders begin in which backups are prepared.
const WORK: &str = ".backup-";
/// How the names of files end that are being written.
const UNFINISHED: &str = ".new";
/// Room that must be left on a disk, bytes.
const ROOM: u64 = 50_000_000;
/// What files are written in, bytes.
const BLOCK: usize = 128 * 1024;

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MadeFile {
    pub name: String,
    pub size: u64,
    pub sha256: String,
    /// Paths of what is not in it.
    pub left_out: Vec<String>,
}

/// Runs work on a thread that stands back; what it starts does too.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce(&tokio::runtime::Runtime) -> T + Send + 'static,
) -> std::io::Result<T> {
    let (done, waits) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("apart".to_owned()).spawn(move || {
        // Where that is not allowed, all threads are equal.
        let _ = rustix::process::nice(NICE);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let _ = done.send(runtime.map(|runtime| work(&runtime)));
    })?;
    waits.await.unwrap_or_else(|_| Err(std::io::Error::other("the work was aborted")))
}

/// Makes a backup.
pub(super) fn make(plan: &Plan, runtime: &tokio::runtime::Runtime) -> Result<MadeFile, BackupError> {
    let folder = &plan.folder;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(BackupError::at(folder))?;
    let name = free_name(plan);
    sweep(folder, |found| unfinished(found).is_some_and(|found| found.host == name.host))?;
    sweep(&plan.data, |found| found.starts_with(WORK))?;
    has_room(plan)?;
    let work = tempfile::Builder::new().prefix(WORK).permissions(Permissions::from_mode(0o700)).tempdir_in(&plan.data);
    let work = work.map_err(BackupError::at(&plan.data))?;
    let name = name.to_string();
    for left in (0..TRIES).rev() {
        let Some(collected) = runtime.block_on(collect(plan, work.path(), left == 0))? else { continue };
        if let Some(made) = pack(plan, work.path(), &name, collected)? {
            return Ok(made);
        }
    }
    Err(BackupError::Changing)
}

/// The name of a backup made now; of two in one second, the later is named after the next.
fn free_name(plan: &Plan) -> BackupName {
    let names = (0_i64..).map(|second| {
        let stamp = stamp(plan.now_ms.saturating_add(second * 1_000));
        BackupName::new(&stamp, &plan.host, plan.recipient.is_some())
    });
    let mut free = names.skip_while(|name| plan.folder.join(name.to_string()).exists());
    free.next().expect("the names have no end")
}

/// Packs what was collected; `None` if files changed meanwhile.
fn pack(plan: &Plan, work: &Path, name: &str, collected: Collected) -> Result<Option<MadeFile>, BackupError> {
    let Collected { schema, conf, certificates, left_out, files, sources } = collected;
    let (guid, host) = (plan.guid.clone(), plan.host.clone());
    let made = Made { schema, guid, host, at: plan.now_ms, conf, certificates, left_out };
    let manifest = Manifest::new(made, env!("CARGO_PKG_VERSION"), files);
    // What is to be encrypted is verified before, where it is readable.
    let plain_in = if plan.recipient.is_some() { work } else { plan.folder.as_path() };
    let plain = temporary(plain_in, name)?;
    let io = |path: &Path| BackupError::at(path);
    if !archive::write(BufWriter::with_capacity(BLOCK, plain.as_file()), &manifest, &sources).map_err(io(plain_in))? {
        return Ok(None);
    }
    plain.as_file().sync_all().map_err(io(plain_in))?;
    let read = archive::read(archive::open(plain.path(), None)?, schema, |_, _| Ok(()))?;
    if read != manifest {
        return Err(archive::ArchiveError::Damaged("it does not read back as it was written".to_owned()).into());
    }
    let (finished, sum) = match &plan.recipient {
        None => {
            let sum = sum_of(plain.path())?;
            (plain, sum)
        }
        Some(recipient) => {
            let finished = temporary(&plan.folder, name)?;
            let sum = encrypt(plain.path(), finished.as_file(), recipient).map_err(io(&plan.folder))?;
            if sum_of(finished.path())? != sum {
                let what = "the encrypted file does not read back as it was written".to_owned();
                return Err(archive::ArchiveError::Damaged(what).into());
            }
            (finished, sum)
        }
    };
    let path = plan.folder.join(name);
    finished.persist_noclobber(&path).map_err(|error| match error.error.kind() {
        ErrorKind::AlreadyExists => BackupError::Exists(name.to_owned()),
        _ => BackupError::at(&path)(error.error),
    })?;
    sync_folder(&folder_of(&path)).map_err(io(&plan.folder))?;
    let (size, sha256) = sum;
    Ok(Some(MadeFile { name: name.to_owned(), size, sha256, left_out: manifest.left_out }))
}

/// The backup of which this is the file that is being written.
fn unfinished(file: &str) -> Option<BackupName> {
    let (name, _) = file.strip_prefix('.')?.strip_suffix(UNFINISHED)?.rsplit_once('.')?;
    BackupName::parse(name)
}

fn temporary(folder: &Path, name: &str) -> Result<NamedTempFile, BackupError> {
    tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(UNFINISHED)
        .permissions(Permissions::from_mode(PRIVATE))
        .tempfile_in(folder)
        .map_err(BackupError::at(folder))
}

/// Size and checksum of a file.
fn sum_of(path: &Path) -> Result<(u64, String), BackupError> {
    let read = || -> std::io::Result<(u64, String)> {
        let mut summed = Summed::new(File::open(path)?);
        std::io::copy(&mut summed, &mut std::io::sink())?;
        Ok(summed.end())
    };
    read().map_err(BackupError::at(path))
}

/// Encrypts a file; returns size and checksum of what was written.
fn encrypt(from: &Path, to: &File, recipient: &age::x25519::Recipient) -> std::io::Result<(u64, String)> {
    let mut written = Summed::new(BufWriter::with_capacity(BLOCK, to));
    let recipients = std::iter::once(recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(std::io::Error::other)?;
    let mut output = encryptor.wrap_output(&mut written)?;
    std::io::copy(&mut BufReader::with_capacity(BLOCK, File::open(from)?), &mut output)?;
    output.finish()?;
    written.flush()?;
    to.sync_all()?;
    Ok(written.end())
}

/// Removes what a crash left.
fn sweep(folder: &Path, is_ours: impl Fn(&str) -> bool) -> Result<(), BackupError> {
    for entry in std::fs::read_dir(folder).map_err(BackupError::at(folder))?.flatten() {
        let name = entry.file_name();
        if !name.to_str().is_some_and(&is_ours) {
            continue;
        }
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let _ = if is_folder { std::fs::remove_dir_all(entry.path()) } else { std::fs::remove_file(entry.path()) };
    }
    Ok(())
}

/// Refuses to fill a disk that the server itself needs.
fn has_room(plan: &Plan) -> Result<(), BackupError> {
    let database = std::fs::metadata(plan.data.join(licensing::backup::DATABASE)).map_or(0, |found| found.len());
    let checkouts: u64 = std::fs::read_dir(plan.data.join(CHECKOUTS))
        .map_or(0, |files| files.flatten().filter_map(|file| Some(file.metadata().ok()?.len())).sum());
    let device = |folder: &Path| std::fs::metadata(folder).ok().map(|found| found.dev());
    let needs = needs(database, checkouts, plan.recipient.is_some(), device(&plan.data) == device(&plan.folder));
    for (folder, needed) in [&plan.data, &plan.folder].into_iter().zip(needs) {
        let free = free_space(folder);
        if let Some(free) = free.filter(|free| *free < needed) {
            return Err(BackupError::NoRoom { folder: folder.clone(), free, needed });
        }
    }
    Ok(())
}

/// The room that a backup needs at the worst, bytes: in the data folder, and in the folder of backups.
fn needs(database: u64, checkouts: u64, is_encrypted: bool, is_one_disk: bool) -> [u64; 2] {
    let packed = database.saturating_add(checkouts);
    // What is encrypted is packed beside the copy of the database first.
    let in_data = if is_encrypted { database.saturating_add(packed) } else { database };
    let both = in_data.saturating_add(packed);
    let needed = if is_one_disk { [both; 2] } else { [in_data, packed] };
    needed.map(|needed| needed.saturating_add(ROOM))
}

/// Free space of the file system a folder is on, bytes; none where it doesn't say.
pub(super) fn free_space(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_the_packed_file_and_its_encrypted_copy_all_need_room() {
        let without_rest = |needs: [u64; 2]| needs.map(|needed| needed - ROOM);
        assert_eq!(without_rest(needs(10, 100, false, false)), [10, 110]);
        assert_eq!(without_rest(needs(10, 100, true, false)), [120, 110]);
        assert_eq!(without_rest(needs(10, 100, false, true)), [120; 2]);
        assert_eq!(without_rest(needs(10, 100, true, true)), [230; 2]);
    }

    #[test]
    fn what_another_machine_is_writing_is_not_taken_for_what_a_crash_left() {
        let host = |file: &str| unfinished(file).map(|name| name.host);
        let file = |host: &str| format!(".leasehold-backup-20261130T024403Z-{host}.tar.zst.age.a1B2c3.new");
        assert_eq!(host(&file("lic")).as_deref(), Some("lic"));
        assert_eq!(host(&file("a-lic")).as_deref(), Some("a-lic"));
        for other in ["leasehold-backup-20261130T024403Z-lic.tar.zst", ".leasehold-backup-x.new", ".x.new"] {
            assert_eq!(host(other), None, "{other}");
        }
    }
}
