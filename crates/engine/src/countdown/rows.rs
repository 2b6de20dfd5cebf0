//! The balance and the runs in the database.

use std::path::Path;

use licensing::countdown::{Balance, Cause, CountdownRun};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, FromRow, Row, Sqlite, SqlitePool, Transaction};

use super::StoredBalance;

/// A run and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunRow {
    pub id: i64,
    pub run: CountdownRun,
}

/// SQLite's integers are signed.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl FromRow<'_, SqliteRow> for StoredBalance {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            installation: row.try_get("installation")?,
            license: row.try_get("license")?,
            balance: Balance {
                serial: row.try_get("serial")?,
                granted_ms: row.try_get("granted_ms")?,
                balance_ms: row.try_get("balance_ms")?,
                interval_ms: row.try_get("interval_ms")?,
                version: row.try_get("version")?,
            },
        })
    }
}

pub(super) async fn load(pool: &SqlitePool) -> Result<Option<StoredBalance>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM countdown").fetch_optional(pool).await
}

/// The balance in the database of a folder that no server uses; none if there is no such database, or it can't be read.
pub(super) async fn load_from(folder: &Path) -> Option<StoredBalance> {
    let path = folder.join(licensing::backup::DATABASE);
    if !path.is_file() {
        return None;
    }
    let load = async {
        let mut database = SqliteConnectOptions::new().filename(&path).read_only(true).connect().await?;
        let saved: Option<StoredBalance> =
            sqlx::query_as("SELECT * FROM countdown").fetch_optional(&mut database).await?;
        sqlx::Connection::close(database).await?;
        Ok::<_, sqlx::Error>(saved)
    };
    load.await.unwrap_or_else(|error| {
        let path = path.display();
        tracing::warn!(%path, %error, "can't read the countdown hours of this database; using its anchor");
        None
    })
}

pub(super) async fn store(tx: &mut Transaction<'static, Sqlite>, saved: &StoredBalance) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO countdown (id, installation, license, serial, granted_ms, balance_ms, interval_ms, version)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET installation = ?1, license = ?2, serial = ?3, granted_ms = ?4, balance_ms = ?5,
         interval_ms = ?6, version = ?7",
    )
    .bind(&saved.installation)
    .bind(&saved.license)
    .bind(signed(saved.balance.serial))
    .bind(saved.balance.granted_ms)
    .bind(saved.balance.balance_ms)
    .bind(saved.balance.interval_ms)
    .bind(signed(saved.balance.version))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn store_run(tx: &mut Transaction<'static, Sqlite>, row: &RunRow) -> Result<(), sqlx::Error> {
    let RunRow { id, run } = row;
    sqlx::query(
        "INSERT INTO countdown_runs (id, began_ms, ended_ms, spent_ms, most_clients, cause) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET began_ms = ?2, ended_ms = ?3, spent_ms = ?4, most_clients = ?5, cause = ?6",
    )
    .bind(id)
    .bind(run.began_ms)
    .bind(run.ended_ms)
    .bind(run.spent_ms)
    .bind(i64::from(run.most_clients))
    .bind(run.cause.map(Cause::word))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the run a crash left open, with all the time charged for it.
pub(super) async fn end_open_runs(tx: &mut Transaction<'static, Sqlite>) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE countdown_runs SET ended_ms = began_ms + spent_ms, cause = ? WHERE ended_ms IS NULL")
        .bind(Cause::Crashed.word())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn last_run(pool: &SqlitePool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM countdown_runs").fetch_one(pool).await
}

/// Newest first.
pub(super) async fn list_runs(pool: &SqlitePool, limit: u32) -> Result<Vec<RunRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM countdown_runs ORDER BY id DESC LIMIT ?").bind(limit).fetch_all(pool).await
}

impl FromRow<'_, SqliteRow> for RunRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let run = CountdownRun {
            began_ms: row.try_get("began_ms")?,
            ended_ms: row.try_get("ended_ms")?,
            spent_ms: row.try_get("spent_ms")?,
            most_clients: row.try_get("most_clients")?,
            cause: row.try_get::<Option<&str>, _>("cause")?.and_then(Cause::of),
        };
        Ok(Self { id: row.try_get("id")?, run })
    }
}
