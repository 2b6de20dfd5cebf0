//! One conf file: read with limits, symbolic links followed, one writer at a time.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use licensing::conf::MAX_BYTES;
use rustix::fs::{FlockOperation, flock};
use storage::file::{folder_of, is_unsupported};

pub use super::replace::{ReplaceError, Written, create, kept, recover, replace, sweep};

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
    /// Neither the file nor a new one in its place can be written.
    #[error(
        "Can't write {path}: {why}, and the user who runs Leasehold may not write the file. The file is unchanged. Give file and folder to that user (`chown`), or let it write them (`chmod g+w`), and save again."
    )]
    Foreign {
        /// The file.
        path: String,
        /// Why no new file can take its place.
        why: String,
    },
    /// Mounted read-only.
    #[error(
        "{0} is on a file system that is mounted read-only. The file is unchanged. Mount it writable and save again."
    )]
    ReadOnlyDisk(String),
    /// Writing in place failed in the middle.
    #[error("Writing {path} failed in the middle: {reason}. Its earlier content is in {copy}: copy it back.")]
    Torn {
        /// The file.
        path: String,
        /// What the operating system said.
        reason: String,
        /// The copy.
        copy: String,
    },
    /// Empty where there was a configuration.
    #[error(
        "{0} is empty, so the configuration before it stays in use. Restore a revision from the history, or write the file again."
    )]
    Empty(String),
}

/// Whether a file holds nothing: no text, or only the zeros that a power cut leaves.
pub fn is_empty(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace())
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

pub(super) fn name(path: &Path) -> String {
    path.display().to_string()
}

pub(super) fn plain(error: &std::io::Error) -> String {
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

pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> FileError {
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
    _folder: Option<File>,
}

impl FolderLock {
    /// Waits for the folder of the file that `path` leads to.
    ///
    /// # Errors
    /// [`FileError`] when the folder cannot be opened.
    pub fn take(path: &Path) -> Result<Self, FileError> {
        let folder = folder_of(&resolve(path));
        let file = match File::open(&folder) {
            Ok(file) => file,
            // Where only the file is given to this user, there is no folder to lock.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(Self { _folder: None }),
            Err(error) => return Err(unreadable(&folder, &error)),
        };
        for _ in 0..LOCK_TRIES {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _folder: Some(file) }),
                Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_PAUSE),
                // NFS locks no folders. What is written is compared with what was read all the same.
                Err(errno) if is_unsupported(&errno.into()) => return Ok(Self { _folder: None }),
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
