//! Runs and totals in the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Serialize, Serializer as _};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, Sqlite, Transaction};
use storage::row::Columns;

use super::run::{RunDetails, RunState, StoredRun};
use super::totals::{LeaseTotals, MOST};
use super::{Commit, LeaseStorage, StoredLeases};
use crate::clock::Clock;
use crate::store::Store;

/// VE clients active in this time are loaded at startup, milliseconds: they may be in their grace period.
const RECENT: i64 = 24 * 3_600_000;

/// Stores leases in the database.
#[derive(Debug)]
pub struct SqliteKeep {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl SqliteKeep {
    /// In `store`.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl LeaseStorage for SqliteKeep {
    async fn load(&self) -> Result<StoredLeases, sqlx::Error> {
        let since = self.clock.now_ms().saturating_sub(RECENT);
        let rows = sqlx::query(
            "SELECT * FROM lease_runs WHERE state <> 'ended' AND (shares <> '[]' OR (ve IS NOT NULL AND seen >= ?)) ORDER BY id",
        )
        .bind(since)
        .fetch_all(self.store.read())
        .await?;
        // Runs with licenses are always loaded: a moved clock must not release anything.
        let is_needed = |run: &StoredRun| run.holds() || (run.details.ve.is_some() && run.seen >= since);
        let runs = rows.iter().filter_map(stored).filter(is_needed).collect();
        let last_id =
            sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM lease_runs").fetch_one(self.store.read()).await?;
        Ok(StoredLeases { runs, last_id })
    }

    async fn find(&self, run: &str) -> Result<Option<StoredRun>, sqlx::Error> {
        let row =
            sqlx::query("SELECT * FROM lease_runs WHERE run = ?").bind(run).fetch_optional(self.store.read()).await?;
        Ok(row.as_ref().and_then(stored))
    }

    async fn last_run(&self, client: &str) -> Result<Option<StoredRun>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM lease_runs WHERE client = ? ORDER BY epoch DESC LIMIT 1")
            .bind(client)
            .fetch_optional(self.store.read())
            .await?;
        Ok(row.as_ref().and_then(stored))
    }

    async fn commit(&self, commit: &Commit) -> Result<(), sqlx::Error> {
        let mut tx = self.store.write().await?;
        insert(&mut tx, commit.runs.iter().filter(|run| run.new)).await?;
        update(&mut tx, &commit.runs).await?;
        rename(&mut tx, &commit.runs).await?;
        add(&mut tx, &commit.added).await?;
        remove(&mut tx, &commit.gone).await?;
        tx.commit().await
    }
}

/// SQLite's integers are signed.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An unreadable row is logged and ignored.
fn stored(row: &SqliteRow) -> Option<StoredRun> {
    StoredRun::from_row(row)
        .inspect_err(|error| {
            let id = row.try_get::<i64, _>("id").unwrap_or_default();
            tracing::error!(%error, id, "can't read the stored state of a client");
        })
        .ok()
}

impl FromRow<'_, SqliteRow> for StoredRun {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let text = |column: &str| row.try_get::<String, _>(column);
        Ok(Self {
            id: row.try_get("id")?,
            details: Arc::new(RunDetails {
                client: text("client")?,
                run: text("run")?,
                epoch: row.try_get("epoch")?,
                name: text("name")?.into(),
                host: text("host")?,
                software: text("software")?,
                address: text("address")?,
                deployment: text("deployment")?.into(),
                since: row.try_get("since")?,
                ve: row.try_get("ve")?,
            }),
            seen: row.try_get("seen")?,
            sequence: row.try_get("sequence")?,
            shares: row.json("shares")?,
            uses: row.json("uses")?,
            audio_ms: row.try_get("audio_ms")?,
            dropped: row.try_get("dropped")?,
            misdated: row.try_get("misdated")?,
            state: RunState::of(row.try_get("state")?),
            new: false,
            renamed: false,
        })
    }
}

async fn insert(
    tx: &mut Transaction<'static, Sqlite>,
    runs: impl Iterator<Item = &StoredRun>,
) -> Result<(), sqlx::Error> {
    let rows: Vec<Value> = runs
        .map(|StoredRun { id, details, .. }| {
            json!([
                id,
                details.client,
                signed(details.epoch),
                details.run,
                details.name,
                details.host,
                details.software,
                details.address,
                details.deployment,
                details.since,
                details.ve
            ])
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO lease_runs (id, client, epoch, run, name, host, software, address, deployment, since, seen, sequence, shares, uses, audio_ms, dropped, state, ve)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9,
                value ->> 9, 0, '[]', '{}', 0, 0, 'open', value ->> 10 FROM json_each(?)
         WHERE true ON CONFLICT DO NOTHING",
    )
    .bind(Value::from(rows).to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Only what changes with each refresh: thousands of rows a second.
async fn update(tx: &mut Transaction<'static, Sqlite>, runs: &[StoredRun]) -> Result<(), sqlx::Error> {
    if runs.is_empty() {
        return Ok(());
    }
    let row = |run: &StoredRun| {
        (
            run.id,
            run.seen,
            signed(run.sequence),
            text(&run.shares),
            text(&run.uses),
            signed(run.audio_ms),
            signed(run.dropped),
            run.state.word(),
            signed(run.misdated),
        )
    };
    sqlx::query(
        "UPDATE lease_runs SET seen = j.value ->> 1, sequence = j.value ->> 2, shares = j.value ->> 3, uses = j.value ->> 4,
                audio_ms = j.value ->> 5, dropped = j.value ->> 6, state = j.value ->> 7, misdated = j.value ->> 8
         FROM json_each(?) AS j WHERE lease_runs.id = j.value ->> 0",
    )
    .bind(listed(runs.iter().map(row)))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The cards that have changed.
async fn rename(tx: &mut Transaction<'static, Sqlite>, runs: &[StoredRun]) -> Result<(), sqlx::Error> {
    let row = |StoredRun { id, details, .. }: &StoredRun| {
        json!([id, details.name, details.host, details.software, details.address, details.ve])
    };
    let rows: Vec<Value> = runs.iter().filter(|run| run.renamed).map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE lease_runs SET name = j.value ->> 1, host = j.value ->> 2, software = j.value ->> 3, address = j.value ->> 4,
                ve = j.value ->> 5
         FROM json_each(?) AS j WHERE lease_runs.id = j.value ->> 0",
    )
    .bind(listed(rows.iter()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Runs that said hello and nothing more.
async fn remove(tx: &mut Transaction<'static, Sqlite>, gone: &[i64]) -> Result<(), sqlx::Error> {
    if gone.is_empty() {
        return Ok(());
    }
    sqlx::query("DELETE FROM lease_runs WHERE id IN (SELECT value FROM json_each(?))")
        .bind(listed(gone.iter()))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn text(part: &impl Serialize) -> String {
    serde_json::to_string(part).expect("names and numbers always serialize")
}

/// As a parameter for `json_each`, row by row.
fn listed<R: Serialize>(rows: impl Iterator<Item = R>) -> String {
    let mut text = Vec::new();
    serde_json::Serializer::new(&mut text).collect_seq(rows).expect("names and numbers always serialize");
    String::from_utf8(text).expect("JSON is UTF-8")
}

async fn add(tx: &mut Transaction<'static, Sqlite>, added: &LeaseTotals) -> Result<(), sqlx::Error> {
    let products: BTreeMap<_, _> =
        added.usage.iter().filter(|(_, counters)| counters.count > 0 || counters.ms > 0).collect();
    for ((deployment, product), counters) in products {
        sqlx::query(
            "INSERT INTO usage_totals (deployment, name, usage_count, usage_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (deployment, name) DO UPDATE SET usage_count = min(usage_count + ?3, ?5), usage_ms = min(usage_ms + ?4, ?5)",
        )
        .bind(&**deployment)
        .bind(product.as_str())
        .bind(signed(counters.count.min(MOST)))
        .bind(signed(counters.ms.min(MOST)))
        .bind(signed(MOST))
        .execute(&mut **tx)
        .await?;
    }
    for (deployment, (session, audio)) in &added.sessions {
        sqlx::query(
            "INSERT INTO session_totals (deployment, session_ms, session_audio_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (deployment) DO UPDATE SET session_ms = min(session_ms + ?2, ?4), session_audio_ms = min(session_audio_ms + ?3, ?4)",
        )
        .bind(&**deployment)
        .bind(signed((*session).min(MOST)))
        .bind(signed((*audio).min(MOST)))
        .bind(signed(MOST))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
