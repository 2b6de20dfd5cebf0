//! The balance and the runs in the database.

use licensing::countdown::{Balance, Cause, Run};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

use super::Kept;

/// A run and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunRow {
    pub id: i64,
    pub run: Run,
}

/// SQLite's integers are signed.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) async fn load(pool: &SqlitePool) -> Result<Option<Kept>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM countdown").fetch_optional(pool).await?;
    Ok(row.map(|row| Kept {
        installation: row.get("installation"),
        license: row.get("license"),
        balance: Balance {
            serial: unsigned(row.get("serial")),
            granted_ms: row.get("granted_ms"),
            balance_ms: row.get("balance_ms"),
            interval_ms: row.get("interval_ms"),
            version: unsigned(row.get("version")),
        },
    }))
}

pub(super) async fn store(tx: &mut Transaction<'static, Sqlite>, kept: &Kept) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO countdown (id, installation, license, serial, granted_ms, balance_ms, interval_ms, version)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET installation = ?1, license = ?2, serial = ?3, granted_ms = ?4, balance_ms = ?5,
         interval_ms = ?6, version = ?7",
    )
    .bind(&kept.installation)
    .bind(&kept.license)
    .bind(signed(kept.balance.serial))
    .bind(kept.balance.granted_ms)
    .bind(kept.balance.balance_ms)
    .bind(kept.balance.interval_ms)
    .bind(signed(kept.balance.version))
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

/// Ends the run a crash left open: it took what was charged for it.
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
    let rows = sqlx::query("SELECT * FROM countdown_runs ORDER BY id DESC LIMIT ?").bind(limit).fetch_all(pool).await?;
    Ok(rows.iter().map(run).collect())
}

fn run(row: &SqliteRow) -> RunRow {
    let run = Run {
        began_ms: row.get("began_ms"),
        ended_ms: row.get("ended_ms"),
        spent_ms: row.get("spent_ms"),
        most_clients: u32::try_from(row.get::<i64, _>("most_clients")).unwrap_or(u32::MAX),
        cause: row.get::<Option<String>, _>("cause").as_deref().and_then(Cause::of),
    };
    RunRow { id: row.get("id"), run }
}
