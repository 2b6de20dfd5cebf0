//! One anchor: a line of JSON and its checksum, replaced as a whole.

use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use storage::file::PRIVATE;

use super::error::PersistError;
use super::{Balance, StoredBalance};
use crate::conf::file::{self, FileError};
use crate::secret::digest_hex;

/// The anchor in the data folder.
pub(super) const NAME: &str = "countdown.anchor";

/// Prefix of the checksummed data, so that it matches nothing else.
const DOMAIN: &str = "leasehold countdown anchor 1";

fn sum(line: &str) -> String {
    digest_hex(format!("{DOMAIN}\n{line}").as_bytes())
}

fn text(saved: &StoredBalance) -> String {
    let line = serde_json::to_string(saved).expect("strings and integers always serialize");
    let sum = sum(&line);
    format!("{line}\n{sum}\n")
}

fn parse(text: &str) -> Option<StoredBalance> {
    let (line, rest) = text.split_once('\n')?;
    if rest.trim_end() != sum(line) {
        return None;
    }
    let saved: StoredBalance = serde_json::from_str(line).ok()?;
    let Balance { balance_ms, granted_ms, .. } = saved.balance;
    // It becomes part of a file name.
    let named = uuid::Uuid::parse_str(&saved.installation).is_ok();
    (named && (0..=granted_ms).contains(&balance_ms)).then_some(saved)
}

/// The content of the anchor; `None` if it is damaged, which is logged.
pub(super) fn read(path: &Path) -> Option<StoredBalance> {
    let bytes = match file::read(path) {
        Ok(bytes) => bytes,
        Err(FileError::Missing(_)) => return None,
        Err(error) => {
            let (path, reason) = (path.display(), reason(error));
            tracing::warn!(%path, reason, "can't read an anchor of the countdown hours; using the other copies");
            return None;
        }
    };
    let saved = std::str::from_utf8(&bytes).ok().and_then(parse);
    if saved.is_none() {
        let path = path.display();
        tracing::warn!(%path, "an anchor of the countdown hours is damaged; rewriting it from the other copies");
    }
    saved
}

/// Replaces the anchor, durably; creates its folder if it is missing.
pub(super) fn write(path: &Path, saved: &StoredBalance) -> Result<(), PersistError> {
    let failed = |error: std::io::Error| {
        let reason = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full".to_owned(),
            _ => error.to_string(),
        };
        PersistError::Anchor { path: path.display().to_string(), reason }
    };
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    storage::file::replace(path, text(saved).as_bytes(), PRIVATE).map_err(failed)
}

/// Removes files that a crash left.
pub(super) fn sweep(path: &Path) {
    storage::file::sweep(path);
}

/// The anchor of an installation in the folder outside.
pub(super) fn named(folder: &Path, installation: &str) -> PathBuf {
    folder.join(format!("{installation}.{NAME}"))
}

fn reason(error: FileError) -> String {
    match error {
        FileError::Unreadable { reason, .. } => reason,
        FileError::Folder(_) => "it is a folder".to_owned(),
        FileError::Special(_) => "it is not a regular file".to_owned(),
        FileError::TooLarge { .. } => "too large for an anchor".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_read_as_written_and_not_when_one_byte_is_different() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made").join(NAME);
        let saved = StoredBalance {
            installation: crate::secret::uuid().to_string(),
            license: "one".into(),
            balance: Balance { balance_ms: 5, version: 3, ..Balance::new(7, 3_600_000, 60_000) },
        };
        assert_eq!(read(&path), None);
        write(&path, &saved).unwrap();
        assert_eq!(read(&path), Some(saved.clone()));
        let good = std::fs::read(&path).unwrap();
        for place in 0..good.len() - 1 {
            let mut bad = good.clone();
            bad[place] ^= 1;
            std::fs::write(&path, bad).unwrap();
            assert_eq!(read(&path), None, "byte {place}");
        }
        let elsewhere = StoredBalance { installation: "../../x".into(), ..saved };
        write(&path, &elsewhere).unwrap();
        assert_eq!(read(&path), None, "a name that leads elsewhere");
    }
}
