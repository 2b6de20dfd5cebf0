//! When two installations report with one GUID, a person decides which one keeps it.

use licensing::guid::Guid;

use super::{NoServer, RegisteredServer, ServerError, find};
use crate::Node;

impl Node {
    /// Lets the next installation that reports take the GUID over. Gives the server as it was before.
    ///
    /// # Errors
    /// [`ServerError::NoServer`].
    pub async fn rebind(&self, guid: Guid) -> Result<RegisteredServer, ServerError> {
        self.settle(
            guid,
            "UPDATE servers SET instance = NULL, instance_since = NULL, rival = NULL, rival_at = NULL WHERE id = ?",
        )
        .await
    }

    /// Leaves the GUID with its owner and forgets the other installation, so that answers to the owner no longer
    /// mention it. Gives the server as it was before.
    ///
    /// # Errors
    /// [`ServerError::NoServer`].
    pub async fn keep_owner(&self, guid: Guid) -> Result<RegisteredServer, ServerError> {
        self.settle(guid, "UPDATE servers SET rival = NULL, rival_at = NULL WHERE id = ?").await
    }

    async fn settle(&self, guid: Guid, sql: &'static str) -> Result<RegisteredServer, ServerError> {
        let mut tx = self.store.write().await?;
        let server = find(&mut *tx, guid).await?.ok_or(NoServer(guid))?;
        sqlx::query(sql).bind(server.id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(server)
    }
}
