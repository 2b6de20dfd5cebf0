//! A SQLite file: one writer, readers that cannot write, migrations behind a backup.

use std::fs::{OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, Transaction};

use crate::file::folder_of;

/// How long a process waits for another one that writes.
const BUSY: Duration = Duration::from_secs(5);
/// Connections that read at the same time.
const READERS: u32 = 4;

/// Why the database could not be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a later Leasehold.
    #[error(
        "A newer Leasehold wrote the database {} (schema {found}; this version reads up to {known}). Install that version, or restore the backup from before the update.",
        path.display()
    )]
    TooNew { path: PathBuf, found: i64, known: i64 },
    /// A migration did not apply; the file is as it was.
    #[error("Can't migrate the database {}: {source}. Nothing in it was changed. If it is damaged, restore the data folder from a backup.", path.display())]
    Migrate { path: PathBuf, source: Box<MigrateError> },
    /// SQLite's write-ahead log needs shared memory and locks that no network share has.
    #[error("The folder {} is on a network share ({share}), where SQLite can lose data. Put the data folder on a local disk with --data.", folder.display())]
    NetworkShare { folder: PathBuf, share: &'static str },
    #[error("The database failed: {0}.")]
    Sql(#[from] sqlx::Error),
    #[error("Can't use the file {}: {source}.", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

/// A database: one writer connection, a pool of readers that cannot write.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    reader: SqlitePool,
    file: Arc<OpenFile>,
}

/// The file that was opened, to notice that another one or none lies there.
#[derive(Debug)]
struct OpenFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl OpenFile {
    fn at(path: &Path) -> std::io::Result<Self> {
        let meta = std::fs::metadata(path)?;
        Ok(Self { path: path.to_owned(), device: meta.dev(), inode: meta.ino() })
    }

    fn is_in_place(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|now| (now.dev(), now.ino()) == (self.device, self.inode))
    }
}

impl Store {
    /// Opens the file, making it where it is missing, and applies outstanding migrations after a backup. The caller
    /// sees to it that no other process does so at the same time.
    ///
    /// # Errors
    /// See [`StoreError`]; a newer schema is refused and nothing is changed.
    pub async fn open(path: &Path, migrations: &Migrator, now_ms: i64) -> Result<Self, StoreError> {
        let folder = folder_of(path);
        if let Some(share) = rustix::fs::statfs(&folder).ok().and_then(|found| network_share(found.f_type)) {
            return Err(StoreError::NetworkShare { folder, share });
        }
        restrict(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        // A connection that a failed write left inside a transaction (a full disk does that) is not used again.
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await?;
        if let Err(error) = prepare(&writer, path, migrations, now_ms).await {
            // Else the write-ahead log would stay beside the file until the connection is noticed to be gone.
            writer.close().await;
            return Err(error);
        }
        let reader =
            SqlitePoolOptions::new().max_connections(READERS).connect_with(options.pragma("query_only", "1")).await?;
        let file = OpenFile::at(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
        Ok(Self { writer, reader, file: Arc::new(file) })
    }

    /// Readers; they cannot write.
    pub fn read(&self) -> &SqlitePool {
        &self.reader
    }

    /// Starts a write. It takes the write lock at once, so that it cannot fail half-way for a reader's sake.
    ///
    /// # Errors
    /// [`sqlx::Error`] when SQLite does not answer, another process writes for longer than five seconds, or the file was removed
    /// or replaced: what is written to it then is gone with the process.
    pub async fn write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        if !self.file.is_in_place() {
            return Err(sqlx::Error::Io(std::io::Error::new(ErrorKind::NotFound, FileGone(self.file.path.clone()))));
        }
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Whether reading works now.
    pub async fn answers(&self) -> bool {
        sqlx::query("SELECT count(*) FROM _sqlx_migrations").execute(&self.reader).await.is_ok()
    }

    /// Closes all connections, which also folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// The file of an open database was removed or replaced.
#[derive(Debug, thiserror::Error)]
#[error(
    "The database {} was removed or replaced while this server runs, so nothing more is stored. Put the file back, or stop the server and restore the data folder from a backup",
    .0.display()
)]
struct FileGone(PathBuf);

/// Why a change was not stored, in a sentence that says what to do.
pub fn refusal(error: &sqlx::Error) -> String {
    // Primary result codes of SQLite.
    const READONLY: i64 = 8;
    const IOERR: i64 = 10;
    const FULL: i64 = 13;
    let code = match error {
        sqlx::Error::Io(error) if error.get_ref().is_some_and(|cause| cause.is::<FileGone>()) => {
            return format!("{error}.");
        }
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<i64>().ok()).map(|code| code & 0xff),
        _ => None,
    };
    match code {
        Some(FULL) => "The disk with the data folder is full. Free some space.".to_owned(),
        Some(IOERR) => "The disk with the data folder reports errors. Check the disk and the system's log.".to_owned(),
        Some(READONLY) => {
            "The database is read-only. Check the permissions of the data folder, and how its disk is mounted."
                .to_owned()
        }
        _ => format!("The database takes no changes: {error}."),
    }
}

/// The name of a network file system (numbers of Linux' `statfs`).
fn network_share(kind: i64) -> Option<&'static str> {
    match kind {
        0x6969 => Some("NFS"),
        0x517B | 0xFE53_4D42 | 0xFF53_4D42 => Some("SMB"),
        0x5346_414F => Some("AFS"),
        _ => None,
    }
}

/// Makes the file where it is missing and lets nobody else read it: SQLite gives its side files the same mode.
fn restrict(path: &Path) -> Result<(), StoreError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|file| file.set_permissions(Permissions::from_mode(0o600)))
        .map_err(|source| StoreError::Io { path: path.to_owned(), source })
}

/// Brings the schema up to date. A newer one is refused, and an older one is copied aside before it is changed.
async fn prepare(writer: &SqlitePool, path: &Path, migrations: &Migrator, now_ms: i64) -> Result<(), StoreError> {
    let known = migrations.iter().map(|m| m.version).max().unwrap_or(0);
    let found: Option<i64> =
        match sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(writer).await {
            Ok(found) => found,
            Err(sqlx::Error::Database(error)) if error.message().contains("no such table") => None,
            Err(error) => return Err(error.into()),
        };
    match found {
        Some(found) if found > known => return Err(StoreError::TooNew { path: path.to_owned(), found, known }),
        Some(found) if found < known => {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let copy = path.with_file_name(format!("{name}-before-{known}-{now_ms}.db"));
            sqlx::query("VACUUM INTO ?").bind(copy.to_string_lossy().into_owned()).execute(writer).await?;
            restrict(&copy)?;
        }
        _ => {}
    }
    migrations
        .run(writer)
        .await
        .map_err(|source| StoreError::Migrate { path: path.to_owned(), source: Box::new(source) })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sqlx::SqlSafeStr;
    use sqlx::migrate::{Migration, MigrationType};

    use super::*;

    /// A schema of so many steps, each a table.
    fn schema(steps: i64) -> Migrator {
        let step = |version: i64| {
            let sql = sqlx::AssertSqlSafe(format!("CREATE TABLE t{version} (id INTEGER)")).into_sql_str();
            Migration::new(version, Cow::Borrowed("a table"), MigrationType::Simple, sql, false)
        };
        Migrator { migrations: (1..=steps).map(step).collect(), ..Migrator::DEFAULT }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn an_older_schema_is_copied_aside_and_a_newer_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Store::open(&path, &schema(1), 1).await.unwrap().close().await;
        Store::open(&path, &schema(1), 2).await.unwrap().close().await;
        assert_eq!(names(folder.path()), ["a.db"]);
        Store::open(&path, &schema(2), 3).await.unwrap().close().await;
        assert_eq!(names(folder.path()), ["a-before-2-3.db", "a.db"]);
        let error = Store::open(&path, &schema(1), 4).await.unwrap_err();
        assert!(matches!(error, StoreError::TooNew { found: 2, known: 1, .. }), "{error}");
        assert!(error.to_string().contains("newer Leasehold"));
        assert_eq!(names(folder.path()), ["a-before-2-3.db", "a.db"]);
    }

    #[tokio::test]
    async fn readers_cannot_write_and_nobody_else_reads_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db"), &schema(1), 1).await.unwrap();
        assert!(sqlx::query("DELETE FROM t1").execute(store.read()).await.is_err());
        assert!(store.answers().await);
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        }
    }

    #[tokio::test]
    async fn a_file_that_is_removed_or_replaced_takes_nothing_more_until_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let (path, aside) = (folder.path().join("a.db"), folder.path().join("aside.db"));
        let store = Store::open(&path, &schema(1), 1).await.unwrap();
        std::fs::rename(&path, &aside).unwrap();
        let removed = store.write().await.unwrap_err();
        assert!(refusal(&removed).contains("a.db was removed or replaced"), "{}", refusal(&removed));
        std::fs::copy(&aside, &path).unwrap();
        assert!(store.write().await.is_err(), "another file is in its place");
        assert!(store.answers().await, "what was read before can be read");
        std::fs::rename(&aside, &path).unwrap();
        store.write().await.unwrap().commit().await.unwrap();
    }

    #[test]
    fn network_shares_are_known_by_their_number() {
        let found = [0x6969, 0xFF53_4D42, 0xEF53].map(network_share);
        assert_eq!(found, [Some("NFS"), Some("SMB"), None]);
    }

    #[tokio::test]
    async fn what_is_no_database_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(&path, [b'x'; 8192]).unwrap();
        assert!(Store::open(&path, &schema(1), 1).await.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), [b'x'; 8192]);
    }
}
