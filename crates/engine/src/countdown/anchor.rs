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

/// Before older data in `restored` replaces that in `present`: the restored anchor promises no more than the present anchor and database.
pub(crate) async fn keep_lower(present: &Path, restored: &Path) -> Result<(), PersistError> {
    let (now, then) = (copies(present).await, copies(restored).await);
    let is_same = |saved: &StoredBalance| then.iter().all(|other| other.installation == saved.installation);
    let counts = |a: StoredBalance, b: StoredBalance| if b.balance.counts_before(&a.balance) { b } else { a };
    let Some(now) = now.into_iter().filter(is_same).reduce(counts) else { return Ok(()) };
    let is_less = then.iter().all(|then| now.balance.counts_before(&then.balance));
    if is_less { write(&restored.join(NAME), &now) } else { Ok(()) }
}

/// What anchor and database of a folder say.
async fn copies(folder: &Path) -> Vec<StoredBalance> {
    [read(&folder.join(NAME)), super::rows::load_from(folder).await].into_iter().flatten().collect()
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

    #[tokio::test]
    async fn restoring_older_data_brings_back_no_hours() {
        let (present, restored) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let saved = |left: i64| StoredBalance {
            installation: "0198f2c4-7b1d-7f2e-a3b4-c5d6e7f80910".into(),
            license: "one".into(),
            balance: Balance { balance_ms: left, ..Balance::new(7, 3_600_000, 60_000) },
        };
        let path = |folder: &tempfile::TempDir| folder.path().join(NAME);
        keep_lower(present.path(), restored.path()).await.unwrap();
        assert_eq!(read(&path(&restored)), None, "there is nothing to keep");
        write(&path(&present), &saved(7)).unwrap();
        keep_lower(present.path(), restored.path()).await.unwrap();
        assert_eq!(read(&path(&restored)), Some(saved(7)), "a backup from before the anchor");
        for (now, then, applies) in [(5, 900, 5), (900, 5, 5)] {
            write(&path(&present), &saved(now)).unwrap();
            write(&path(&restored), &saved(then)).unwrap();
            keep_lower(present.path(), restored.path()).await.unwrap();
            assert_eq!(read(&path(&restored)), Some(saved(applies)), "{now} now, {then} then");
        }
        let other = StoredBalance { installation: crate::secret::uuid().to_string(), ..saved(3) };
        write(&path(&present), &other).unwrap();
        keep_lower(present.path(), restored.path()).await.unwrap();
        assert_eq!(read(&path(&restored)), Some(saved(5)), "another server's hours say nothing of these");
    }

    #[tokio::test]
    async fn hours_of_a_database_without_its_anchor_are_not_brought_back_either() {
        let (present, restored) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let saved = |left: i64| StoredBalance {
            installation: "0198f2c4-7b1d-7f2e-a3b4-c5d6e7f80910".into(),
            license: "one".into(),
            balance: Balance { balance_ms: left, ..Balance::new(7, 3_600_000, 60_000) },
        };
        for (folder, left) in [(&present, 5), (&restored, 900)] {
            let store = crate::store::open(folder.path(), 1_800_000_000_000).await.unwrap();
            let mut tx = store.write().await.unwrap();
            super::super::rows::store(&mut tx, &saved(left)).await.unwrap();
            tx.commit().await.unwrap();
            store.close().await;
        }
        keep_lower(present.path(), restored.path()).await.unwrap();
        assert_eq!(read(&restored.path().join(NAME)), Some(saved(5)));
    }
}
