//! The keys to locked records: those that are here, and those the next report asks for.

use std::path::Path;

use licensing::locked::{HeaderId, KeyHeader, MOST_TOLD_APART, UserKey};
use licensing::monitor::MonitorDocument;
use sqlx::FromRow;

use super::lock;
use super::places::{self, KeyFile};
use super::sources::Ground;
use crate::Engine;

#[derive(FromRow)]
struct HeaderRow {
    id: String,
    day: i64,
    vendor_key_id: String,
    sealed: String,
    users: i64,
}

impl Engine {
    /// The day keys of all stored documents for this server.
    pub fn monitor_keys(&self) -> Vec<(HeaderId, UserKey)> {
        let effective = self.conf().effective;
        let own = effective.guid.filter(|_| effective.flexible);
        lock(&self.monitor.sources).day_keys(own).into_iter().collect()
    }

    /// The key headers of records that are locked and have no key for all their users yet: those reported least often first,
    /// of these the newest. So each has its turn, also when a report can't carry all.
    pub(crate) async fn wanted_keys(&self) -> Result<Vec<KeyHeader>, sqlx::Error> {
        let effective = self.conf().effective;
        let rows: Vec<HeaderRow> = sqlx::query_as(
            "SELECT id, day, vendor_key_id, sealed, users FROM locked_headers WHERE opened < records
             ORDER BY reported, day DESC, id",
        )
        .fetch_all(self.store.read())
        .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let known = lock(&self.monitor.sources).day_keys(effective.guid.filter(|_| effective.flexible));
        let lacks = |row: &HeaderRow| {
            let users = u64::try_from(row.users).unwrap_or_default().min(MOST_TOLD_APART);
            let key = row.id.parse::<HeaderId>().ok().and_then(|id| known.get(&id));
            key.is_none_or(|key| key.users < users)
        };
        let header = |row: HeaderRow| {
            let vendor_key_id = row.vendor_key_id.parse().ok()?;
            Some(KeyHeader { id: row.id, day: row.day, vendor_key_id, sealed: row.sealed })
        };
        Ok(rows.into_iter().filter(lacks).filter_map(header).collect())
    }

    /// Notes that these were in a report that couldn't carry all.
    pub(crate) async fn note_reported(&self, headers: &[KeyHeader]) -> Result<(), sqlx::Error> {
        let ids = serde_json::Value::from_iter(headers.iter().map(|header| header.id.as_str())).to_string();
        let mut tx = self.store.write().await?;
        sqlx::query("UPDATE locked_headers SET reported = reported + 1 WHERE id IN (SELECT value FROM json_each(?))")
            .bind(ids)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// The document of a key file that was named, for this server.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub async fn monitor_key_file(&self, path: &Path) -> Result<MonitorDocument, String> {
        let ground = self.monitor_ground().await.map_err(|error| format!("The database did not respond: {error}."))?;
        let place = vec![path.to_owned()];
        let found =
            tokio::task::spawn_blocking(move || places::look(place)).await.map_err(|error| error.to_string())?;
        match found {
            KeyFile::Absent(_) => Err(format!("There is no key file {}.", path.display())),
            KeyFile::At(path, text) => Ok(places::document(&path, &text?, &ground)?.1),
        }
    }

    /// What documents are checked against now.
    pub(super) async fn monitor_ground(&self) -> Result<Ground, sqlx::Error> {
        let identity = self.identity().await?;
        Ok(Ground { keys: identity.usable_keys(), own: identity.guid })
    }
}
