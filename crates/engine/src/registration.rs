//! Registration: the GUID goes into the vendor's file, what the exchange needs is kept beside it. Both come into force together, in
//! the one transaction that marks the revision of the file as applied; a start that finds the revision pending settles both.

use std::sync::Arc;

use licensing::contact::ContactState;
use licensing::context::Context;
use licensing::registration::Registration;
use sqlx::{Sqlite, Transaction};

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::conf::{BaseRevision, ConfChange, SaveError, SavedRevision};

/// That a server was registered, for the audit log.
pub(crate) fn entry<'a>(actor: &'a Actor, registration: &Registration) -> NewAuditEntry<'a> {
    let sentence = format!("Registered this server as {}.", registration.guid);
    NewAuditEntry { actor, action: "server.register", sentence, outcome: AuditOutcome::Done }
}

/// What follows from a registration once it is committed.
pub(crate) struct RegistrationEffect {
    /// The contact clock, when the server was another before.
    contact: Option<ContactState>,
}

impl Engine {
    /// Writes the GUID (and further values) into the conf file, turns flexible licensing on, and keeps what belongs to the GUID. It runs
    /// in a task of its own, as every save.
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

    /// Keeps a registration inside the caller's transaction; what it gives is to be followed after the commit.
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
        // What belongs to another identity is worth nothing to this one.
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
        // A fingerprint no node has shown the key of was typed wrong, as likely as not: the next one takes its place.
        if !registration.vendor_keys.is_empty() {
            sqlx::query("DELETE FROM vendor_keys WHERE signing IS NULL").execute(&mut **tx).await?;
        }
        for (fingerprint, key) in &registration.vendor_keys {
            self.pin(tx, actor, *fingerprint, *key).await?;
        }
        let contact = if same { None } else { Some(self.forgotten_contact(tx).await?) };
        Ok(RegistrationEffect { contact })
    }

    /// Goes on as the server that was registered.
    pub(crate) async fn follow_registration(&self, registered: RegistrationEffect) {
        self.stored_identity.forget();
        let is_another = registered.contact.is_some();
        if let Some(state) = registered.contact {
            self.adopt_contact(state, &[]);
        }
        // An exchange may be under way already: its report stays open, and what it brings is not undone.
        let applying = self.applying.lock().await;
        if let Err(error) = self.load_licenses().await {
            tracing::error!(%error, "the licenses of this server could not be loaded after its registration; restart it");
        }
        drop(applying);
        self.sync.forget_last(is_another);
        self.sync.wake();
    }
}
