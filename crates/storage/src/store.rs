//! A SQLite file: one writer, readers that cannot write, migrations behind a backup.

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, Transaction};

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
}

impl Store {
    /// Opens the file, making it where it is missing, and applies outstanding migrations after a backup. The caller
    /// sees to it that no other process does so at the same time.
    ///
    /// # Errors
    /// See [`StoreError`]; a newer schema is refused and nothing is changed.
    pub async fn open(path: &Path, migrations: &Migrator, now_ms: i64) -> Result<Self, StoreError> {
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

    /// Whether reading and writing work now. The write is rolled back.
    pub async fn answers(&self) -> bool {
        let written = async {
            let mut tx = self.write().await?;
            sqlx::query("UPDATE _sqlx_migrations SET version = version").execute(&mut *tx).await?;
            tx.rollback().await
        };
        sqlx::query("SELECT 1").execute(&self.reader).await.is_ok() && written.await.is_ok()
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
    async fn what_is_no_database_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(&path, [b'x'; 8192]).unwrap();
        assert!(Store::open(&path, &schema(1), 1).await.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), [b'x'; 8192]);
    }
}
