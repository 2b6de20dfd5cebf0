//! The database itself: its size, a check of all its pages, and what each table takes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use licensing::contact::Millis;
use serde::{Deserialize, Serialize};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::watch;

use crate::Engine;
use crate::backup::apart;

/// Problems that are listed of one check.
const MOST_PROBLEMS: usize = 20;

/// Bytes on the disk; none where it doesn't say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The file of the database.
    pub database: Option<u64>,
    /// Its write-ahead log.
    pub log: Option<u64>,
    /// The data files of check-outs.
    pub checkouts: Option<u64>,
    /// How many those are.
    pub checkout_files: usize,
    /// Free space of the file system with the data folder.
    pub free: Option<u64>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSize {
    pub name: String,
    pub rows: u64,
    /// Its indexes included.
    pub bytes: u64,
}

/// A finished check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// When it began, Unix milliseconds.
    pub at: Millis,
    pub took_ms: Millis,
    /// What is wrong; none if nothing is.
    pub problem: Option<String>,
    /// Largest first.
    pub tables: Vec<TableSize>,
}

/// The check of the database.
#[derive(Debug, Default)]
pub(crate) struct DatabaseChecks {
    /// Since when one runs.
    running: watch::Sender<Option<Millis>>,
}

impl Engine {
    /// What the database and its files take.
    pub async fn database_sizes(&self) -> Sizes {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || sizes(&folder)).await.unwrap_or_default()
    }

    /// Since when the database is being checked.
    pub fn database_check_since(&self) -> Option<Millis> {
        *self.database_check.running.borrow()
    }

    /// The last finished check.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn last_database_check(&self) -> Result<Option<CheckResult>, sqlx::Error> {
        let row: Option<(Millis, Millis, Option<String>, String)> =
            sqlx::query_as("SELECT at, took_ms, problem, tables FROM database_check")
                .fetch_optional(self.store.read())
                .await?;
        let result = |(at, took_ms, problem, tables): (_, _, _, String)| {
            // Only shown.
            let tables = serde_json::from_str(&tables).unwrap_or_default();
            CheckResult { at, took_ms, problem, tables }
        };
        Ok(row.map(result))
    }

    /// Begins a check of all pages, indexes and references of the database, in the background. Returns whether it was begun: one at a time.
    pub fn check_database(self: &Arc<Self>) -> bool {
        let now = self.clock.now_ms();
        let begun = self.database_check.running.send_if_modified(|running| {
            let begin = running.is_none();
            if begin {
                *running = Some(now);
            }
            begin
        });
        if begun {
            let engine = self.clone();
            tokio::spawn(async move {
                let checked = tokio::spawn({
                    let engine = engine.clone();
                    async move { engine.check_database_now(now).await }
                });
                match checked.await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::error!(%error, "could not check the database"),
                    Err(error) => tracing::error!(%error, "the check of the database was aborted"),
                }
                engine.database_check.running.send_replace(None);
            });
        }
        begun
    }

    /// Notified when a check begins and ends.
    pub fn database_check_changes(&self) -> watch::Receiver<Option<Millis>> {
        self.database_check.running.subscribe()
    }

    async fn check_database_now(&self, at: Millis) -> Result<(), sqlx::Error> {
        let path = self.folder.join(licensing::backup::DATABASE);
        let began = self.clock.mono_ms();
        let (problem, tables) =
            apart(move |runtime| runtime.block_on(check(&path))).await.map_err(sqlx::Error::Io)??;
        let took_ms = self.clock.mono_ms() - began;
        match &problem {
            None => tracing::info!(duration_ms = took_ms, "checked the database: all pages are in order"),
            Some(problem) => tracing::error!(problem, duration_ms = took_ms, "the database is damaged"),
        }
        self.note_integrity(at, problem.clone());
        let text = serde_json::to_string(&tables).expect("strings and integers always serialize");
        let mut tx = self.store.write().await?;
        sqlx::query(
            "INSERT INTO database_check (id, at, took_ms, problem, tables) VALUES (1, ?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET at = ?1, took_ms = ?2, problem = ?3, tables = ?4",
        )
        .bind(at)
        .bind(took_ms)
        .bind(problem)
        .bind(text)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }
}

/// What is wrong with a database, and what its tables take. On a connection of its own: readers of the server don't wait for it.
async fn check(path: &Path) -> Result<(Option<String>, Vec<TableSize>), sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(30));
    let mut database = options.pragma("query_only", "1").connect().await?;
    let mut wrong: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(20)").fetch_all(&mut database).await?;
    wrong.retain(|line| line != "ok");
    let orphans: Vec<(String, Option<i64>, String, i64)> =
        sqlx::query_as("PRAGMA foreign_key_check").fetch_all(&mut database).await?;
    let orphan = |(table, row, parent, _): (String, Option<i64>, String, i64)| {
        let row = row.map(|row| format!(" row {row}")).unwrap_or_default();
        format!("{table}{row} refers to nothing in {parent}")
    };
    wrong.extend(orphans.into_iter().take(MOST_PROBLEMS).map(orphan));
    // Rows are cells of leaves; a table without row ids is an index, whose inner pages hold rows too.
    let tables: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT kept.tbl_name, sum(page.pgsize),
                sum(CASE WHEN kept.type = 'table' AND (listed.wr OR page.pagetype = 'leaf') THEN page.ncell ELSE 0 END)
         FROM dbstat AS page
         JOIN sqlite_schema AS kept ON kept.name = page.name
         JOIN pragma_table_list AS listed ON listed.name = kept.tbl_name AND listed.schema = 'main'
         GROUP BY kept.tbl_name ORDER BY 2 DESC, 1",
    )
    .fetch_all(&mut database)
    .await?;
    sqlx::Connection::close(database).await?;
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    let table = |(name, bytes, rows)| TableSize { name, rows: number(rows), bytes: number(bytes) };
    wrong.truncate(MOST_PROBLEMS);
    let problem = (!wrong.is_empty()).then(|| wrong.join("; "));
    Ok((problem, tables.into_iter().map(table).collect()))
}

fn sizes(folder: &Path) -> Sizes {
    let size = |name: &str| std::fs::metadata(folder.join(name)).map(|found| found.len()).ok();
    let found = rustix::fs::statvfs(folder).ok();
    let (mut checkouts, mut checkout_files) = (0_u64, 0);
    for entry in std::fs::read_dir(folder.join("checkouts")).into_iter().flatten().flatten() {
        if let Some(found) = entry.metadata().ok().filter(std::fs::Metadata::is_file) {
            checkouts = checkouts.saturating_add(found.len());
            checkout_files += 1;
        }
    }
    Sizes {
        database: size(licensing::backup::DATABASE),
        log: size("leasehold.db-wal"),
        checkouts: Some(checkouts),
        checkout_files,
        free: found.map(|found| found.f_bavail.saturating_mul(found.f_frsize)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::audit::AuditOutcome;
    use crate::clock::ManualClock;

    #[tokio::test]
    async fn a_check_finds_the_pages_in_order_and_counts_the_rows_of_every_table() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let engine = Arc::new(Engine::open(folder.path(), &folder.path().join("a.conf"), clock).await.unwrap());
        for number in 0..300 {
            let sentence = format!("Added user {number}.");
            engine.audit.note(&Actor::system(), "user.add", sentence, AuditOutcome::Done).await.unwrap();
        }
        let entries: i64 =
            sqlx::query_scalar("SELECT count(*) FROM audit").fetch_one(engine.store.read()).await.unwrap();
        let mut changes = engine.database_check_changes();
        assert!(engine.check_database());
        assert!(!engine.check_database(), "one at a time");
        changes.wait_for(Option::is_none).await.unwrap();
        let last = engine.last_database_check().await.unwrap().unwrap();
        assert_eq!((last.at, &last.problem), (1_800_000_000_000, &None));
        let audit = last.tables.iter().find(|table| table.name == "audit").unwrap();
        assert_eq!(audit.rows, u64::try_from(entries).unwrap());
        assert!(audit.bytes > 20_000, "{audit:?}");
        assert!(engine.self_check().await.database.integrity.is_some(), "diagnostics tell of it too");
        assert!(engine.database_sizes().await.database.is_some_and(|size| size > 0));
    }

    #[tokio::test]
    async fn a_damaged_page_is_found() {
        use std::os::unix::fs::FileExt;
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let engine = Engine::open(folder.path(), &folder.path().join("a.conf"), clock).await.unwrap();
        for number in 0..500 {
            let sentence = format!("Added user {number}, with a sentence that takes some room on its page.");
            engine.audit.note(&Actor::system(), "user.add", sentence, AuditOutcome::Done).await.unwrap();
        }
        engine.close().await;
        let path = folder.path().join("leasehold.db");
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        let pages = file.metadata().unwrap().len() / 4096;
        for page in pages - 8..pages {
            file.write_all_at(&[0x55; 4096], page * 4096).unwrap();
        }
        match check(&path).await {
            Ok((problem, _)) => assert!(problem.is_some()),
            Err(error) => assert!(error.to_string().contains("malformed"), "{error}"),
        }
    }
}
