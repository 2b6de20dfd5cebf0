//! License servers of this node: customer, context, and the installation that owns the GUID.

mod add;
mod rebind;

pub use add::{IssuedRegistration, NewServer};

use std::path::PathBuf;

use licensing::contact::Limit;
use licensing::context::Context;
use licensing::guid::Guid;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::store::decode;
use crate::{Node, NodeError};

/// Longest contact limit, days.
pub const MOST_CONTACT_DAYS: u32 = 3660;

/// An installation that reported, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenInstallation {
    /// Its `instance_uuid`.
    pub instance: String,
    /// Of the owner: since when; of another: its latest report. Unix milliseconds.
    pub at: i64,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredServer {
    pub(crate) id: i64,
    pub(crate) auth: Vec<u8>,
    /// Its GUID.
    pub guid: Guid,
    /// Whose it is.
    pub customer: String,
    /// What it is for.
    pub context: Context,
    /// The operator id its registration file carries.
    pub operator_id: String,
    /// Days without contact after which its licenses leave service.
    pub contact_days: Limit,
    /// The installation that owns the GUID; none before its first report.
    pub owner: Option<SeenInstallation>,
    /// Another installation that reported with this GUID.
    pub rival: Option<SeenInstallation>,
    /// Unix milliseconds.
    pub created_at: i64,
}

/// No such server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This node has no server {0}. `leasehold-node server list` lists all.")]
pub struct NoServer(pub Guid);

/// Why something could not be done with a server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No such customer.
    #[error(
        "There is no customer named {0}. Add it with `leasehold-node customer add \"{0}\"`, or choose one from `leasehold-node customer list`."
    )]
    NoCustomer(String),
    /// No such server.
    #[error(transparent)]
    NoServer(#[from] NoServer),
    /// Out of range.
    #[error("--contact-days is out of range: enter {} to {MOST_CONTACT_DAYS}, not {}.", Limit::LEAST.days(), .0)]
    ContactDays(u32),
    /// A file is there already.
    #[error("{} already exists and may hold the only copy of an auth string. Choose another file with --out.", .0.display())]
    FileExists(PathBuf),
    /// The registration file could not be written.
    #[error("Can't write the registration file {}: {source}. Nothing was changed.", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The change is made, but its registration file could not be put in place.
    #[error("Saved the server {guid}, but can't move its registration file to {}: {source}. Run `leasehold-node server reissue {guid}`.", path.display())]
    NotInPlace {
        /// The server.
        guid: Guid,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The database did not respond.
    #[error("The node's database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl NodeError for ServerError {
    fn is_refusal(&self) -> bool {
        !matches!(self, Self::Sql(_) | Self::File { .. } | Self::NotInPlace { .. })
    }
}

const SELECT: &str = "SELECT servers.*, customers.name AS customer
    FROM servers JOIN customers ON customers.id = servers.customer_id";

impl RegisteredServer {
    pub(crate) fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let seen = |instance: &str, at: &str| -> Result<Option<SeenInstallation>, sqlx::Error> {
            let (instance, at): (Option<String>, Option<i64>) = (row.try_get(instance)?, row.try_get(at)?);
            Ok(instance.zip(at).map(|(instance, at)| SeenInstallation { instance, at }))
        };
        Ok(Self {
            id: row.try_get("id")?,
            auth: row.try_get("auth")?,
            guid: decode(Guid::parse(&row.try_get::<String, _>("guid")?))?,
            customer: row.try_get("customer")?,
            context: decode(row.try_get::<String, _>("context")?.parse())?,
            operator_id: row.try_get("operator_id")?,
            contact_days: Limit::new(row.try_get("contact_days")?),
            owner: seen("instance", "instance_since")?,
            rival: seen("rival", "rival_at")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

impl Node {
    /// All servers, by customer.
    ///
    /// # Errors
    /// [`ServerError::Sql`].
    pub async fn servers(&self) -> Result<Vec<RegisteredServer>, ServerError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} ORDER BY customers.name, servers.id"));
        let rows = sqlx::query(sql).fetch_all(self.store.read()).await?;
        Ok(rows.iter().map(RegisteredServer::read).collect::<Result<_, _>>()?)
    }

    /// One server.
    ///
    /// # Errors
    /// [`ServerError::NoServer`].
    pub async fn server(&self, guid: Guid) -> Result<RegisteredServer, ServerError> {
        Ok(self.find(guid).await?.ok_or(NoServer(guid))?)
    }

    pub(crate) async fn find(&self, guid: Guid) -> Result<Option<RegisteredServer>, sqlx::Error> {
        find(self.store.read(), guid).await
    }
}

/// A server as the connection or pool at hand sees it.
pub(crate) async fn find<'c, E>(executor: E, guid: Guid) -> Result<Option<RegisteredServer>, sqlx::Error>
where
    E: sqlx::Executor<'c, Database = sqlx::Sqlite>,
{
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE servers.guid = ?"));
    let row = sqlx::query(sql).bind(guid.to_string()).fetch_optional(executor).await?;
    row.as_ref().map(RegisteredServer::read).transpose()
}
