//! Licenses of servers: added, moved, extended and removed by the vendor. Changes reach a server with its next sync.

mod add;
mod change;
mod select;

pub use add::NewLicense;
pub use change::Extension;
pub use select::Selection;

use licensing::bundle::{License, LicenseKind, MOST_LICENSES, ProductCode};
use licensing::context::Context;
use licensing::guid::Guid;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::servers::{NoServer, RegisteredServer, find};
use crate::store::decode;
use crate::time::spoken;
use crate::{Node, NodeError};

/// The largest number a JSON reader keeps exactly.
pub const MOST: u64 = (1 << 53) - 1;

/// A license and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLicense {
    /// The server that has it.
    pub guid: Guid,
    /// That server's own context.
    pub server_context: Context,
    /// What it permits.
    pub license: License,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds; `None` while it is in force.
    pub removed_at: Option<i64>,
}

/// Why something could not be done with a license.
#[derive(Debug, thiserror::Error)]
pub enum LicenseError {
    /// No such server.
    #[error(transparent)]
    NoServer(#[from] NoServer),
    /// No such license.
    #[error("There is no active license {0}. `leasehold-node license list` lists all.")]
    NoLicense(String),
    /// The server has none of that product.
    #[error(
        "The server {guid} has no license for {product}. `leasehold-node license list --server {guid}` lists its licenses."
    )]
    NoProduct {
        /// The server.
        guid: Guid,
        /// What was asked for.
        product: ProductCode,
    },
    /// Out of range.
    #[error("--count {0} is out of range: enter 1 to {MOST}.")]
    Count(u64),
    /// Servers would not load it.
    #[error(
        "Servers charge hours of a machine's license only, so no server would load this one. For hours, issue a machine license with `leasehold-node ve issue --type countdown --hours H`; here, choose --kind concurrent or --kind metered and leave out --hours."
    )]
    NotCharged,
    /// Not `M.m`.
    #[error("“{0}” is not a version. Write it like 16.0.")]
    Version(String),
    /// The end is in the past.
    #[error("The license would already have ended, at {}. Choose a later date for --expires.", spoken(*.0))]
    Past(i64),
    /// Nothing to extend by.
    #[error("Nothing to extend. Give --expires or --maintenance.")]
    NothingAsked,
    /// An earlier date.
    #[error("The {what} of {id} is {} and would become earlier. To shorten it, add --shorten.", .was.map_or_else(|| "never".to_owned(), spoken))]
    Shorter {
        /// The license.
        id: String,
        /// "end" or "end of maintenance".
        what: &'static str,
        /// As it is; `None` for no end.
        was: Option<i64>,
    },
    /// One more than a bundle can carry.
    #[error("The server {0} would have more than {MOST_LICENSES} licenses. Remove some, or combine several into one.")]
    TooMany(Guid),
    /// Ids ran out, practically impossible.
    #[error("No free license id found. Run the command again.")]
    NoFreeId,
    /// The database did not respond.
    #[error("The node's database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl NodeError for LicenseError {
    fn is_refusal(&self) -> bool {
        !matches!(self, Self::Sql(_) | Self::NoFreeId)
    }
}

const SELECT: &str = "SELECT licenses.*, servers.guid AS guid, servers.context AS server_context
    FROM licenses JOIN servers ON servers.id = licenses.server_id";

impl StoredLicense {
    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let license = License {
            id: row.try_get("id")?,
            product: decode(row.try_get::<String, _>("product")?.parse())?,
            kind: decode(row.try_get::<String, _>("kind")?.parse::<LicenseKind>())?,
            count: number(row.try_get("count")?),
            context: decode(row.try_get::<String, _>("context")?.parse())?,
            hours: row.try_get::<Option<i64>, _>("hours")?.map(number),
            expires: row.try_get("expires")?,
            maintenance_expires: row.try_get("maintenance")?,
            version: row.try_get("version")?,
        };
        Ok(Self {
            guid: decode(Guid::parse(&row.try_get::<String, _>("guid")?))?,
            server_context: decode(row.try_get::<String, _>("server_context")?.parse())?,
            license,
            created_at: row.try_get("created_at")?,
            removed_at: row.try_get("removed_at")?,
        })
    }

    /// Whether its end has come.
    pub fn has_expired(&self, now: i64) -> bool {
        self.license.expires.is_some_and(|expires| expires <= now)
    }
}

/// Counts and hours are checked when written: never negative, never above [`MOST`].
fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Node {
    /// All licenses, or those of one server; the removed ones too when asked for.
    ///
    /// # Errors
    /// [`LicenseError::NoServer`].
    pub async fn licenses(&self, guid: Option<Guid>, removed: bool) -> Result<Vec<StoredLicense>, LicenseError> {
        let mut connection = self.store.read().acquire().await?;
        if let Some(guid) = guid {
            find(&mut *connection, guid).await?.ok_or(NoServer(guid))?;
        }
        let sql = sqlx::AssertSqlSafe(format!(
            "{SELECT} WHERE (?1 IS NULL OR servers.guid = ?1) AND (?2 OR removed_at IS NULL)
             ORDER BY servers.id, product, licenses.id"
        ));
        let rows = sqlx::query(sql).bind(guid.map(|g| g.to_string())).bind(removed).fetch_all(&mut *connection).await?;
        Ok(rows.iter().map(StoredLicense::read).collect::<Result<_, _>>()?)
    }
}

/// The licenses in force of a server, in the order they are issued.
pub(crate) async fn of(connection: &mut SqliteConnection, server: i64) -> Result<Vec<StoredLicense>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE server_id = ? AND removed_at IS NULL ORDER BY product, licenses.id"
    ));
    let rows = sqlx::query(sql).bind(server).fetch_all(connection).await?;
    rows.iter().map(StoredLicense::read).collect()
}

/// Refuses when the server has more licenses in force than one bundle carries.
async fn fits(connection: &mut SqliteConnection, server: &RegisteredServer) -> Result<(), LicenseError> {
    let held: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM licenses WHERE server_id = ? AND removed_at IS NULL")
        .bind(server.id)
        .fetch_one(connection)
        .await?;
    if usize::try_from(held).is_ok_and(|held| held <= MOST_LICENSES) {
        Ok(())
    } else {
        Err(LicenseError::TooMany(server.guid))
    }
}
