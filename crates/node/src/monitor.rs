//! Licenses of the usage monitor: added and removed by the vendor; each server gets them, signed, with its next sync.

mod issue;
mod keys;

pub(crate) use keys::{DerivedKey, keep};

use licensing::guid::Guid;
use licensing::monitor::{MOST_LICENSES, MonitorLicense};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::licenses::MOST;
use crate::servers::{NoServer, find};
use crate::store::decode;
use crate::time::spoken;
use crate::{Node, NodeError, secret};

/// How often another id is drawn when one is taken.
const TRIES: u32 = 5;

/// A license of the usage monitor and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMonitorLicense {
    /// The server that has it.
    pub guid: Guid,
    /// What it permits.
    pub license: MonitorLicense,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds; `None` while it is not removed.
    pub removed_at: Option<i64>,
}

/// A license of the usage monitor to be added. It may begin in the past: then it unlocks what was locked since.
#[derive(Debug, Clone, Copy)]
pub struct NewMonitorLicense {
    /// The server that is to have it.
    pub guid: Guid,
    /// Its first instant, Unix milliseconds.
    pub from: i64,
    /// Its last instant, Unix milliseconds.
    pub to: i64,
    /// How many users may be observed.
    pub users: u64,
}

/// Why something could not be done with a license of the usage monitor.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// No such server.
    #[error(transparent)]
    NoServer(#[from] NoServer),
    /// No such license.
    #[error("There is no active monitor license {0}. `leasehold-node monitor-license list` lists all.")]
    NoLicense(String),
    /// The server never had one.
    #[error("The server {0} has never had a monitor license. Add one with `leasehold-node monitor-license add`.")]
    Never(Guid),
    /// Out of range.
    #[error("--users {0} is out of range: enter 1 to {MOST}.")]
    Users(u64),
    /// It would end before it begins.
    #[error("The license would end at {}, before it begins at {}. Correct --from or --to.", spoken(*.to), spoken(*.from))]
    EndsFirst {
        /// Unix milliseconds.
        from: i64,
        /// Unix milliseconds.
        to: i64,
    },
    /// One more than a document can carry.
    #[error("The server {0} would have more than {MOST_LICENSES} monitor licenses. Remove some of them first.")]
    TooMany(Guid),
    /// Ids ran out, practically impossible.
    #[error("No free license id found. Run the command again.")]
    NoFreeId,
    /// The database did not respond.
    #[error("The node's database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl NodeError for MonitorError {
    fn is_refusal(&self) -> bool {
        !matches!(self, Self::Sql(_) | Self::NoFreeId)
    }
}

const SELECT: &str = "SELECT monitor_licenses.*, servers.guid AS guid
    FROM monitor_licenses JOIN servers ON servers.id = monitor_licenses.server_id";

impl StoredMonitorLicense {
    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let license = MonitorLicense {
            id: row.try_get("id")?,
            from: row.try_get("from_ms")?,
            to: row.try_get("to_ms")?,
            users: u64::try_from(row.try_get::<i64, _>("users")?).unwrap_or_default(),
        };
        Ok(Self {
            guid: decode(Guid::parse(&row.try_get::<String, _>("guid")?))?,
            license,
            created_at: row.try_get("created_at")?,
            removed_at: row.try_get("removed_at")?,
        })
    }
}

impl Node {
    /// Adds a license of the usage monitor, and derives the keys it gives.
    ///
    /// # Errors
    /// [`MonitorError`]; nothing is changed then.
    pub async fn add_monitor_license(&self, new: &NewMonitorLicense) -> Result<StoredMonitorLicense, MonitorError> {
        if !(1..=MOST).contains(&new.users) {
            return Err(MonitorError::Users(new.users));
        }
        if new.to < new.from {
            return Err(MonitorError::EndsFirst { from: new.from, to: new.to });
        }
        let mut tx = self.store.write().await?;
        let server = find(&mut *tx, new.guid).await?.ok_or(NoServer(new.guid))?;
        for _ in 0..TRIES {
            let id = secret::monitor_license_id();
            let inserted = sqlx::query(
                "INSERT INTO monitor_licenses (id, server_id, from_ms, to_ms, users, created_at)
                 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            )
            .bind(&id)
            .bind(server.id)
            .bind(new.from)
            .bind(new.to)
            .bind(i64::try_from(new.users).unwrap_or(i64::MAX))
            .bind(self.now_ms())
            .execute(&mut *tx)
            .await?;
            if inserted.rows_affected() == 1 {
                let held = active(&mut tx, server.id).await?;
                if held.len() > MOST_LICENSES {
                    return Err(MonitorError::TooMany(server.guid));
                }
                let stored = one(&mut tx, &id).await?.ok_or(MonitorError::NoLicense(id))?;
                tx.commit().await?;
                if let Err(error) = self.derive_all(&server).await {
                    tracing::warn!(%error, "could not derive all keys of the new monitor license; answers derive the others");
                }
                return Ok(stored);
            }
        }
        Err(MonitorError::NoFreeId)
    }

    /// The licenses of the usage monitor, of one server or all, by server and start.
    ///
    /// # Errors
    /// [`MonitorError::NoServer`].
    pub async fn monitor_licenses(
        &self,
        guid: Option<Guid>,
        with_removed: bool,
    ) -> Result<Vec<StoredMonitorLicense>, MonitorError> {
        if let Some(guid) = guid {
            self.find(guid).await?.ok_or(NoServer(guid))?;
        }
        let sql = sqlx::AssertSqlSafe(format!(
            "{SELECT} WHERE (?1 IS NULL OR servers.guid = ?1) AND (?2 OR removed_at IS NULL)
             ORDER BY server_id, from_ms, monitor_licenses.id"
        ));
        let rows = sqlx::query(sql)
            .bind(guid.map(|guid| guid.to_string()))
            .bind(with_removed)
            .fetch_all(self.store.read())
            .await?;
        Ok(rows.iter().map(StoredMonitorLicense::read).collect::<Result<_, _>>()?)
    }

    /// Removes a license of the usage monitor; gives it as it is afterwards.
    ///
    /// # Errors
    /// [`MonitorError::NoLicense`].
    pub async fn remove_monitor_license(&self, id: &str) -> Result<StoredMonitorLicense, MonitorError> {
        let id = id.trim().to_ascii_uppercase();
        let mut tx = self.store.write().await?;
        let mut held = one(&mut tx, &id).await?.ok_or(MonitorError::NoLicense(id.clone()))?;
        held.removed_at = Some(self.now_ms());
        sqlx::query("UPDATE monitor_licenses SET removed_at = ? WHERE id = ?")
            .bind(held.removed_at)
            .bind(&id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(held)
    }
}

/// One that is not removed.
async fn one(connection: &mut SqliteConnection, id: &str) -> Result<Option<StoredMonitorLicense>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE monitor_licenses.id = ? AND removed_at IS NULL"));
    let row = sqlx::query(sql).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(StoredMonitorLicense::read).transpose()
}

/// Those of a server that are not removed, by start.
async fn active(connection: &mut SqliteConnection, server: i64) -> Result<Vec<MonitorLicense>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE server_id = ? AND removed_at IS NULL ORDER BY from_ms, monitor_licenses.id"
    ));
    let rows = sqlx::query(sql).bind(server).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(StoredMonitorLicense::read(row)?.license)).collect()
}
