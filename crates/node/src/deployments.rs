//! Deployments (tenants) of a server; its GUID is the first.

use licensing::guid::Guid;
use sqlx::{FromRow, SqliteConnection};

use crate::servers::{NoServer, ServerError, find};
use crate::{Node, secret};

/// A deployment.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Deployment {
    /// Lower case, without braces.
    pub id: String,
    /// Unix milliseconds.
    pub created_at: i64,
}

impl Node {
    /// Adds a deployment to a server and gives its id.
    ///
    /// # Errors
    /// [`ServerError::NoServer`].
    pub async fn add_deployment(&self, guid: Guid) -> Result<String, ServerError> {
        let id = secret::uuid().to_string();
        let mut tx = self.store.write().await?;
        let server = find(&mut *tx, guid).await?.ok_or(NoServer(guid))?;
        sqlx::query("INSERT INTO deployments (id, server_id, created_at) VALUES (?, ?, ?)")
            .bind(&id)
            .bind(server.id)
            .bind(self.now_ms())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The deployments of a server, the first one first.
    ///
    /// # Errors
    /// [`ServerError::NoServer`].
    pub async fn deployments(&self, guid: Guid) -> Result<Vec<Deployment>, ServerError> {
        let mut connection = self.store.read().acquire().await?;
        let server = find(&mut *connection, guid).await?.ok_or(NoServer(guid))?;
        Ok(of(&mut connection, server.id).await?)
    }
}

pub(crate) async fn of(connection: &mut SqliteConnection, server: i64) -> Result<Vec<Deployment>, sqlx::Error> {
    sqlx::query_as("SELECT id, created_at FROM deployments WHERE server_id = ? ORDER BY rowid")
        .bind(server)
        .fetch_all(connection)
        .await
}
