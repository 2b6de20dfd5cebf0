//! The keys to locked records, as servers report them and as licenses give them back.

use licensing::locked::{HeaderId, KeyHeader, MOST_TOLD_APART, UserKey, open_header};
use licensing::monitor::{DayKey, MOST_KEYS, MonitorLicense, users_on};
use sqlx::{FromRow, SqliteConnection};

use crate::Node;
use crate::servers::RegisteredServer;

/// Stores the key headers of a report, and deletes the oldest beyond what a document carries.
pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    server: i64,
    headers: &[KeyHeader],
    at: i64,
) -> Result<(), sqlx::Error> {
    for header in headers {
        sqlx::query(
            "INSERT INTO locked_keys (server_id, header, day, vendor_key_id, sealed, at) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (server_id, header) DO NOTHING",
        )
        .bind(server)
        .bind(&header.id)
        .bind(header.day)
        .bind(header.vendor_key_id.to_string())
        .bind(&header.sealed)
        .bind(at)
        .execute(&mut *connection)
        .await?;
    }
    if headers.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "DELETE FROM locked_keys WHERE server_id = ?1 AND header IN
         (SELECT header FROM locked_keys WHERE server_id = ?1 ORDER BY day DESC, header LIMIT -1 OFFSET ?2)",
    )
    .bind(server)
    .bind(i64::try_from(MOST_KEYS).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct StoredKey {
    header: String,
    day: i64,
    vendor_key_id: String,
    sealed: String,
    users: Option<i64>,
    key: Option<Vec<u8>>,
}

impl StoredKey {
    /// The key that is kept, if it is for that many users.
    fn kept(&self, users: u64) -> Option<UserKey> {
        let for_users = u64::try_from(self.users?).ok()?;
        let bytes: [u8; 32] = self.key.as_deref()?.try_into().ok()?;
        (for_users == users).then(|| UserKey::new(users, bytes))
    }
}

impl Node {
    /// The keys that licenses give to a server, by day. Derives and keeps at most `most` that are not kept yet: each takes
    /// some milliseconds, so an answer doesn't wait for thousands. The others come with the next one.
    pub(super) async fn derive(
        &self,
        connection: &mut SqliteConnection,
        server: &RegisteredServer,
        licenses: &[MonitorLicense],
        most: usize,
    ) -> Result<Vec<DayKey>, sqlx::Error> {
        let stored: Vec<StoredKey> = sqlx::query_as(
            "SELECT header, day, vendor_key_id, sealed, users, key FROM locked_keys WHERE server_id = ? ORDER BY day, header",
        )
        .bind(server.id)
        .fetch_all(&mut *connection)
        .await?;
        let (mut keys, mut derived) = (Vec::new(), 0);
        for row in stored {
            let (Some(users), Ok(id)) = (users_on(licenses, row.day), row.header.parse::<HeaderId>()) else { continue };
            let users = users.min(MOST_TOLD_APART);
            let key = match row.kept(users) {
                Some(key) => key,
                None if derived == most => continue,
                None => {
                    let Some(key) = self.derived(server, &row, users) else { continue };
                    derived += 1;
                    sqlx::query("UPDATE locked_keys SET users = ?, key = ? WHERE server_id = ? AND header = ?")
                        .bind(i64::try_from(users).unwrap_or(i64::MAX))
                        .bind(key.bytes().as_slice())
                        .bind(server.id)
                        .bind(&row.header)
                        .execute(&mut *connection)
                        .await?;
                    key
                }
            };
            keys.push(DayKey { header: id, key });
        }
        Ok(keys)
    }

    /// `None`, with a line in the log, for a header that this node can't open.
    fn derived(&self, server: &RegisteredServer, row: &StoredKey, users: u64) -> Option<UserKey> {
        let header = KeyHeader {
            id: row.header.clone(),
            day: row.day,
            vendor_key_id: row.vendor_key_id.parse().ok()?,
            sealed: row.sealed.clone(),
        };
        match open_header(&self.secret, server.guid, &header) {
            Ok(root) => Some(root.key(users)),
            Err(error) => {
                tracing::warn!(server.guid = %server.guid, header = row.header, day = row.day, "skipping a key of locked records: {error}");
                None
            }
        }
    }
}
