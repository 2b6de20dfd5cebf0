//! The log files, newest first. Links are not followed, and only plain files are opened.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use licensing::log_line::{STAMP, begins_with_stamp};

use super::cursor::FileId;
use super::{Logs, LogsError};

/// One log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// `license.log`, `license.log.1` …
    pub name: String,
    /// Its id in links.
    pub id: FileId,
    /// Bytes.
    pub size: u64,
    /// Local time of its first line, if that has one.
    pub began: Option<String>,
    /// When it was last written, Unix milliseconds.
    pub written_ms: i64,
    pub(super) path: PathBuf,
}

impl Logs {
    /// The files, the current one first.
    ///
    /// # Errors
    /// [`LogsError`] if there is no log or its folder can't be read.
    pub fn files(&self) -> Result<Vec<LogFile>, LogsError> {
        let path = self.path().ok_or(LogsError::Off)?;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
            return Err(LogsError::Off);
        };
        let failed = |source| LogsError::Io { path: folder.display().to_string(), source };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?.file_name();
            if let Some(number) = entry.to_str().and_then(|entry| number(entry, name))
                && let Some(file) = look(&folder.join(&entry))
            {
                files.push((number, file));
            }
        }
        files.sort_by_key(|(number, _)| *number);
        Ok(files.into_iter().map(|(_, file)| file).collect())
    }
}

/// 0 for `license.log`, 3 for `license.log.3`.
fn number(entry: &str, name: &str) -> Option<u32> {
    let rest = entry.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(0);
    }
    let number = rest.strip_prefix('.')?;
    (!number.starts_with(['0', '+'])).then(|| number.parse().ok()).flatten()
}

/// A readable file; others, and those that disappear meanwhile, are not listed.
fn look(path: &Path) -> Option<LogFile> {
    let mut file = open(path).ok()?;
    let found = file.metadata().ok()?;
    let mut start = [0; STAMP];
    let length = file.read(&mut start).ok()?;
    let began = begins_with_stamp(&start[..length]).then(|| String::from_utf8_lossy(&start).into_owned());
    let digits: String = began.iter().flat_map(|stamp| stamp.chars()).filter(char::is_ascii_digit).collect();
    Some(LogFile {
        name: path.file_name()?.to_str()?.to_owned(),
        id: FileId { began: digits.parse().unwrap_or(0), inode: found.ino() },
        size: found.len(),
        began,
        written_ms: found.mtime() * 1000,
        path: path.to_owned(),
    })
}

/// Opens a plain file, without following a link or waiting for a pipe's writer.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// The file of a position: the same inode, or else the only one that began then (a restored copy).
pub(super) fn find(files: &[LogFile], id: FileId) -> Option<usize> {
    if let Some(exact) = files.iter().position(|file| file.id == id) {
        return Some(exact);
    }
    let mut same = files.iter().enumerate().filter(|(_, file)| file.id.began == id.began && id.began != 0);
    match (same.next(), same.next()) {
        (Some((index, _)), None) => Some(index),
        _ => None,
    }
}
