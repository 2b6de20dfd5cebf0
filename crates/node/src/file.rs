//! Files only the node's user may read, replaced as a whole.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{Result, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Makes a folder of mode 0700 where there is none. One that is there keeps its mode unless it is empty: a folder that was
/// made for the node is the node's.
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

/// A file that is written and durable, but not in its place yet. Dropped without [`StagedFile::publish`] it is gone.
#[derive(Debug)]
pub struct StagedFile {
    beside: Option<PathBuf>,
    path: PathBuf,
}

impl StagedFile {
    /// Writes a file of mode 0600 beside `path`. `temporary` names it.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(path: &Path, bytes: &[u8], temporary: Uuid) -> Result<Self> {
        let beside = folder_of(path).join(format!(".{}.new", temporary.simple()));
        let staged = Self { beside: Some(beside.clone()), path: path.to_owned() };
        write_new(&beside, bytes)?;
        Ok(staged)
    }

    /// Puts it in its place, over what was there.
    ///
    /// # Errors
    /// What the operating system says; a file that was there is then as it was.
    pub fn publish(mut self) -> Result<()> {
        if let Some(beside) = &self.beside {
            std::fs::rename(beside, &self.path)?;
            self.beside = None;
        }
        File::open(folder_of(&self.path))?.sync_all()
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            let _ = std::fs::remove_file(beside);
        }
    }
}

/// Writes a file of mode 0600: a new file beside it, fsync, rename, fsync of the folder. `temporary` names the new file.
///
/// # Errors
/// What the operating system says; a file that was there is then as it was.
pub fn write_private(path: &Path, bytes: &[u8], temporary: Uuid) -> Result<()> {
    StagedFile::write(path, bytes, temporary)?.publish()
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "long before").unwrap();
        write_private(&path, b"now", Uuid::from_u128(1)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"now");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write_private(&folder.path().join("no/such/folder"), b"x", Uuid::from_u128(2)).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
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
}
