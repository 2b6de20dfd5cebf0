//! Writing the file: an edit made outside at the same time is never lost.
//!
//! The new file and the one in place are exchanged, so that what was there can be compared with what the save was based on. If it
//! differs, it goes back into its place. Where the file can't be exchanged (only the file is mounted, its folder can't be
//! written, it belongs to another user, it has hard links), it is written in place, beside a copy that a start recovers from.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{
    CWD, RenameFlags, XattrFlags, fgetxattr, fremovexattr, fsetxattr, getxattr, listxattr, renameat_with,
};
use rustix::io::Errno;
use storage::file::{PRIVATE, folder_of, is_unsupported, sync_folder};
use tempfile::TempPath;

use super::file::{FileError, FolderLock, name, plain, resolve, unwritable};

/// Name of the new file while it is written.
const TEMPORARY: (&str, &str) = (".license_server.", ".new");
/// Copy, in the data folder, of a file that is being written in place.
const KEPT: &str = "license_server.conf.kept";
/// Largest list of attributes, and largest attribute, bytes (Linux: 64 KiB).
const MOST_ATTRIBUTES: usize = 64 * 1024;
/// The attribute a new file may inherit from its folder.
const ACCESS_LIST: &str = "system.posix_acl_access";
/// Times that files are exchanged until the newest is in place.
const MOST_EXCHANGES: usize = 32;

/// The file was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What this save could not keep to, in a sentence.
    pub note: Option<String>,
}

/// Why the file was not written.
#[derive(Debug, PartialEq, Eq)]
pub enum ReplaceError {
    /// It is no longer what the save was based on, and is in place as it was edited. The edits that came in and went within the save,
    /// oldest first.
    Changed(Vec<Vec<u8>>),
    /// The file.
    File(FileError),
}

impl From<FileError> for ReplaceError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// Where the copy of a file is while it is written in place.
pub fn kept(folder: &Path) -> PathBuf {
    folder.join(KEPT)
}

/// Removes temporary files that a crash left next to the file.
pub fn sweep(path: &Path, _lock: &FolderLock) {
    let Ok(entries) = std::fs::read_dir(folder_of(&resolve(path))) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1));
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Makes a file that is missing, mode 0644.
///
/// # Errors
/// [`ReplaceError`]; nothing is made then.
pub fn create(path: &Path, bytes: &[u8], _lock: &FolderLock) -> Result<Written, ReplaceError> {
    let target = resolve(path);
    let failed = |error: Error| unwritable(path, &error);
    let (file, staged) = stage(&folder_of(&target)).map_err(failed)?;
    write_through(&file, bytes).map_err(failed)?;
    file.set_permissions(Permissions::from_mode(0o644)).and_then(|()| file.sync_all()).map_err(failed)?;
    match staged.persist_noclobber(&target) {
        Ok(()) => Ok(Written { note: settle(path, &folder_of(&target)) }),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(ReplaceError::Changed(Vec::new())),
        Err(error) => Err(failed(error.error).into()),
    }
}

/// Replaces a file whose content was `expected`. Mode, owner, access lists and extended attributes are kept; a symbolic link stays
/// one and its target is replaced. `kept` is where a copy lies while the file is written in place.
///
/// # Errors
/// [`ReplaceError`]; the file is then as it was or as it was edited outside, if the error does not say otherwise.
pub fn replace(
    path: &Path,
    expected: &[u8],
    bytes: &[u8],
    kept: &Path,
    _lock: &FolderLock,
) -> Result<Written, ReplaceError> {
    let target = resolve(path);
    let before = match std::fs::metadata(&target) {
        Ok(meta) if meta.is_dir() => return Err(FileError::Folder(name(path)).into()),
        Ok(meta) if !meta.is_file() => return Err(FileError::Special(name(path)).into()),
        Ok(meta) if meta.mode() & 0o222 == 0 => return Err(FileError::ReadOnly(name(path)).into()),
        Ok(meta) => meta,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(ReplaceError::Changed(Vec::new())),
        Err(error) => return Err(unwritable(path, &error).into()),
    };
    match exchange(&target, &before, expected, bytes) {
        Ok(Exchange::Done) => Ok(Written { note: settle(path, &folder_of(&target)) }),
        Ok(Exchange::Changed(overlooked)) => Err(ReplaceError::Changed(overlooked)),
        Ok(Exchange::Impossible(why)) => in_place(path, &target, expected, bytes, kept, why),
        Err(error) => Err(unwritable(path, &error).into()),
    }
}

/// What came of an exchange.
enum Exchange {
    Done,
    Changed(Vec<Vec<u8>>),
    /// Only writing in place keeps the file what it is, and why.
    Impossible(&'static str),
}

const MOUNTED: &str = "only the file is mounted, not its folder";
const CLOSED_FOLDER: &str = "its folder can't be written to";

fn exchange(target: &Path, before: &Metadata, expected: &[u8], bytes: &[u8]) -> std::io::Result<Exchange> {
    if before.nlink() > 1 {
        return Ok(Exchange::Impossible("it has more than one name (hard links)"));
    }
    let folder = folder_of(target);
    let (file, staged) = match stage(&folder) {
        Ok(staged) => staged,
        Err(error) if is_forbidden(&error) => return Ok(Exchange::Impossible(CLOSED_FOLDER)),
        Err(error) => return Err(error),
    };
    write_through(&file, bytes)?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (before.uid(), before.gid())
        && fchown(&file, Some(before.uid()), Some(before.gid())).is_err()
    {
        return Ok(Exchange::Impossible("it belongs to another user or group"));
    }
    let _ = fremovexattr(&file, ACCESS_LIST);
    file.set_permissions(Permissions::from_mode(before.mode() & 0o7777))?;
    if copy_attributes(target, &file).is_err() {
        return Ok(Exchange::Impossible("its extended attributes can't be copied"));
    }
    file.sync_all()?;
    if std::fs::read(&staged)? != bytes {
        return Err(Error::other("the content read back differs from what was written"));
    }
    let swap = || renameat_with(CWD, &*staged, CWD, target, RenameFlags::EXCHANGE).map_err(Error::from);
    match swap() {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Exchange::Changed(Vec::new())),
        Err(error) if is_mount(&error) => return Ok(Exchange::Impossible(MOUNTED)),
        Err(error) if is_forbidden(&error) => return Ok(Exchange::Impossible(CLOSED_FOLDER)),
        Err(error) if is_unsupported(&error) => return rename(target, staged, expected),
        Err(error) => return Err(error),
    }
    // The second look finds what a program wrote that had the file open already.
    let is_unchanged = || Found::at(&staged).is_some_and(|found| found.bytes == expected && found.is_like(before));
    if is_unchanged() {
        let _ = sync_folder(&folder);
        if is_unchanged() {
            return Ok(Exchange::Done);
        }
    }
    let ours = Found { inode: own.ino(), bytes: bytes.to_vec(), owner: None };
    match put_back(target, &staged, ours, swap) {
        Ok(overlooked) => Ok(Exchange::Changed(overlooked)),
        // What came out of the exchange is nowhere else: it is not to go with the temporary file.
        Err(error) => {
            let aside = target.with_extension("edited");
            let kept = staged
                .persist_noclobber(&aside)
                .map_or_else(|failed| failed.path.keep().unwrap_or_default(), |()| aside);
            Err(Error::new(
                error.kind(),
                format!("an edit made meanwhile could not be put back and is kept in {}: {error}", kept.display()),
            ))
        }
    }
}

/// Puts what came out of the exchange back into its place, or what has come there since. Returns the edits that no longer are.
fn put_back(
    target: &Path,
    staged: &Path,
    ours: Found,
    swap: impl Fn() -> std::io::Result<()>,
) -> std::io::Result<Vec<Vec<u8>>> {
    let (mut put, mut overlooked) = (ours.clone(), Vec::<Vec<u8>>::new());
    for _ in 0..MOST_EXCHANGES {
        let newer = Found::at(staged);
        match swap() {
            Ok(()) => {}
            // Ours was removed in the meantime: the edit goes where it was.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                std::fs::rename(staged, target)?;
                return Ok(overlooked);
            }
            Err(error) => return Err(error),
        }
        let is_put = Found::at(staged).is_none_or(|out| (out.inode, &out.bytes) == (put.inode, &put.bytes));
        if (put.inode, &put.bytes) != (ours.inode, &ours.bytes) {
            overlooked.push(put.bytes);
        }
        // Else something newer than what was put there came out, and goes in again.
        match newer.filter(|_| !is_put) {
            Some(newer) => put = newer,
            None => return Ok(overlooked),
        }
    }
    Ok(overlooked)
}

/// A file as it is found under a name.
#[derive(Clone)]
struct Found {
    inode: u64,
    bytes: Vec<u8>,
    /// Mode, owner, group.
    owner: Option<(u32, u32, u32)>,
}

impl Found {
    fn at(path: &Path) -> Option<Self> {
        let meta = std::fs::symlink_metadata(path).ok().filter(Metadata::is_file)?;
        let bytes = std::fs::read(path).ok()?;
        Some(Self { inode: meta.ino(), bytes, owner: Some((meta.mode(), meta.uid(), meta.gid())) })
    }

    fn is_like(&self, before: &Metadata) -> bool {
        self.owner == Some((before.mode(), before.uid(), before.gid()))
    }
}

/// Where files can't be exchanged (network shares): compares right before the rename.
fn rename(target: &Path, staged: TempPath, expected: &[u8]) -> std::io::Result<Exchange> {
    if std::fs::read(target)? != expected {
        return Ok(Exchange::Changed(Vec::new()));
    }
    match staged.persist(target) {
        Ok(()) => Ok(Exchange::Done),
        Err(error) if is_mount(&error.error) => Ok(Exchange::Impossible(MOUNTED)),
        Err(error) if is_forbidden(&error.error) => Ok(Exchange::Impossible(CLOSED_FOLDER)),
        Err(error) => Err(error.error),
    }
}

fn in_place(
    path: &Path,
    target: &Path,
    expected: &[u8],
    bytes: &[u8],
    kept: &Path,
    why: &str,
) -> Result<Written, ReplaceError> {
    let mut file = match OpenOptions::new().read(true).write(true).open(target) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return Err(FileError::Foreign { path: name(path), why: why.to_owned() }.into());
        }
        Err(error) if error.kind() == ErrorKind::ReadOnlyFilesystem => {
            return Err(FileError::ReadOnlyDisk(name(path)).into());
        }
        Err(error) => return Err(unwritable(path, &error).into()),
    };
    let failed = |error: Error| FileError::Unwritable { path: name(path), reason: plain(&error) };
    let mut before = Vec::new();
    file.read_to_end(&mut before).map_err(failed)?;
    if before != expected {
        return Err(ReplaceError::Changed(Vec::new()));
    }
    storage::file::replace(kept, &before, PRIVATE).map_err(|error| FileError::Unwritable {
        path: name(path),
        reason: format!("{why}, and a copy of it can't be kept in {} ({})", kept.display(), plain(&error)),
    })?;
    if let Err(error) = overwrite(&file, bytes) {
        return Err(match overwrite(&file, &before) {
            Ok(()) => {
                let _ = std::fs::remove_file(kept);
                unwritable(path, &error)
            }
            Err(_) => FileError::Torn { path: name(path), reason: plain(&error), copy: kept.display().to_string() },
        }
        .into());
    }
    let is_in_place =
        std::fs::metadata(target).is_ok_and(|now| file.metadata().is_ok_and(|own| own.ino() == now.ino()));
    let is_ours = std::fs::read(target).is_ok_and(|now| now == bytes);
    let _ = std::fs::remove_file(kept);
    if !is_in_place || !is_ours {
        return Err(ReplaceError::Changed(Vec::new()));
    }
    let note = format!("This save was not atomic: {} was written in place, because {why}.", name(path));
    Ok(Written { note: Some(note) })
}

/// Over what is there, never shorter than both until all is written: a crash leaves a mixture, which [`recover`] knows.
fn overwrite(mut file: &File, bytes: &[u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// After a start: a file whose writing in place was cut off gets its content back from the copy. `pending` are the contents that
/// were being saved. Returns whether it did.
///
/// # Errors
/// What the operating system says.
pub fn recover(path: &Path, kept: &Path, pending: &[&[u8]], _lock: &FolderLock) -> std::io::Result<bool> {
    let before = match std::fs::read(kept) {
        Ok(before) => before,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let now = std::fs::read(path)?;
    let is_torn = now != before && pending.iter().any(|after| now != *after && is_mixture(&now, &before, after));
    if is_torn {
        overwrite(&OpenOptions::new().write(true).open(path)?, &before)?;
    }
    std::fs::remove_file(kept)?;
    Ok(is_torn)
}

/// Whether each byte is of one or the other content, or was not written yet.
fn is_mixture(now: &[u8], before: &[u8], after: &[u8]) -> bool {
    let at = |of: &[u8], place: usize, byte: u8| of.get(place).is_some_and(|other| *other == byte);
    now.len() <= before.len().max(after.len())
        && now.iter().enumerate().all(|(i, byte)| *byte == 0 || at(before, i, *byte) || at(after, i, *byte))
}

/// A note when the replaced file may not survive a power cut.
fn settle(path: &Path, folder: &Path) -> Option<String> {
    let error = sync_folder(folder).err().filter(|error| !is_forbidden(error))?;
    Some(format!("{} was written, but a power cut may undo it: {}.", name(path), plain(&error)))
}

fn stage(folder: &Path) -> std::io::Result<(File, TempPath)> {
    let staged = tempfile::Builder::new().prefix(TEMPORARY.0).suffix(TEMPORARY.1).tempfile_in(folder)?;
    Ok(staged.into_parts())
}

fn write_through(mut file: &File, bytes: &[u8]) -> std::io::Result<()> {
    file.write_all(bytes)
}

fn is_forbidden(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

fn is_mount(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ResourceBusy | ErrorKind::CrossesDevices)
}

/// Gives a new file the extended attributes of the old one: access lists, security labels, what users set.
fn copy_attributes(from: &Path, to: &File) -> Result<(), Errno> {
    let (mut names, mut value, mut own) =
        (vec![0_u8; MOST_ATTRIBUTES], vec![0_u8; MOST_ATTRIBUTES], vec![0_u8; MOST_ATTRIBUTES]);
    let length = match listxattr(from, &mut names[..]) {
        Ok(length) => length,
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => 0,
        Err(error) => return Err(error),
    };
    for attribute in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let attribute = OsStr::from_bytes(attribute);
        let length = match getxattr(from, attribute, &mut value[..]) {
            Ok(length) => length,
            Err(Errno::NODATA) => continue,
            Err(error) => return Err(error),
        };
        let wanted = &value[..length];
        // Setting a label that the new file already has may be forbidden, and is not needed.
        if fgetxattr(to, attribute, &mut own[..]).is_ok_and(|length| own[..length] == *wanted) {
            continue;
        }
        fsetxattr(to, attribute, wanted, XattrFlags::empty())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
