//! One conf file: read with limits, replaced atomically, mode and owner kept, symbolic links followed.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use licensing::conf::MAX_BYTES;
use rustix::fs::{FlockOperation, flock};

/// Why the conf file cannot be read or written. Every sentence names the file and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Not there.
    #[error(
        "There is no file {0}. Put the vendor's license_server.conf there, create a new one with `leasehold config init`, or give another with --conf."
    )]
    Missing(String),
    /// A folder.
    #[error("{0} is a folder. Give the license_server.conf inside it with --conf.")]
    Folder(String),
    /// A device, pipe or socket.
    #[error("{0} is not a regular file. Give the license_server.conf with --conf.")]
    Special(String),
    /// No permission to read.
    #[error("Can't read {path}: {reason}. Make it readable for the user who runs Leasehold.")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// Too large to be a conf file.
    #[error("{path} is too large: {size} bytes instead of at most {MAX_BYTES}. Check that it is the right file.")]
    TooLarge {
        /// The file.
        path: String,
        /// Its size.
        size: u64,
    },
    /// Nobody may write it.
    #[error("{0} is read-only, so nothing was changed. To let Leasehold change it, make it writable (`chmod u+w`).")]
    ReadOnly(String),
    /// Writing failed; the file is as it was.
    #[error("Can't write {path}: {reason}. The file is unchanged.")]
    Unwritable {
        /// The file.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// The disk is full; the file is as it was.
    #[error("The disk with {0} is full, so the file is unchanged. Free some space and save again.")]
    Full(String),
}

/// Identifies a state of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    fn of(meta: &Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }

    /// The stamp of the file now; `None` if it can't be accessed.
    pub fn take(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|meta| Self::of(&meta))
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "read-only file system".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> FileError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => FileError::Missing(name(path)),
        _ => FileError::Unreadable { path: name(path), reason: plain(error) },
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> FileError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FileError::Full(name(path)),
        _ => FileError::Unwritable { path: name(path), reason: plain(error) },
    }
}

/// Reads the whole file.
///
/// # Errors
/// [`FileError`] for anything that is not a readable regular file of at most [`MAX_BYTES`].
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let meta = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    if meta.is_dir() {
        return Err(FileError::Folder(name(path)));
    }
    if !meta.is_file() {
        return Err(FileError::Special(name(path)));
    }
    let limit = MAX_BYTES as u64;
    if meta.len() > limit {
        return Err(FileError::TooLarge { path: name(path), size: meta.len() });
    }
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| unreadable(path, &e))?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLarge { path: name(path), size: bytes.len() as u64 });
    }
    Ok(bytes)
}

/// Attempts to get the folder's lock and the pause between them: 5 s in all.
const LOCK_TRIES: u32 = 250;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// Keeps other Leasehold processes (server and commands) from writing files in the same folder.
#[derive(Debug)]
pub struct FolderLock {
    _folder: File,
}

impl FolderLock {
    /// Waits for the folder of the file that `path` leads to.
    ///
    /// # Errors
    /// [`FileError`] when the folder cannot be opened.
    pub fn take(path: &Path) -> Result<Self, FileError> {
        let folder = folder_of(&resolve(path));
        let file = File::open(&folder).map_err(|e| unreadable(&folder, &e))?;
        for _ in 0..LOCK_TRIES {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _folder: file }),
                Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_PAUSE),
                Err(errno) => return Err(unwritable(path, &errno.into())),
            }
        }
        let reason = format!("another program has held the folder {} for 5 s", folder.display());
        Err(FileError::Unwritable { path: name(path), reason })
    }
}

/// Longest chain of symbolic links that is followed.
const MAX_LINKS: usize = 40;

/// The target of a symbolic link, even if it doesn't exist; any other path as is.
pub fn resolve(path: &Path) -> PathBuf {
    if let Ok(found) = std::fs::canonicalize(path) {
        return found;
    }
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = std::fs::read_link(&path) else { break };
        path = folder_of(&path).join(target);
    }
    path
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Name of the new file while it is written.
const TEMPORARY: (&str, &str) = (".license_server.", ".new");

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

/// Replaces the file as a whole: a new file beside it, fsync, rename, fsync of the folder. Mode and owner are kept; a
/// symbolic link stays one and its target is replaced. A file that is missing is made (mode 0644).
///
/// # Errors
/// [`FileError`]; the file is then as it was.
pub fn replace(path: &Path, bytes: &[u8], _lock: &FolderLock) -> Result<(), FileError> {
    let target = resolve(path);
    let folder = folder_of(&target);
    let before = match std::fs::metadata(&target) {
        Ok(meta) if meta.is_dir() => return Err(FileError::Folder(name(path))),
        Ok(meta) if !meta.is_file() => return Err(FileError::Special(name(path))),
        Ok(meta) if meta.mode() & 0o222 == 0 => return Err(FileError::ReadOnly(name(path))),
        Ok(meta) => Some(meta),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(unwritable(path, &error)),
    };
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(TEMPORARY.0).suffix(TEMPORARY.1).tempfile_in(&folder)?;
        file.write_all(bytes)?;
        match &before {
            Some(meta) => {
                let own = file.as_file().metadata()?;
                if (own.uid(), own.gid()) != (meta.uid(), meta.gid()) {
                    std::os::unix::fs::fchown(file.as_file(), Some(meta.uid()), Some(meta.gid()))?;
                }
                file.as_file().set_permissions(std::fs::Permissions::from_mode(meta.mode() & 0o7777))?;
            }
            None => file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?,
        }
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|e| e.error)?;
        File::open(&folder)?.sync_all()
    };
    write().map_err(|e| unwritable(path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_a_link_and_mode_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real.conf");
        let link = folder.path().join("link.conf");
        std::fs::write(&real, "a").unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real.conf", &link).unwrap();
        let lock = FolderLock::take(&link).unwrap();
        replace(&link, b"b", &lock).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read(&real).unwrap(), b"b");
        assert_eq!(std::fs::metadata(&real).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn what_is_not_a_conf_file_is_named_for_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("license_server.conf");
        assert!(matches!(read(&path), Err(FileError::Missing(_))));
        assert!(matches!(read(folder.path()), Err(FileError::Folder(_))));
        assert!(matches!(read(Path::new("/dev/null")), Err(FileError::Special(_))));
        std::fs::write(&path, vec![b'x'; 10 * 1024 * 1024]).unwrap();
        assert!(matches!(read(&path), Err(FileError::TooLarge { size: 10_485_760, .. })));
    }

    #[test]
    fn a_read_only_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("license_server.conf");
        std::fs::write(&path, "a").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
        let lock = FolderLock::take(&path).unwrap();
        assert!(matches!(replace(&path, b"b", &lock), Err(FileError::ReadOnly(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"a");
    }
}
