//! Registration: the GUID goes into the vendor's file, what the exchange needs is kept beside it.

use std::sync::Arc;

use licensing::guid::Guid;

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{Entry, Outcome};
use crate::conf::{Base, Change, SaveError, Saved};

/// What was given at registration besides the GUID.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// The auth string the vendor gave; a secret.
    pub auth_string: Option<String>,
    /// Fingerprint of the vendor's key.
    pub vendor_key: Option<String>,
}

/// The values that registering with `guid` writes.
pub fn changes(guid: &Guid) -> Vec<(String, String)> {
    vec![("FLEXIBLE_LICENSING_MODE".to_owned(), "1".to_owned()), ("LICENSE_SERVER_GUID".to_owned(), guid.to_string())]
}

impl Engine {
    /// Writes the GUID (and further values) into the conf file and turns flexible licensing on.
    ///
    /// # Errors
    /// As [`Engine::save_conf`].
    pub async fn register(
        self: &Arc<Self>,
        actor: &Actor,
        base: &Base,
        guid: &Guid,
        more: &[(String, String)],
        credentials: &Credentials,
        comment: &str,
    ) -> Result<Saved, SaveError> {
        let values = changes(guid).into_iter().chain(more.iter().cloned()).collect();
        let saved = self.save_conf(actor, base, &Change::Values(values), comment).await?;
        let mut tx = self.store.write().await?;
        sqlx::query(
            "INSERT INTO registration (id, guid, auth_string, vendor_key, at) VALUES (1, ?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET guid = ?1, auth_string = coalesce(?2, auth_string), vendor_key = coalesce(?3, vendor_key), at = ?4",
        )
        .bind(guid.to_string())
        .bind(&credentials.auth_string)
        .bind(&credentials.vendor_key)
        .bind(self.clock.now_ms())
        .execute(&mut *tx)
        .await?;
        let sentence = format!("Registered this server as {guid}.");
        self.audit.commit(tx, Entry { actor, action: "server.register", sentence, outcome: Outcome::Done }).await?;
        Ok(saved)
    }
}
