//! Files that are replaced as a whole, and what file systems can't do.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Mode of a file that only its owner may read.
pub const PRIVATE: u32 = 0o600;

/// End of the name of a file that is being written.
const TEMPORARY: &str = ".new";
/// Longest name that the name of the new file begins with, bytes (names have 255).
const MOST_NAME: usize = 200;

/// Writes a file as a whole: a new file beside it, fsync, rename, fsync of the folder. A crash at any instant leaves what
/// was there or what is written. The process's umask limits `mode`.
///
/// # Errors
/// What the operating system says; a file that was there is then as it was.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    StagedFile::holding(path, bytes, mode)?.publish()
}

/// A file that is written, piece by piece or whole, and not in its place yet. Dropped without [`StagedFile::publish`] it
/// is gone.
#[derive(Debug)]
pub struct StagedFile {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl StagedFile {
    /// A new, empty file beside `path`.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn beside(path: &Path, mode: u32) -> Result<Self> {
        Ok(Self { file: new_beside(path, mode)?, path: path.to_owned() })
    }

    /// A file beside `path` with these bytes, durable.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn holding(path: &Path, bytes: &[u8], mode: u32) -> Result<Self> {
        let mut staged = Self::beside(path, mode)?;
        staged.write_all(bytes)?;
        staged.file.as_file().sync_all()?;
        Ok(staged)
    }

    /// Puts it in its place, over what was there.
    ///
    /// # Errors
    /// As [`replace`].
    pub fn publish(self) -> Result<()> {
        let Self { file, path } = self;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        settled(&folder_of(&path))
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}

/// Makes a folder of mode 0700 where there is none. One that is there keeps its mode unless it is empty: a folder that was
/// made for a program is the program's.
///
/// # Errors
/// What the operating system says.
pub fn make_folder(folder: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    if std::fs::read_dir(folder)?.next().is_none() {
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Writes a file as [`replace`] does, unless there is one already: whether it was written.
///
/// # Errors
/// As [`replace`].
pub fn create(path: &Path, bytes: &[u8], mode: u32) -> Result<bool> {
    match StagedFile::holding(path, bytes, mode)?.file.persist_noclobber(path) {
        Ok(_) => settled(&folder_of(path)).map(|()| true),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}

/// Removes files beside `path` that a crash left while it was written.
pub fn sweep(path: &Path) {
    let Some(prefix) = temporary_prefix(path) else { return };
    let Ok(entries) = std::fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(&prefix) && name.ends_with(TEMPORARY));
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Makes the names of a folder durable. A file system that can't do that for folders keeps them in its own way.
///
/// # Errors
/// What the operating system says.
pub fn sync_folder(folder: &Path) -> Result<()> {
    match File::open(folder)?.sync_all() {
        Err(error) if is_unsupported(&error) => Ok(()),
        other => other,
    }
}

/// Whether the file system does not offer what was asked of it, which is no failure of the disk.
pub fn is_unsupported(error: &Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    errno
        .is_some_and(|errno| [Errno::INVAL, Errno::BADF, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOLCK].contains(&errno))
}

/// The folder of a file.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// After the rename the file is in its place: what goes wrong now no longer leaves it as it was.
fn settled(folder: &Path) -> Result<()> {
    sync_folder(folder)
        .or_else(|error| if error.kind() == ErrorKind::PermissionDenied { Ok(()) } else { Err(error) })
        .map_err(|error| Error::new(error.kind(), format!("written, but a power cut may undo it: {error}")))
}

/// Begin of the name of the new file; a very long name has no room for more.
fn temporary_prefix(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    (name.len() <= MOST_NAME).then(|| format!(".{name}."))
}

fn new_beside(path: &Path, mode: u32) -> Result<tempfile::NamedTempFile> {
    tempfile::Builder::new()
        .prefix(&temporary_prefix(path).unwrap_or_else(|| ".".to_owned()))
        .suffix(TEMPORARY)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder_of(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_with_its_mode_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        std::fs::write(&path, "long before").unwrap();
        replace(&path, b"now", PRIVATE).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"now");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(replace(&folder.path().join("no/such/folder"), b"x", PRIVATE).is_err());
        assert_eq!(names(folder.path()), ["a.key"]);
    }

    #[test]
    fn a_file_that_is_there_is_not_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        assert!(create(&path, b"first", PRIVATE).unwrap());
        assert!(!create(&path, b"second", PRIVATE).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(names(folder.path()), ["a.key"]);
    }

    #[test]
    fn what_a_crash_left_of_this_file_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        for name in [".a.key.x1y2.new", ".b.key.x1y2.new", ".a.key.kept"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        sweep(&path);
        let mut left = names(folder.path());
        left.sort();
        assert_eq!(left, [".a.key.kept", ".b.key.x1y2.new"]);
    }

    #[test]
    fn a_staged_file_is_in_its_place_when_it_is_published_and_gone_when_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        drop(StagedFile::holding(&path, b"dropped", PRIVATE).unwrap());
        assert!(names(folder.path()).is_empty());
        let staged = StagedFile::holding(&path, b"kept", PRIVATE).unwrap();
        assert!(!path.exists());
        staged.publish().unwrap();
        assert_eq!((std::fs::read(&path).unwrap(), names(folder.path())), (b"kept".to_vec(), vec!["a.key".to_owned()]));
    }

    #[test]
    fn only_an_empty_folder_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (empty, used) = (folder.path().join("empty"), folder.path().join("used"));
        for path in [&empty, &used] {
            std::fs::create_dir(path).unwrap();
            std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        std::fs::write(used.join("theirs"), "").unwrap();
        make_folder(&empty).unwrap();
        make_folder(&used).unwrap();
        make_folder(&folder.path().join("new")).unwrap();
        assert_eq!((mode(&empty), mode(&used), mode(&folder.path().join("new"))), (0o700, 0o755, 0o700));
    }

    #[test]
    fn a_folder_that_takes_no_fsync_is_no_failure() {
        assert!(sync_folder(Path::new("/proc")).is_ok());
        assert!(!is_unsupported(&Error::from(ErrorKind::StorageFull)));
    }
}
