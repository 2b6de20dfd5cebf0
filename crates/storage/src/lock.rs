//! One process per data folder: an advisory lock on `DIR/lock`, held as long as the process lives.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::file::is_unsupported;

/// Why a data folder could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("Another Leasehold is using the data folder {}. Stop it, or choose another folder with --data.", .0.display())]
    Busy(PathBuf),
    /// Its file system has no locks.
    #[error("The file system of the data folder {} has no locks (some network shares don't), so two servers could use it at once. Put the data folder on a local disk with --data.", .0.display())]
    NoLocks(PathBuf),
    /// It cannot be made or opened.
    #[error("Can't use the data folder {}: {source}.", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// Holds the data folder until dropped.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Makes the folder (mode 0700) where it is missing and takes its lock without waiting.
    ///
    /// # Errors
    /// [`LockError::Busy`] when another process holds it.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let io = |source| LockError::Io { path: folder.to_owned(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(folder.join("lock"))
            .map_err(io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(LockError::Busy(folder.to_owned())),
            Err(errno) if is_unsupported(&errno.into()) => Err(LockError::NoLocks(folder.to_owned())),
            Err(errno) => Err(io(errno.into())),
        }
    }
}
