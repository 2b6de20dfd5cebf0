//! The daily data files, valid up to the lengths recorded in SQLite.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use licensing::locked::MARK;
use licensing::usage::{DAY_MS, UsageLine, day_of};

use super::UsageError;

/// Files kept open.
const MOST_OPEN: usize = 16;

/// A data file shorter than committed: check-outs are missing. The roll-ups still include them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortFile {
    /// Name of the file, a UTC day.
    pub file: String,
    /// Bytes missing.
    pub missing: u64,
}

impl std::fmt::Display for ShortFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "The check-out file {} is missing {} stored bytes. The figures on the Usage page are complete; to get the single check-outs back, restore the file from a backup.",
            self.file, self.missing
        )
    }
}

/// The files and lines to append.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    committed: BTreeMap<i64, u64>,
    pending: BTreeMap<i64, Vec<u8>>,
    open: BTreeMap<i64, File>,
    /// Files that may end in the middle of a line.
    torn: BTreeSet<i64>,
}

impl Files {
    /// Creates the folder (mode 0700) if missing, truncates every file to its committed length, and returns those that
    /// are shorter. Moves uncommitted files aside, and at a start also what is truncated; later that is what this
    /// process wrote and didn't acknowledge.
    pub fn open(
        folder: PathBuf,
        mut committed: BTreeMap<i64, u64>,
        at_start: bool,
    ) -> Result<(Self, Vec<(i64, u64)>), UsageError> {
        let io = |source| UsageError::Io { path: folder.display().to_string(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(io)?;
        let mut short = Vec::new();
        for (day, length) in &mut committed {
            let path = folder.join(name(*day));
            let found = match std::fs::metadata(&path) {
                Ok(found) => found.len(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
                Err(error) => return Err(io(error)),
            };
            if found > *length {
                if at_start {
                    set_aside(&path, *length);
                }
                let file = OpenOptions::new().write(true).open(&path).map_err(io)?;
                file.set_len(*length).and_then(|()| file.sync_all()).map_err(io)?;
            } else if found < *length {
                short.push((*day, *length - found));
                *length = found;
            }
        }
        for entry in std::fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let file = entry.file_name();
            let Some(day) = file.to_str().and_then(day) else { continue };
            if !committed.contains_key(&day) {
                let aside = free_beside(&entry.path(), "not-committed").map_err(io)?;
                std::fs::rename(entry.path(), aside).map_err(io)?;
            }
        }
        let torn = short.iter().map(|(day, _)| *day).collect();
        Ok((Self { folder, committed, pending: BTreeMap::new(), open: BTreeMap::new(), torn }, short))
    }

    /// Queues a check-out for its day's file.
    pub fn add(&mut self, line: &UsageLine<'_>) {
        line.write(self.pending(day_of(line.from)));
    }

    /// Queues whole lines for a day's file.
    pub fn add_text(&mut self, day: i64, parts: &[&str]) {
        let text = self.pending(day);
        for part in parts {
            text.extend_from_slice(part.as_bytes());
        }
    }

    fn pending(&mut self, day: i64) -> &mut Vec<u8> {
        let new = self.committed.get(&day).is_none_or(|length| *length == 0);
        let torn = &mut self.torn;
        self.pending.entry(day).or_insert_with(|| {
            let head = match (new, torn.remove(&day)) {
                (true, _) => UsageLine::HEAD,
                (false, true) => "\n",
                (false, false) => "",
            };
            head.as_bytes().to_vec()
        })
    }

    /// Writes queued lines durably. Returns the lengths to commit.
    pub fn flush(&mut self) -> Result<Vec<(i64, u64)>, UsageError> {
        let mut lengths = Vec::with_capacity(self.pending.len());
        let mut made = false;
        for (day, text) in std::mem::take(&mut self.pending) {
            let length = self.committed.get(&day).copied().unwrap_or(0);
            made |= length == 0;
            let io = |source| UsageError::Io { path: self.folder.join(name(day)).display().to_string(), source };
            if !self.open.contains_key(&day) {
                let file = create(&self.folder.join(name(day))).map_err(io)?;
                while self.open.len() >= MOST_OPEN {
                    self.open.pop_first();
                }
                self.open.insert(day, file);
            }
            if let Some(file) = self.open.get(&day) {
                file.write_all_at(&text, length).and_then(|()| file.sync_data()).map_err(io)?;
            }
            let length = length + text.len() as u64;
            self.committed.insert(day, length);
            lengths.push((day, length));
        }
        if made {
            let io = |source| UsageError::Io { path: self.folder.display().to_string(), source };
            File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(io)?;
        }
        Ok(lengths)
    }

    /// Days with files, oldest first.
    pub fn days(&self) -> impl DoubleEndedIterator<Item = i64> {
        self.committed.keys().copied()
    }

    /// The folder of the data files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a day's file is, and the length of its committed part; 0 if there is none.
    pub fn stored(&self, day: i64) -> (PathBuf, u64) {
        (self.folder.join(name(day)), self.committed.get(&day).copied().unwrap_or(0))
    }

    /// The committed lines of a day's file that aren't locked; empty if there is none.
    pub fn read(&self, day: i64) -> Result<String, UsageError> {
        let (path, length) = self.stored(day);
        let io = |source| UsageError::Io { path: path.display().to_string(), source };
        let mut file = match File::open(&path) {
            Ok(file) => BufReader::new(file.take(length)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
            Err(error) => return Err(io(error)),
        };
        let mut text = String::new();
        let mut line = Vec::new();
        while file.read_until(b'\n', &mut line).map_err(io)? > 0 {
            if line.first() != Some(&(MARK as u8)) {
                text.push_str(&String::from_utf8_lossy(&line));
            }
            line.clear();
        }
        Ok(text)
    }

    /// Removes a day's file.
    pub fn remove(&mut self, day: i64) -> Result<(), UsageError> {
        self.open.remove(&day);
        self.committed.remove(&day);
        let path = self.folder.join(name(day));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(UsageError::Io { path: path.display().to_string(), source: error })
            }
            _ => Ok(()),
        }
    }
}

/// A name beside a file that nothing has yet: with the extension, and a number from the second on.
fn free_beside(path: &Path, extension: &str) -> io::Result<PathBuf> {
    let numbered = (2..).map(|number: u32| path.with_added_extension(format!("{extension}.{number}")));
    for free in std::iter::once(path.with_added_extension(extension)).chain(numbered) {
        if !free.try_exists()? {
            return Ok(free);
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Keeps what follows the committed part of a file beside it, before it is cut off.
fn set_aside(path: &Path, length: u64) {
    let copied = || {
        let aside = free_beside(path, "torn")?;
        let mut from = File::open(path)?;
        from.seek(SeekFrom::Start(length))?;
        let mut to = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&aside)?;
        let bytes = io::copy(&mut from, &mut to)?;
        to.sync_all()?;
        Ok::<_, io::Error>((bytes, aside))
    };
    match copied() {
        Ok((bytes, aside)) => tracing::warn!(
            file = %path.display(), bytes, aside = %aside.display(),
            "a check-out file ended with lines that were not stored completely; they are set aside, and clients send them again"
        ),
        Err(error) => tracing::error!(
            file = %path.display(), %error,
            "a check-out file ended with lines that were not stored completely; they can't be set aside and are cut off"
        ),
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
}

/// The file of a UTC day: `2026.11.22`.
pub(crate) fn name(day: i64) -> String {
    jiff::Timestamp::from_millisecond(day.saturating_mul(DAY_MS))
        .map(|at| at.strftime("%Y.%m.%d").to_string())
        .unwrap_or_default()
}

/// The day of a file name, if it is one.
fn day(file: &str) -> Option<i64> {
    let date = jiff::civil::Date::strptime("%Y.%m.%d", file).ok()?;
    let day = day_of(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond());
    (name(day) == file).then_some(day)
}
