//! Opening the database: pragmas, pools, migrations.

use std::fs::OpenOptions;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, Transaction};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The file in the node's folder.
pub const FILE: &str = "node.db";

/// How long a process waits for another one that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Why the database could not be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a later Leasehold.
    #[error(
        "The database {} was written by a newer Leasehold (schema {found}; this one knows up to {known}). Install that version, or restore the backup made before the update.",
        path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Schema version in the file.
        found: i64,
        /// Highest schema version of this binary.
        known: i64,
    },
    /// A migration did not apply; the file is as it was.
    #[error("The database {} could not be brought up to date: {source}. It is unchanged; a copy made before is beside it.", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: Box<MigrateError>,
    },
    /// SQLite refused.
    #[error("The database of the node did not answer as it should: {0}.")]
    Sql(#[from] sqlx::Error),
    /// The file is not usable.
    #[error("The file {} cannot be used: {source}.", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// The database: one writer connection, a pool of readers that cannot write.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    reader: SqlitePool,
}

impl Store {
    /// Opens `folder/node.db`, making it where it is missing, and applies outstanding migrations after a backup. The caller
    /// sees to it that no other process does so at the same time.
    ///
    /// # Errors
    /// See [`StoreError`]; a newer schema is refused and nothing is changed.
    pub async fn open(folder: &Path, now_ms: i64) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        restrict(&path)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
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
        prepare(&writer, &path, now_ms).await?;
        MIGRATIONS
            .run(&writer)
            .await
            .map_err(|source| StoreError::Migrate { path: path.clone(), source: Box::new(source) })?;
        let reader =
            SqlitePoolOptions::new().max_connections(4).connect_with(options.pragma("query_only", "1")).await?;
        Ok(Self { writer, reader })
    }

    /// Readers; they cannot write.
    pub fn read(&self) -> &SqlitePool {
        &self.reader
    }

    /// Starts a write. It takes the write lock at once, so that it cannot fail half-way for a reader's sake.
    ///
    /// # Errors
    /// [`sqlx::Error`] when SQLite does not answer, or another process writes for longer than five seconds.
    pub async fn write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Closes all connections, which also folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
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
        .and_then(|file| file.set_permissions(std::fs::Permissions::from_mode(0o600)))
        .map_err(|source| StoreError::Io { path: path.to_owned(), source })
}

/// Refuses a newer schema, and copies an older one aside before it is changed.
async fn prepare(writer: &SqlitePool, path: &Path, now_ms: i64) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    let found: Option<i64> =
        match sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(writer).await {
            Ok(found) => found,
            Err(sqlx::Error::Database(error)) if error.message().contains("no such table") => None,
            Err(error) => return Err(error.into()),
        };
    match found {
        Some(found) if found > known => Err(StoreError::TooNew { path: path.to_owned(), found, known }),
        Some(found) if found < known => {
            let copy = path.with_file_name(format!("node-before-{known}-{now_ms}.db"));
            sqlx::query("VACUUM INTO ?").bind(copy.to_string_lossy().into_owned()).execute(writer).await?;
            restrict(&copy)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_schema_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 1).await.unwrap();
        sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)")
            .execute(&store.writer)
            .await
            .unwrap();
        store.close().await;
        let error = Store::open(folder.path(), 2).await.unwrap_err();
        assert!(matches!(error, StoreError::TooNew { found: 9999, .. }), "{error}");
    }

    #[tokio::test]
    async fn readers_cannot_write_and_nobody_else_reads_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 1).await.unwrap();
        assert!(sqlx::query("DELETE FROM customers").execute(store.read()).await.is_err());
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        }
    }

    #[tokio::test]
    async fn what_is_no_database_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, [b'x'; 8192]).unwrap();
        assert!(Store::open(folder.path(), 1).await.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), [b'x'; 8192]);
    }
}
