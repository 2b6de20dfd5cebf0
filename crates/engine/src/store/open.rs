//! Opening the database: pragmas, pools, migrations.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, Transaction};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

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
    #[error("The database {} could not be brought up to date: {source}. Nothing in it was changed. If it is damaged, put a copy of the data folder back.", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: Box<MigrateError>,
    },
    /// SQLite refused.
    #[error("The database did not answer as it should: {0}.")]
    Sql(#[from] sqlx::Error),
    /// The folder is not usable.
    #[error("The folder {} cannot be used: {source}.", path.display())]
    Io {
        /// The folder or file.
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
    /// Opens `folder/leasehold.db`, making it where it is missing, and applies outstanding migrations after a backup.
    ///
    /// # Errors
    /// See [`StoreError`]; a newer schema is refused and nothing is changed.
    pub async fn open(folder: &Path, now_ms: i64) -> Result<Self, StoreError> {
        let path = folder.join("leasehold.db");
        let existed = path.exists();
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        // A connection that a failed write left inside a transaction (a full disk does that) is not used again.
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await?;
        restrict(&path)?;
        if existed {
            prepare(&writer, &path, now_ms).await?;
        }
        MIGRATIONS
            .run(&writer)
            .await
            .map_err(|source| StoreError::Migrate { path: path.clone(), source: Box::new(source) })?;
        let readers = options.create_if_missing(false).pragma("query_only", "1");
        let reader = SqlitePoolOptions::new().max_connections(4).connect_with(readers).await?;
        Ok(Self { writer, reader })
    }

    /// Readers; they cannot write.
    pub fn read(&self) -> &SqlitePool {
        &self.reader
    }

    /// Starts a write. It takes the write lock at once, so that it cannot fail half-way for a reader's sake.
    ///
    /// # Errors
    /// [`sqlx::Error`] when SQLite does not answer.
    pub async fn write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Whether reading and writing work now. The write is rolled back.
    pub async fn answers(&self) -> bool {
        let written = async {
            let mut tx = self.write().await?;
            sqlx::query("UPDATE setup SET id = id").execute(&mut *tx).await?;
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

fn restrict(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .map_err(|source| StoreError::Io { path: path.to_owned(), source })
}

/// Refuses a newer schema, and copies an older one aside before it is changed.
async fn prepare(writer: &SqlitePool, path: &Path, now_ms: i64) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    let found: Option<i64> =
        match sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(writer).await {
            Ok(found) => found,
            Err(sqlx::Error::Database(_)) => None, // an empty file: no table yet
            Err(error) => return Err(error.into()),
        };
    match found {
        Some(found) if found > known => Err(StoreError::TooNew { path: path.to_owned(), found, known }),
        Some(found) if found < known => {
            let copy = path.with_file_name(format!("leasehold-before-{known}-{now_ms}.db"));
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
    async fn a_newer_schema_is_refused_and_an_older_one_is_copied_aside_first() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 1).await.unwrap();
        sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)")
            .execute(&store.writer)
            .await
            .unwrap();
        store.close().await;
        let error = Store::open(folder.path(), 2).await.unwrap_err();
        assert!(matches!(error, StoreError::TooNew { found: 9999, .. }), "{error}");
        assert!(error.to_string().contains("newer Leasehold"));
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), 1).await.unwrap();
        assert!(sqlx::query("DELETE FROM users").execute(store.read()).await.is_err());
        assert!(store.answers().await);
    }
}
