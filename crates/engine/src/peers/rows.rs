//! Members in the database.

use licensing::context::Context;
use licensing::peers::{PeerKey, PeerUrl, Role, Witness};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, Sqlite, SqlitePool, Transaction};
use storage::row::undecodable;

/// This server in its installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnMembership {
    pub name: String,
    pub joined_as: Role,
    /// Its address, if a person has set it.
    pub url: Option<PeerUrl>,
}

/// A peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredPeer {
    pub key: PeerKey,
    pub name: String,
    pub role: Role,
    pub context: Option<Context>,
    pub url: Option<PeerUrl>,
    pub told_url: Option<PeerUrl>,
    pub through: Option<String>,
    pub joined_at: i64,
    pub joined_by: String,
    pub seen_at: Option<i64>,
    pub silent: bool,
    pub witness: Option<Witness>,
    pub removed: bool,
}

/// The state at startup.
#[derive(Debug, Default)]
pub(super) struct StoredInstallation {
    pub own: Option<OwnMembership>,
    pub servers: Vec<StoredPeer>,
}

fn word(role: Role) -> &'static str {
    if role == Role::Primary { "primary" } else { "backup" }
}

fn role(word: &str) -> Role {
    if word == "primary" { Role::Primary } else { Role::Backup }
}

fn url(row: &SqliteRow, column: &str) -> Result<Option<PeerUrl>, sqlx::Error> {
    Ok(row.try_get::<Option<&str>, _>(column)?.and_then(|url| url.parse().ok()))
}

impl FromRow<'_, SqliteRow> for StoredPeer {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let key = <[u8; 32]>::try_from(row.try_get::<&[u8], _>("key")?).map_err(|error| undecodable("key", error))?;
        let serial: Option<u64> = row.try_get("serial")?;
        let balance: Option<i64> = row.try_get("balance_ms")?;
        Ok(Self {
            key: PeerKey::from_bytes(key).map_err(|error| undecodable("key", error))?,
            name: row.try_get("name")?,
            role: role(row.try_get("role")?),
            context: row.try_get::<Option<&str>, _>("context")?.and_then(|context| context.parse().ok()),
            url: url(row, "url")?,
            told_url: url(row, "told_url")?,
            through: row.try_get("through")?,
            joined_at: row.try_get("joined_at")?,
            joined_by: row.try_get("joined_by")?,
            seen_at: row.try_get("seen_at")?,
            silent: row.try_get("silent")?,
            witness: serial.zip(balance).map(|(serial, balance_ms)| Witness { serial, balance_ms }),
            removed: row.try_get::<Option<i64>, _>("removed_at")?.is_some(),
        })
    }
}

impl FromRow<'_, SqliteRow> for OwnMembership {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self { name: row.try_get("name")?, joined_as: role(row.try_get("joined_as")?), url: url(row, "url")? })
    }
}

/// An unreadable member is logged and ignored.
fn stored(row: &SqliteRow) -> Option<StoredPeer> {
    let read = StoredPeer::from_row(row);
    read.inspect_err(|error| tracing::error!(%error, "can't read a stored peer")).ok()
}

pub(super) async fn load(pool: &SqlitePool) -> Result<StoredInstallation, sqlx::Error> {
    let own = sqlx::query_as("SELECT * FROM peer_self").fetch_optional(pool).await?;
    let rows = sqlx::query("SELECT * FROM peers ORDER BY joined_at, name").fetch_all(pool).await?;
    Ok(StoredInstallation { own, servers: rows.iter().filter_map(stored).collect() })
}

/// Writes a member: new, back again, or with another address.
pub(super) async fn put(tx: &mut Transaction<'static, Sqlite>, server: &StoredPeer) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO peers (key, name, role, context, url, told_url, through, joined_at, joined_by, seen_at, silent, serial, balance_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT (key) DO UPDATE SET name = ?2, role = ?3, context = ?4, url = ?5, told_url = ?6, through = ?7, joined_at = ?8,
         joined_by = ?9, seen_at = ?10, silent = ?11, serial = ?12, balance_ms = ?13, removed_at = NULL",
    )
    .bind(&server.key.as_bytes()[..])
    .bind(&server.name)
    .bind(word(server.role))
    .bind(server.context.map(Context::as_str))
    .bind(server.url.as_ref().map(PeerUrl::as_str))
    .bind(server.told_url.as_ref().map(PeerUrl::as_str))
    .bind(&server.through)
    .bind(server.joined_at)
    .bind(&server.joined_by)
    .bind(server.seen_at)
    .bind(server.silent)
    .bind(server.witness.and_then(|witness| i64::try_from(witness.serial).ok()))
    .bind(server.witness.map(|witness| witness.balance_ms))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A server's last reported countdown hours, member or not.
pub(super) async fn witness(
    tx: &mut Transaction<'static, Sqlite>,
    key: &PeerKey,
) -> Result<Option<Witness>, sqlx::Error> {
    let row =
        sqlx::query("SELECT * FROM peers WHERE key = ?").bind(&key.as_bytes()[..]).fetch_optional(&mut **tx).await?;
    Ok(row.as_ref().and_then(stored).and_then(|known| known.witness))
}

/// Writes a member's state, unless it has been removed.
pub(super) async fn update(tx: &mut Transaction<'static, Sqlite>, server: &StoredPeer) -> Result<(), sqlx::Error> {
    let here: Option<i64> = sqlx::query_scalar("SELECT 1 FROM peers WHERE key = ? AND removed_at IS NULL")
        .bind(&server.key.as_bytes()[..])
        .fetch_optional(&mut **tx)
        .await?;
    if here.is_some() { put(tx, server).await } else { Ok(()) }
}

pub(super) async fn remove(tx: &mut Transaction<'static, Sqlite>, key: &PeerKey, at: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE peers SET removed_at = ? WHERE key = ?")
        .bind(at)
        .bind(&key.as_bytes()[..])
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes this server's role; `None` if it has no peers.
pub(super) async fn put_own(
    tx: &mut Transaction<'static, Sqlite>,
    own: Option<&OwnMembership>,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM peer_self").execute(&mut **tx).await?;
    if let Some(own) = own {
        sqlx::query("INSERT INTO peer_self (id, name, joined_as, url) VALUES (1, ?, ?, ?)")
            .bind(&own.name)
            .bind(word(own.joined_as))
            .bind(own.url.as_ref().map(PeerUrl::as_str))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
