//! The key of this server, `server.key` in the data folder (mode 0600).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use licensing::peers::PeerSecret;
use storage::file::PRIVATE;

use crate::secret::{hex, random};

/// Why the key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It can't be read or written.
    #[error("Can't store this server's key, {}: {source}.", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It is not a key.
    #[error("{} is not a server's key. Restore it from a backup of the data folder, or remove it and let this server join again.", .0.display())]
    Damaged(PathBuf),
}

fn path(folder: &Path) -> PathBuf {
    folder.join("server.key")
}

/// The key, if there is one yet.
pub(super) fn read(folder: &Path) -> Result<Option<PeerSecret>, KeyFileError> {
    let path = path(folder);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => return Err(KeyFileError::Damaged(path)),
        Err(source) => return Err(KeyFileError::Io { path, source }),
    };
    let digits = text.trim();
    let mut seed = [0; 32];
    let good = digits.len() == 64
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        && seed.iter_mut().enumerate().all(|(place, byte)| {
            let read = u8::from_str_radix(&digits[place * 2..place * 2 + 2], 16);
            read.map(|value| *byte = value).is_ok()
        });
    if good { Ok(Some(PeerSecret::from_seed(seed))) } else { Err(KeyFileError::Damaged(path)) }
}

/// The key, created if missing. If two processes create one at once, one wins and both use it.
pub(super) fn read_or_make(folder: &Path) -> Result<PeerSecret, KeyFileError> {
    if let Some(found) = read(folder)? {
        return Ok(found);
    }
    let made = PeerSecret::from_seed(random());
    match storage::file::create(&path(folder), format!("{}\n", hex(&made.to_seed())).as_bytes(), PRIVATE) {
        Ok(true) => Ok(made),
        Ok(false) => read(folder)?.ok_or_else(|| KeyFileError::Damaged(path(folder))),
        Err(source) => Err(KeyFileError::Io { path: path(folder), source }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap().is_none());
        let made = read_or_make(folder.path()).unwrap();
        assert_eq!(read_or_make(folder.path()).unwrap().public(), made.public());
        let mode = std::fs::metadata(path(folder.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for wrong in ["", "00", &"zz".repeat(32), &"+1".repeat(32), &"é".repeat(32)] {
            std::fs::write(path(folder.path()), wrong).unwrap();
            assert!(matches!(read_or_make(folder.path()), Err(KeyFileError::Damaged(_))), "{wrong}");
        }
    }
}
