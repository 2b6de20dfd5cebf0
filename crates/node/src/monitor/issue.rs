use licensing::guid::Guid;
use licensing::monitor::{MonitorDocument, SignedMonitorDocument};
use sqlx::SqliteConnection;

use super::keys::{DerivedKey, given, keep_derived};
use super::{MonitorError, active};
use crate::Node;
use crate::servers::{NoServer, RegisteredServer};
use crate::store::decode;

impl Node {
    /// The monitor license of a server, for a key file.
    ///
    /// # Errors
    /// [`MonitorError::Never`] for a server that never had one.
    pub async fn monitor_document(&self, guid: Guid) -> Result<SignedMonitorDocument, MonitorError> {
        let server = self.find(guid).await?.ok_or(NoServer(guid))?;
        self.derive_all(&server).await?;
        let mut tx = self.store.write().await?;
        let signed = self.issue_monitor(&mut tx, &server, self.now_ms()).await?;
        let signed = signed.ok_or(MonitorError::Never(guid))?;
        tx.commit().await?;
        Ok(signed)
    }

    /// What to answer `server` with, after keeping the keys that were derived for it; `None` if it never had a license of the
    /// usage monitor.
    pub(crate) async fn answer_monitor(
        &self,
        connection: &mut SqliteConnection,
        server: &RegisteredServer,
        derived: &[DerivedKey],
        now: i64,
    ) -> Result<Option<SignedMonitorDocument>, sqlx::Error> {
        keep_derived(connection, server.id, derived).await?;
        self.issue_monitor(connection, server, now).await
    }

    /// When nothing has changed since the last document, that one, byte for byte; else a new one, which is stored here.
    async fn issue_monitor(
        &self,
        connection: &mut SqliteConnection,
        server: &RegisteredServer,
        now: i64,
    ) -> Result<Option<SignedMonitorDocument>, sqlx::Error> {
        let ever: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM monitor_licenses WHERE server_id = ?)")
            .bind(server.id)
            .fetch_one(&mut *connection)
            .await?;
        if !ever {
            return Ok(None);
        }
        let licenses = active(connection, server.id).await?;
        let keys = given(connection, server.id, &licenses).await?;
        let last: Option<(i64, String)> =
            sqlx::query_as("SELECT issued, signed FROM monitor_documents WHERE server_id = ?")
                .bind(server.id)
                .fetch_optional(&mut *connection)
                .await?;
        let mut document = MonitorDocument { guid: server.guid, issued: now, licenses, keys };
        if let Some((issued, stored)) = last {
            let stored: SignedMonitorDocument = decode(serde_json::from_str(&stored))?;
            document.issued = issued;
            if SignedMonitorDocument::sign(&self.secret, &document) == stored {
                return Ok(Some(stored));
            }
            // A later one replaces it, also where this machine's clock was set back.
            document.issued = now.max(issued + 1);
        }
        let signed = SignedMonitorDocument::sign(&self.secret, &document);
        sqlx::query(
            "INSERT INTO monitor_documents (server_id, issued, signed) VALUES (?1, ?2, ?3)
             ON CONFLICT (server_id) DO UPDATE SET issued = ?2, signed = ?3",
        )
        .bind(server.id)
        .bind(document.issued)
        .bind(decode(serde_json::to_string(&signed))?)
        .execute(connection)
        .await?;
        Ok(Some(signed))
    }
}
