//! Registration: the GUID goes into the vendor's file, the rest into the database. Both take effect together, in the
//! transaction that marks the file's revision as applied; a start that finds the revision pending settles both.

use std::sync::Arc;

use licensing::contact::ContactState;
use licensing::context::Context;
use licensing::registration::{AuthString, Correction, Registration};
use sqlx::{Sqlite, Transaction};

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry, ObjectEntry};
use crate::conf::{BaseRevision, ConfChange, SaveError, SavedRevision};

/// The audit sentence of a registration.
pub(crate) fn entry<'a>(actor: &'a Actor, registration: &Registration) -> ObjectEntry<'a> {
    let registered = || format!("Registered this server as {}.", registration.guid);
    let sentence = registration.corrected.clone().unwrap_or_else(registered);
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

    /// Stores a correction, as [`Engine::register`] does, with its own entry in the audit log. Returns whether anything differed.
    ///
    /// # Errors
    /// As [`Engine::save_conf`].
    pub async fn correct_registration(
        self: &Arc<Self>,
        actor: &Actor,
        correction: &Correction,
        accepted_by: Option<&str>,
        comment: &str,
    ) -> Result<bool, SaveError> {
        let identity = self.identity().await?;
        let before = identity.registered();
        if correction.fields(&before).is_empty() {
            return Ok(false);
        }
        let sentence = correction.sentence(&before, accepted_by);
        let Some(registration) = correction.registration(&before, identity.operator, sentence) else {
            return Ok(false);
        };
        self.register(actor, &BaseRevision::Newest, registration, Vec::new(), comment).await?;
        Ok(true)
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
            "INSERT INTO registration (id, guid, auth_string, auth_at, context, customer, operator_id, at)
             VALUES (1, ?1, ?2, CASE WHEN ?2 IS NOT NULL THEN ?6 END, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET
             auth_at = CASE WHEN ?2 IS NULL OR ?2 = auth_string THEN auth_at ELSE ?6 END, auth_string = coalesce(?2, auth_string),
             context = CASE WHEN ?7 THEN ?3 ELSE coalesce(?3, context) END,
             customer = CASE WHEN ?7 THEN ?4 ELSE coalesce(?4, customer) END,
             operator_id = coalesce(?5, operator_id), at = ?6",
        )
        .bind(guid)
        .bind(registration.auth.as_ref().map(AuthString::as_str))
        .bind(registration.context.map(Context::as_str))
        .bind(&registration.customer)
        .bind(&registration.operator)
        .bind(self.clock.now_ms())
        .bind(registration.corrected.is_some())
        .execute(&mut **tx)
        .await?;
        // A fingerprint without a key from a node may be a typo, so the next one replaces it.
        if !registration.vendor_keys.is_empty() {
            sqlx::query("DELETE FROM vendor_keys WHERE signing IS NULL").execute(&mut **tx).await?;
        }
        for (fingerprint, key) in &registration.vendor_keys {
            self.pin(tx, actor, (*fingerprint, *key), registration.origin_of(*fingerprint)).await?;
        }
        // What the wizard kept until then is stored elsewhere now: no secret stays behind, wherever a kill comes.
        sqlx::query("UPDATE setup SET auth_string = NULL, registration = NULL, vendor_key = NULL")
            .execute(&mut **tx)
            .await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditQuery;
    use crate::clock::{Clock, ManualClock};
    use crate::exchange::Readiness;
    use licensing::registration::KeyOrigin;
    use licensing::vendor_key::VendorSecret;

    const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";
    const OTHER: &str = "{11111111-7BD5-633B-F0F4-B1470BBD0B8E}";

    #[tokio::test]
    async fn a_correction_replaces_what_it_names_and_is_told_without_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let engine = Arc::new(Engine::open(folder.path(), &conf, clock.clone()).await.unwrap());
        let actor = Actor::system();
        let key = VendorSecret::from_seeds([1; 32], [2; 32]).public();
        let mut registration = Registration::typed(GUID, "mistyped", "").unwrap();
        registration.trust(key.fingerprint(), Some(key));
        registration.file_keys = vec![key.fingerprint()];
        (registration.context, registration.operator) = (Some(Context::Production), Some("operator".to_owned()));
        engine.register(&actor, &BaseRevision::Newest, registration, Vec::new(), "").await.unwrap();
        let first = engine.identity().await.unwrap();
        assert_eq!((first.auth_at, first.keys[0].origin), (Some(clock.now_ms()), Some(KeyOrigin::RegistrationFile)));

        clock.advance(60_000);
        let correction = Correction::typed(GUID, "corrected", "", "ACME").unwrap();
        let corrected = engine.correct_registration(&actor, &correction, Some("a.example:443"), "").await.unwrap();
        let again = engine.correct_registration(&actor, &correction, Some("a.example:443"), "").await.unwrap();
        assert!(corrected && !again, "the second changes nothing");
        let second = engine.identity().await.unwrap();
        assert_eq!(
            (second.readiness.clone(), second.context, second.customer.as_deref()),
            (Readiness::Ready, None, Some("ACME"))
        );
        assert_eq!((second.auth.as_deref(), second.auth_at), (Some("corrected"), Some(clock.now_ms())));

        let moved = Correction::typed(OTHER, "", "backup", "ACME").unwrap();
        assert!(engine.correct_registration(&actor, &moved, None, "").await.unwrap());
        let third = engine.identity().await.unwrap();
        assert_eq!(third.guid.unwrap().to_string(), OTHER);
        let kept = (third.auth.as_deref(), third.operator.as_deref(), third.context, third.keys.len());
        assert_eq!(
            kept,
            (Some("corrected"), Some("operator"), Some(Context::Backup), 1),
            "what was not mistyped stays"
        );
        assert_eq!(third.readiness, Readiness::Ready);

        let told = engine.audit.list(&AuditQuery { limit: 100, ..Default::default() }).await.unwrap();
        let told: Vec<_> = told.iter().filter(|entry| entry.action == "server.register").collect();
        assert_eq!(told.len(), 3);
        assert!(
            told.iter()
                .all(|entry| !entry.sentence.contains("\u{201c}corrected") && !entry.sentence.contains("mistyped"))
        );
        assert!(told[0].sentence.ends_with("It was not checked at a licensing node."), "{}", told[0].sentence);
        assert!(
            told[1].sentence.ends_with("auth string. The licensing node a.example:443 accepted it."),
            "{}",
            told[1].sentence
        );
    }
}
