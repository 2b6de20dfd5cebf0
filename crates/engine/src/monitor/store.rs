//! The documents and the state of the monitor's license, in the database.

use std::sync::Arc;

use licensing::contact::Millis;
use licensing::monitor::{MonitorDocument, SignedMonitorDocument};
use sqlx::{Sqlite, Transaction};

use super::sources::{Source, Sources};
use super::watch::StoredState;
use crate::store::Store;

/// The last document of each source.
pub(super) async fn documents(store: &Store) -> Result<Sources, sqlx::Error> {
    let rows: Vec<(String, String, Millis)> =
        sqlx::query_as("SELECT source, document, seen FROM monitor_documents").fetch_all(store.read()).await?;
    let mut sources = Sources::default();
    for (source, document, seen) in rows {
        if let Ok(source) = source.parse() {
            sources.hold(source, document.into(), seen);
        }
    }
    Ok(sources)
}

/// Stores a document in the caller's transaction. Gives its text, to be held once that is committed.
pub(super) async fn put(
    tx: &mut Transaction<'static, Sqlite>,
    source: Source,
    signed: &SignedMonitorDocument,
    document: &MonitorDocument,
    seen: Millis,
) -> Result<Arc<str>, sqlx::Error> {
    let name: &str = source.into();
    let text = serde_json::to_string(signed).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query(
        "INSERT INTO monitor_documents (source, document, issued, seen) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (source) DO UPDATE SET document = ?2, issued = ?3, seen = ?4",
    )
    .bind(name)
    .bind(&text)
    .bind(document.issued)
    .bind(seen)
    .execute(&mut **tx)
    .await?;
    Ok(text.into())
}

/// Stores the state.
pub(super) async fn put_state(store: &Store, state: &StoredState) -> Result<(), sqlx::Error> {
    let text = serde_json::to_string(state).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let mut tx = store.write().await?;
    sqlx::query("INSERT INTO monitor_state (id, state) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET state = ?1")
        .bind(text)
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}
