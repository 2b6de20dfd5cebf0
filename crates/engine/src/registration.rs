//! Registration: the GUID goes into the vendor's file, the rest into the database. Both take effect together, in the
//! transaction that marks the file's revision as applied; a start that finds the revision pending settles both.

use std::sync::Arc;

use licensing::contact::ContactState;
use licensing::context::Context;
use licensing::registration::Registration;
use sqlx::{Sqlite, Transaction};

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry, ObjectEntry};
use crate::conf::{BaseRevision, ConfChange, SaveError, SavedRevision};

/// The audit sentence of a registration.
pub(crate) fn entry<'a>(actor: &'a Actor, registration: &Registration) -> ObjectEntry<'a> {
    let sentence = format!("Registered this server as {}.", registration.guid);
    NewAuditEntry { actor, action: "server.register", sentence, outcome: AuditOutcome::Done }
        .about(registration.guid.to_string())
}

/// The effects of a committed registration.
pub(crate) struct RegistrationEffect {
    /// The contact clock, if the server had another identity before.
    contact: Option<ContactState>,
}

impl Engine {
    /// Writes the GUID (and other values) into the conf file, turns flexible licensing on, and stores the rest. Runs
    /// in its own task, like every save.
    ///
    /// # Errors
    /// As [`Engine::save_conf`].
    pub async fn register(
        self: &Arc<Self>,
        actor: &Actor,
        base: &BaseRevision,
        registration: Registration,
        more: Vec<(String, String)>,
        comment: &str,
    ) -> Result<SavedRevision, SaveError> {
        self.save_conf(actor, base, &ConfChange::Register(Box::new(registration), more), comment).await
    }

    /// Stores a registration in the caller's transaction; apply the returned effects after the commit.
    pub(crate) async fn put_registration(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        actor: &Actor,
        registration: &Registration,
    ) -> Result<RegistrationEffect, sqlx::Error> {
        let guid = registration.guid.to_string();
        let before: Option<String> =
            sqlx::query_scalar("SELECT guid FROM registration").fetch_optional(&mut **tx).await?;
        let same = before.is_some_and(|before| before == guid);
        // Data of another identity is useless for this one.
        if !same {
            sqlx::query("DELETE FROM registration").execute(&mut **tx).await?;
        }
        sqlx::query(
            "INSERT INTO registration (id, guid, auth_string, context, customer, operator_id, at) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET auth_string = coalesce(?2, auth_string), context = coalesce(?3, context),
             customer = coalesce(?4, customer), operator_id = coalesce(?5, operator_id), at = ?6",
        )
        .bind(guid)
        .bind(registration.auth.as_ref().map(|auth| auth.as_str()))
        .bind(registration.context.map(Context::as_str))
        .bind(&registration.customer)
        .bind(&registration.operator)
        .bind(self.clock.now_ms())
        .execute(&mut **tx)
        .await?;
        // A fingerprint without a key from a node may be a typo, so the next one replaces it.
        if !registration.vendor_keys.is_empty() {
            sqlx::query("DELETE FROM vendor_keys WHERE signing IS NULL").execute(&mut **tx).await?;
        }
        for (fingerprint, key) in &registration.vendor_keys {
            self.pin(tx, actor, *fingerprint, *key).await?;
        }
        let contact = if same { None } else { Some(self.forgotten_contact(tx).await?) };
        Ok(RegistrationEffect { contact })
    }

    /// Continues with the new identity.
    pub(crate) async fn follow_registration(&self, registered: RegistrationEffect) {
        self.stored_identity.forget();
        let is_another = registered.contact.is_some();
        if let Some(state) = registered.contact {
            self.adopt_contact(state, &[]);
        }
        // An exchange may be under way already: its report stays open, and what it brings is not undone.
        let applying = self.applying.lock().await;
        if let Err(error) = self.load_licenses().await {
            tracing::error!(%error, "could not load this server's licenses after registration; restart the server");
        }
        drop(applying);
        self.sync.forget_last(is_another);
        self.sync.wake();
    }
}
