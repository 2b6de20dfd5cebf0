//! Reports as received, answered or refused.

use licensing::guid::Guid;
use licensing::status_report::StatusId;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::servers::{NoServer, ServerError, find};
use crate::store::decode;
use crate::{Node, NodeError};

/// Reports kept of a server: the newest.
pub const MOST_KEPT: i64 = 10_000;

/// Reports with a wrong auth string kept per server, without their text: they must neither push out the server's own
/// reports nor fill the disk.
pub const MOST_STRANGERS_KEPT: i64 = 100;

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportOutcome {
    /// Answered with a bundle.
    Answered,
    /// The server proved itself, and was refused.
    Refused,
    /// The auth string was wrong.
    Stranger,
}

impl ReportOutcome {
    const ALL: [ReportOutcome; 3] = [ReportOutcome::Answered, ReportOutcome::Refused, ReportOutcome::Stranger];

    fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Stranger => "stranger",
        }
    }

    /// The word for people and programs, to whom a report with a wrong auth string is simply refused.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused | Self::Stranger => "refused",
        }
    }

    fn most_kept(self) -> i64 {
        match self {
            Self::Answered | Self::Refused => MOST_KEPT,
            Self::Stranger => MOST_STRANGERS_KEPT,
        }
    }
}

/// A report that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedReport {
    /// Whose GUID it carried.
    pub guid: Guid,
    /// Its id.
    pub status_id: String,
    /// The installation that sent it.
    pub instance: String,
    /// When it came, Unix milliseconds.
    pub at: i64,
    /// What became of it.
    pub outcome: ReportOutcome,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Serial of the bundle it was answered with.
    pub serial: Option<i64>,
    /// Its text; none with a wrong auth string, and none in lists.
    pub body: Option<String>,
}

/// Why reports could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum ReportLookupError {
    /// No such report.
    #[error("There is no report {0} here. `leasehold-node report list --server GUID` lists those of a server.")]
    NoReport(StatusId),
    /// Of the server.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The database did not respond.
    #[error("The node's database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl NodeError for ReportLookupError {
    fn is_refusal(&self) -> bool {
        match self {
            Self::NoReport(_) => true,
            Self::Server(error) => error.is_refusal(),
            Self::Sql(_) => false,
        }
    }
}

/// A report to be kept.
pub(crate) struct NewReport<'a> {
    pub status_id: String,
    pub instance: &'a str,
    pub at: i64,
    pub outcome: ReportOutcome,
    pub reason: Option<String>,
    pub serial: Option<i64>,
    pub body: Option<&'a str>,
}

/// Stores a report and deletes the oldest of its kind beyond the limit.
pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    server: i64,
    new: NewReport<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO reports (server_id, status_id, instance, at, outcome, reason, serial, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(server)
    .bind(new.status_id)
    .bind(new.instance)
    .bind(new.at)
    .bind(new.outcome.word())
    .bind(new.reason)
    .bind(new.serial)
    .bind(new.body)
    .execute(&mut *connection)
    .await?;
    let sort = if new.outcome == ReportOutcome::Stranger { "outcome = 'stranger'" } else { "outcome <> 'stranger'" };
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "DELETE FROM reports WHERE server_id = ?1 AND {sort} AND id <=
         (SELECT id FROM reports WHERE server_id = ?1 AND {sort} ORDER BY id DESC LIMIT 1 OFFSET ?2)"
    )))
    .bind(server)
    .bind(new.outcome.most_kept())
    .execute(connection)
    .await?;
    Ok(())
}

impl ReceivedReport {
    fn read(row: &SqliteRow, body: Option<String>) -> Result<Self, sqlx::Error> {
        let word: String = row.try_get("outcome")?;
        Ok(Self {
            guid: decode(Guid::parse(&row.try_get::<String, _>("guid")?))?,
            status_id: row.try_get("status_id")?,
            instance: row.try_get("instance")?,
            at: row.try_get("at")?,
            outcome: ReportOutcome::ALL.into_iter().find(|o| o.word() == word).unwrap_or(ReportOutcome::Refused),
            reason: row.try_get("reason")?,
            serial: row.try_get("serial")?,
            body,
        })
    }
}

impl Node {
    /// The reports kept of a server, the newest first, without their text.
    ///
    /// # Errors
    /// [`ReportLookupError::Server`] when there is no such server.
    pub async fn reports(&self, guid: Guid) -> Result<Vec<ReceivedReport>, ReportLookupError> {
        let mut connection = self.store.read().acquire().await?;
        let server = find(&mut *connection, guid).await?.ok_or(ServerError::NoServer(NoServer(guid)))?;
        let rows = sqlx::query(
            "SELECT status_id, instance, at, outcome, reason, serial, ? AS guid FROM reports WHERE server_id = ? ORDER BY id DESC",
        )
        .bind(guid.to_string())
        .bind(server.id)
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(|row| ReceivedReport::read(row, None)).collect::<Result<_, _>>()?)
    }

    /// All reports with this status id, the newest first: an id that was refused may come again.
    ///
    /// # Errors
    /// [`ReportLookupError::NoReport`].
    pub async fn report(&self, id: StatusId) -> Result<Vec<ReceivedReport>, ReportLookupError> {
        let rows = sqlx::query(
            "SELECT reports.*, servers.guid AS guid FROM reports JOIN servers ON servers.id = server_id
             WHERE status_id = ? ORDER BY reports.id DESC",
        )
        .bind(id.to_string())
        .fetch_all(self.store.read())
        .await?;
        if rows.is_empty() {
            return Err(ReportLookupError::NoReport(id));
        }
        Ok(rows.iter().map(|row| ReceivedReport::read(row, row.try_get("body")?)).collect::<Result<_, _>>()?)
    }
}
