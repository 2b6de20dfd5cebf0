//! The backups there are.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use licensing::backup::BackupName;
use licensing::contact::Millis;

use super::{BackupError, instant};
use crate::Engine;

/// What a backup is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupKind {
    /// All of a data folder.
    Full,
    /// The database alone, as it was before an update changed its schema.
    BeforeUpdate,
}

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its file.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    pub kind: BackupKind,
    /// The machine it is of.
    pub host: String,
    /// When it was made, Unix milliseconds.
    pub at: Millis,
    /// Bytes.
    pub size: u64,
    /// SHA-256 as it was written; none of one that this server didn't make.
    pub sha256: Option<String>,
    pub encrypted: bool,
    /// It was read back when it was made, and has the same size since.
    pub verified: bool,
    /// Paths of what is not in it although no rule says so; known of one that was just made.
    pub left_out: Vec<String>,
}

impl Engine {
    /// All backups, newest first: those in the folder of backups, and the database as updates left it.
    ///
    /// # Errors
    /// [`BackupError`] when the folder can't be read.
    pub async fn backups(&self) -> Result<Vec<Backup>, BackupError> {
        let folder = self.backups_as().settings.folder;
        let rows: Vec<(String, i64, String)> = sqlx::query_as(
            "SELECT name, size, sha256 FROM backups WHERE name IS NOT NULL AND problem IS NULL AND folder = ?",
        )
        .bind(folder.display().to_string())
        .fetch_all(self.store.read())
        .await?;
        let made: BTreeMap<String, (i64, String)> =
            rows.into_iter().map(|(name, size, sha256)| (name, (size, sha256))).collect();
        let (data, host, shown) = (self.folder.clone(), self.server_name(), folder.clone());
        let listed = tokio::task::spawn_blocking(move || {
            let mut all = full(&folder, &made)?;
            all.extend(before_updates(&data, &host)?);
            all.sort_by(|a, b| (b.at, &b.name).cmp(&(a.at, &a.name)));
            Ok(all)
        });
        listed.await.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(BackupError::at(&shown))
    }

    /// One of them.
    ///
    /// # Errors
    /// [`BackupError::Unknown`], or when the folder can't be read.
    pub async fn backup_named(&self, name: &str) -> Result<Backup, BackupError> {
        let found = self.backups().await?.into_iter().find(|backup| backup.name == name);
        found.ok_or_else(|| BackupError::Unknown(licensing::plain_text::one_line(name, 100)))
    }

    /// Notes what is known of the backups, for every page. What can't be read stays as it was.
    pub(crate) async fn look_at_backups(&self) {
        let last: Result<Option<Option<String>>, sqlx::Error> =
            sqlx::query_scalar("SELECT problem FROM backups ORDER BY id DESC LIMIT 1")
                .fetch_optional(self.store.read())
                .await;
        let first: Result<Option<Millis>, sqlx::Error> =
            sqlx::query_scalar("SELECT at FROM audit ORDER BY seq LIMIT 1").fetch_optional(self.store.read()).await;
        if let Ok(first) = first {
            *self.backups.since.lock().unwrap_or_else(PoisonError::into_inner) = first;
        }
        let good = self.backups().await.map(|all| {
            let good = all.iter().filter(|backup| backup.kind == BackupKind::Full && backup.verified);
            good.map(|backup| backup.at).max()
        });
        self.backups.state.send_modify(|state| {
            if let Ok(last) = last {
                state.problem = last.flatten();
            }
            if let Ok(last_good) = good {
                state.last_good = last_good;
            }
        });
    }
}

fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf, std::fs::Metadata)>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let file = |entry: std::fs::DirEntry| {
        let found = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some((entry.file_name().into_string().ok()?, entry.path(), found))
    };
    Ok(entries.flatten().filter_map(file).collect())
}

fn full(folder: &Path, made: &BTreeMap<String, (i64, String)>) -> io::Result<Vec<Backup>> {
    let backup = |(name, path, found): (String, PathBuf, std::fs::Metadata)| {
        let BackupName { stamp, host, encrypted } = BackupName::parse(&name)?;
        let made = made.get(&name).filter(|(size, _)| u64::try_from(*size) == Ok(found.len()));
        Some(Backup {
            path,
            kind: BackupKind::Full,
            host,
            at: instant(&stamp)?,
            size: found.len(),
            sha256: made.map(|(_, sha256)| sha256.clone()),
            encrypted,
            verified: made.is_some(),
            left_out: Vec::new(),
            name,
        })
    };
    Ok(entries(folder)?.into_iter().filter_map(backup).collect())
}

/// Copies of the database that updates left in the data folder: `leasehold-before-SCHEMA-TIME.db`.
fn before_updates(data: &Path, host: &str) -> io::Result<Vec<Backup>> {
    let backup = |(name, path, found): (String, PathBuf, std::fs::Metadata)| {
        let rest = name.strip_prefix("leasehold-before-")?.strip_suffix(".db")?;
        let at = rest.split_once('-')?.1.parse().ok()?;
        Some(Backup {
            name,
            path,
            kind: BackupKind::BeforeUpdate,
            host: host.to_owned(),
            at,
            size: found.len(),
            sha256: None,
            encrypted: false,
            verified: false,
            left_out: Vec::new(),
        })
    };
    Ok(entries(data)?.into_iter().filter_map(backup).collect())
}
