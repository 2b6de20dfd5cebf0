//! At each start, and when it is full, the file becomes `license.log.1` and the others move up; those beyond the limit are
//! deleted. Never overwrites a file and never follows a link.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use licensing::log_line::{STAMP, begins_with_stamp};
use rustix::fs::OFlags;

/// Why there is no log file.
#[derive(Debug)]
pub enum RotateError {
    /// Its target is not ours to move.
    Link(String),
    /// A folder, or a file that isn't a log.
    NoLog(String),
    /// An error of the file system.
    Io { path: String, source: io::Error },
}

impl RotateError {
    /// What is in the way, without what follows from it.
    pub fn reason(&self) -> String {
        match self {
            Self::Link(path) => format!("{path} is a symbolic link"),
            Self::NoLog(path) => format!("{path} is not a log file"),
            Self::Io { path, source } => format!("{path}: {source}"),
        }
    }
}

impl fmt::Display for RotateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(path) => write!(
                f,
                "{path} is a symbolic link, which Leasehold doesn't follow here. The server runs without a log file. Give the file itself with --license-log."
            ),
            Self::NoLog(path) => write!(
                f,
                "{path} is not a log file, so Leasehold leaves it alone and runs without one. Move it away, or choose another file with --license-log."
            ),
            Self::Io { path, source } => write!(
                f,
                "Can't write {path}: {source}. The server runs without it. Create its folder and make it writable for this user, or choose another file with --license-log."
            ),
        }
    }
}

/// Rotates the files and starts a new one that only this user can read.
///
/// # Errors
/// [`RotateError`]; then nothing is written.
pub fn begin(path: &Path, keep: u32) -> Result<File, RotateError> {
    if is_there(path)? {
        move_up(path, keep).map_err(|source| failed(path, source))?;
    }
    OpenOptions::new().append(true).create_new(true).mode(0o600).open(path).map_err(|source| failed(path, source))
}

/// Opens the file that is there, or starts a new one that only this user can read.
///
/// # Errors
/// [`RotateError`]; then nothing is written.
pub fn again(path: &Path) -> Result<File, RotateError> {
    is_there(path)?;
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(no_link).open(path);
    opened.map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: io::Error) -> RotateError {
    RotateError::Io { path: path.display().to_string(), source }
}

/// Whether there is a file, which must be a log.
fn is_there(path: &Path) -> Result<bool, RotateError> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(path, error)),
        Ok(found) if found.is_symlink() => Err(RotateError::Link(path.display().to_string())),
        Ok(found)
            if !found.is_file() || (found.len() > 0 && !is_log(path).map_err(|source| failed(path, source))?) =>
        {
            Err(RotateError::NoLog(path.display().to_string()))
        }
        Ok(_) => Ok(true),
    }
}

/// Whether the file starts like a log of ours, so that a database given by mistake stays where it is.
fn is_log(path: &Path) -> io::Result<bool> {
    let mut start = [0; STAMP];
    let length = File::open(path)?.read(&mut start)?;
    Ok(begins_with_stamp(&start[..length]))
}

/// `license.log` becomes `license.log.1`, that `license.log.2`, up to the first free number.
fn move_up(path: &Path, keep: u32) -> io::Result<()> {
    let there = |number: u32| numbered(path, number).symlink_metadata().is_ok();
    let remove = |number: u32| std::fs::remove_file(numbered(path, number));
    for number in (keep + 1..).take_while(|number| there(*number)) {
        remove(number)?;
    }
    let free = match (1..=keep).find(|number| !there(*number)) {
        Some(free) => free,
        None => {
            remove(keep)?;
            keep
        }
    };
    for number in (1..free).rev() {
        std::fs::rename(numbered(path, number), numbered(path, number + 1))?;
    }
    std::fs::rename(path, numbered(path, 1))
}

/// `license.log.3`
fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn start(path: &Path, keep: u32, number: u32) -> Result<(), RotateError> {
        let mut file = begin(path, keep)?;
        writeln!(file, "2026-11-22 07:24:16 INFO  SERVER   start {number}").unwrap();
        Ok(())
    }

    /// The starts whose files are there, by number of the file.
    fn there(path: &Path) -> Vec<String> {
        let files = std::iter::once(path.to_owned()).chain((1..9).map(|number| numbered(path, number)));
        let text = files.filter_map(|file| std::fs::read_to_string(file).ok());
        text.map(|text| text.trim().rsplit(' ').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn each_start_moves_the_files_up_and_only_the_kept_count_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("license.log");
        for number in 1..=5 {
            start(&path, 3, number).unwrap();
        }
        assert_eq!(there(&path), ["5", "4", "3", "2"]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        start(&path, 1, 6).unwrap();
        assert_eq!(there(&path), ["6", "5"], "fewer are to be kept");
    }

    #[test]
    fn a_gap_stops_the_moving() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("license.log");
        for number in 1..=4 {
            start(&path, 9, number).unwrap();
        }
        std::fs::remove_file(numbered(&path, 2)).unwrap();
        start(&path, 9, 5).unwrap();
        assert_eq!(there(&path), ["5", "4", "3", "1"]);
    }

    #[test]
    fn links_folders_and_what_is_no_log_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("license.log"), folder.path().join("other"));
        std::fs::write(&other, "precious").unwrap();
        symlink(&other, &path).unwrap();
        assert!(matches!(begin(&path, 3), Err(RotateError::Link(_))));
        assert!(matches!(again(&path), Err(RotateError::Link(_))));
        assert!(matches!(again(&other), Err(RotateError::NoLog(_))));
        assert!(matches!(begin(&other, 3), Err(RotateError::NoLog(_))));
        assert!(matches!(begin(folder.path(), 3), Err(RotateError::NoLog(_))));
        assert!(matches!(begin(&folder.path().join("no/license.log"), 3), Err(RotateError::Io { .. })));
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "precious");
        // A link further up is moved like a file; what it points to is not touched.
        std::fs::remove_file(&path).unwrap();
        symlink(&other, numbered(&path, 1)).unwrap();
        for number in 1..=3 {
            start(&path, 2, number).unwrap();
        }
        assert_eq!(there(&path), ["3", "2", "1"]);
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "precious");
    }
}
