//! The keys to locked records, as servers report them and as licenses give them back.

use std::collections::HashSet;

use licensing::guid::Guid;
use licensing::locked::{KeyHeader, MOST_TOLD_APART, UserKey, open_header};
use licensing::monitor::{DayKey, MOST_KEYS, MonitorLicense, users_on};
use licensing::vendor_key::{KeyId, VendorSecret};
use sqlx::{FromRow, SqliteConnection};

use super::active;
use crate::Node;
use crate::servers::RegisteredServer;

/// Keys derived for one answer, or kept in one transaction.
const MOST_DERIVED: usize = 400;

/// Stores the key headers of a report, and deletes what is beyond a document's limit: first those that can't be opened or
/// have a key, the oldest of them first. Their server reports them again.
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
         (SELECT header FROM locked_keys WHERE server_id = ?1
          ORDER BY bad OR key IS NOT NULL, day DESC, header LIMIT -1 OFFSET ?2)",
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
    bad: bool,
}

impl From<&KeyHeader> for StoredKey {
    fn from(of: &KeyHeader) -> Self {
        Self {
            header: of.id.clone(),
            day: of.day,
            vendor_key_id: of.vendor_key_id.to_string(),
            sealed: of.sealed.clone(),
            users: None,
            key: None,
            bad: false,
        }
    }
}

impl StoredKey {
    /// The key that is kept, for however many users.
    fn kept(&self) -> Option<UserKey> {
        let bytes: [u8; 32] = self.key.as_deref()?.try_into().ok()?;
        Some(UserKey::new(u64::try_from(self.users?).ok()?, bytes))
    }

    /// For how many users licenses give its key.
    fn licensed(&self, licenses: &[MonitorLicense]) -> Option<u64> {
        users_on(licenses, self.day).map(|users| users.min(MOST_TOLD_APART))
    }

    fn is_kept_for(&self, users: u64) -> bool {
        self.kept().is_some_and(|key| key.users == users)
    }

    /// Takes some milliseconds.
    fn derive(&self, secret: &VendorSecret, guid: Guid, users: u64) -> DerivedKey {
        let shortened = self.kept().and_then(|key| key.for_fewer(users));
        let key = shortened.or_else(|| self.opened(secret, guid, users));
        DerivedKey { header: self.header.clone(), key }
    }

    /// `None`, with a line in the log, for a header that this node can't open.
    fn opened(&self, secret: &VendorSecret, guid: Guid, users: u64) -> Option<UserKey> {
        let opened = self.vendor_key_id.parse::<KeyId>();
        let opened = opened.map_err(|_| "it names no vendor key".to_owned()).and_then(|key_id| {
            let (id, sealed) = (self.header.clone(), self.sealed.clone());
            let header = KeyHeader { id, day: self.day, vendor_key_id: key_id, sealed };
            open_header(secret, guid, &header).map_err(|error| error.to_string())
        });
        match opened {
            Ok(root) => Some(root.key(users)),
            Err(error) => {
                tracing::warn!(server.guid = %guid, header = self.header, day = self.day, "skipping a key of locked records from now on: {error}");
                None
            }
        }
    }
}

/// What was derived from a header.
#[derive(Debug)]
pub(crate) struct DerivedKey {
    header: String,
    /// `None` when it doesn't open.
    key: Option<UserKey>,
}

async fn stored(connection: &mut SqliteConnection, server: i64) -> Result<Vec<StoredKey>, sqlx::Error> {
    sqlx::query_as(
        "SELECT header, day, vendor_key_id, sealed, users, key, bad FROM locked_keys
         WHERE server_id = ? ORDER BY day, header",
    )
    .bind(server)
    .fetch_all(connection)
    .await
}

/// Keeps what was derived.
pub(super) async fn keep_derived(
    connection: &mut SqliteConnection,
    server: i64,
    derived: &[DerivedKey],
) -> Result<(), sqlx::Error> {
    for DerivedKey { header, key } in derived {
        sqlx::query("UPDATE locked_keys SET users = ?, key = ?, bad = ? WHERE server_id = ? AND header = ?")
            .bind(key.as_ref().map(|key| i64::try_from(key.users).unwrap_or(i64::MAX)))
            .bind(key.as_ref().map(|key| key.bytes().to_vec()))
            .bind(key.is_none())
            .bind(server)
            .bind(header)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The kept keys that licenses give to a server, by day.
pub(super) async fn given(
    connection: &mut SqliteConnection,
    server: i64,
    licenses: &[MonitorLicense],
) -> Result<Vec<DayKey>, sqlx::Error> {
    let given = |row: StoredKey| {
        let users = row.licensed(licenses)?;
        let key = row.kept().filter(|key| key.users == users)?;
        Some(DayKey { header: row.header.parse().ok()?, key })
    };
    Ok(stored(connection, server).await?.into_iter().filter_map(given).collect())
}

impl Node {
    /// Derives at most [`MOST_DERIVED`] keys that licenses give to a server and that are not kept yet, of stored headers
    /// and of `new` ones. Each takes some milliseconds, so nobody waits for thousands: the others come with the next
    /// answer. To be called outside a transaction.
    pub(crate) async fn derive(
        &self,
        server: &RegisteredServer,
        new: &[KeyHeader],
    ) -> Result<Vec<DerivedKey>, sqlx::Error> {
        let mut connection = self.store.read().acquire().await?;
        let licenses = active(&mut connection, server.id).await?;
        if licenses.is_empty() {
            return Ok(Vec::new());
        }
        let mut rows = stored(&mut connection, server.id).await?;
        drop(connection);
        let known: HashSet<String> = rows.iter().map(|row| row.header.clone()).collect();
        rows.extend(new.iter().filter(|header| !known.contains(&header.id)).map(StoredKey::from));
        let lacking = rows.into_iter().filter(|row| !row.bad).filter_map(|row| {
            let users = row.licensed(&licenses)?;
            (!row.is_kept_for(users)).then_some((row, users))
        });
        let lacking: Vec<(StoredKey, u64)> = lacking.take(MOST_DERIVED).collect();
        if lacking.is_empty() {
            return Ok(Vec::new());
        }
        let (secret, guid) = (self.secret.clone(), server.guid);
        let derive = move || lacking.iter().map(|(row, users)| row.derive(&secret, guid, *users)).collect::<Vec<_>>();
        let derived = tokio::task::spawn_blocking(derive).await;
        derived.map_err(|crashed| sqlx::Error::Io(std::io::Error::other(crashed)))
    }

    /// Derives and keeps all keys that licenses give to a server, some in each transaction.
    pub(super) async fn derive_all(&self, server: &RegisteredServer) -> Result<(), sqlx::Error> {
        loop {
            let derived = self.derive(server, &[]).await?;
            if derived.is_empty() {
                return Ok(());
            }
            let mut tx = self.store.write().await?;
            keep_derived(&mut tx, server.id, &derived).await?;
            tx.commit().await?;
        }
    }
}
