//! Applies an answer: checks it, then changes licenses, contact clock, ledger and audit log in one transaction.

use std::sync::Arc;

use licensing::bundle::{self, LicenseChanges};
use licensing::contact::Limit;
use licensing::status_response::{
    AcceptedResponse, ExpectedResponse, LedgerFact, ResponseRefusal, SignedResponse, check, read,
};

use super::licenses::BundleInForce;
use super::{Channel, LedgerOutcome, ledger};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{self, NewAuditEntry};
use crate::secret;

/// The result of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The report it answers.
    pub status_id: String,
    /// What changed.
    pub outcome: LedgerOutcome,
    /// The context of the licenses.
    pub context: licensing::context::Context,
}

/// Why an answer was not applied. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// It does not match what this server expects.
    #[error("{0}")]
    Refused(#[from] ResponseRefusal),
    /// This server cannot check an answer yet.
    #[error("{0}")]
    NotReady(String),
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl PushError {
    /// Whether it conflicts with what is installed (already used, older), rather than being invalid.
    #[must_use]
    pub fn conflict(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.conflict())
    }
}

/// What an answer is checked against.
struct Ground {
    keys: Vec<licensing::vendor_key::VendorKey>,
    guid: licensing::guid::Guid,
    context: Option<licensing::context::Context>,
    installed: Option<Arc<BundleInForce>>,
}

impl Engine {
    async fn ground(&self) -> Result<Ground, PushError> {
        let identity = self.identity().await?;
        if let Some(problem) = identity.readiness.problem() {
            return Err(PushError::NotReady(problem));
        }
        let guid = identity.guid.ok_or_else(|| PushError::NotReady("This server is not registered.".to_owned()))?;
        Ok(Ground {
            keys: identity.usable_keys(),
            guid,
            context: identity.context,
            installed: self.installed().filter(|installed| installed.bundle.guid == guid),
        })
    }

    fn judge(
        &self,
        ground: &Ground,
        signed: SignedResponse,
        fact: LedgerFact,
    ) -> Result<AcceptedResponse, ResponseRefusal> {
        let expected = ExpectedResponse {
            guid: ground.guid,
            context: ground.context,
            keys: &ground.keys,
            installed: ground.installed.as_ref().map(|installed| installed.stamp()),
            now: self.contact.wall_ms(),
            high_water: self.contact().high_water,
        };
        check(signed, fact, &expected)
    }

    /// Returns what an answer would change, without applying it.
    ///
    /// # Errors
    /// [`PushError`], as [`Engine::push_response`] would.
    pub async fn check_response(&self, bytes: &[u8]) -> Result<Applied, PushError> {
        let ground = self.ground().await?;
        let signed = read(bytes, &ground.keys)?;
        let mut tx = self.store.write().await?;
        let fact = fact(&mut tx, &signed).await?;
        tx.rollback().await?;
        let accepted = self.judge(&ground, signed, fact)?;
        Ok(applied(&ground, &accepted, bytes))
    }

    /// Applies an answer.
    ///
    /// # Errors
    /// [`PushError`]: nothing was changed, and its status id can still be used.
    pub async fn push_response(
        self: &Arc<Self>,
        actor: &Actor,
        channel: Channel,
        bytes: &[u8],
    ) -> Result<Applied, PushError> {
        // In its own task, so that a caller that hangs up doesn't stop it half way.
        let (engine, task_actor, bytes) = (self.clone(), actor.clone(), bytes.to_vec());
        let task = tokio::spawn(async move { engine.apply_response(&task_actor, channel, &bytes).await });
        let result = task.await.unwrap_or_else(|error| Err(sqlx::Error::Io(std::io::Error::other(error)).into()));
        let word = match &result {
            Ok(_) => "accepted",
            Err(PushError::Refused(refusal)) => refusal.code(),
            Err(PushError::NotReady(_)) => "not-ready",
            Err(PushError::Sql(_)) => "database",
        };
        metrics::counter!("leasehold_exchange_responses_total", "channel" => channel.word(), "result" => word)
            .increment(1);
        if let (Err(PushError::Refused(refusal)), false) = (&result, channel == Channel::Online) {
            let sentence = format!("Refused an answer: {refusal}");
            self.audit.note(actor, "exchange.push", sentence, audit::AuditOutcome::Refused).await?;
        }
        result
    }

    async fn apply_response(&self, actor: &Actor, channel: Channel, bytes: &[u8]) -> Result<Applied, PushError> {
        let _one_at_a_time = self.applying.lock().await;
        let ground = self.ground().await?;
        let signed = read(bytes, &ground.keys)?;
        let mut tx = self.store.write().await?;
        let known = fact(&mut tx, &signed).await?;
        let accepted = self.judge(&ground, signed, known)?;
        let applied = applied(&ground, &accepted, bytes);
        let now = self.clock.now_ms();
        let limit = Limit::new(accepted.bundle.contact_limit_days);
        let made_at = ledger::known_at(&mut tx, &applied.status_id).await?;
        let contact = self.verified_contact(&mut tx, accepted.response.node_time, made_at, limit).await?;
        let installed = BundleInForce::from_accepted(&accepted, now);
        if !accepted.unchanged {
            installed.store(&mut tx, &applied.status_id).await?;
        }
        sqlx::query("UPDATE registration SET context = ? WHERE context IS NULL")
            .bind(accepted.bundle.context.as_str())
            .execute(&mut *tx)
            .await?;
        let monitor = accepted.response.monitor_license.as_ref().zip(accepted.monitor.as_ref());
        let of_monitor = match monitor {
            Some(document) => self.put_monitor(&mut tx, document, (ground.keys.clone(), ground.guid)).await?,
            None => None,
        };
        let response = String::from_utf8_lossy(bytes);
        ledger::answered(&mut tx, &applied.status_id, now, &actor.name, &response, &applied.outcome).await?;
        let sentence =
            format!("Applied the answer to the report {}. {}", applied.status_id, applied.outcome.changes.sentence());
        let action = if channel == Channel::Online { "exchange.sync" } else { "exchange.push" };
        let entry = NewAuditEntry { actor, action, sentence, outcome: audit::AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&applied.status_id)).await?;
        self.stored_identity.forget();
        if let Some((state, effects)) = &contact {
            self.adopt_contact(*state, effects);
            self.sync.succeeded(now, state.high_water);
        }
        if !accepted.unchanged {
            self.adopt_installed(installed);
            self.settle_leases().await;
        }
        if monitor.is_some() {
            self.adopt_monitor(of_monitor).await;
        }
        for notice in &accepted.response.notices {
            tracing::warn!(code = notice.code, "notice from the licensing node: {}", notice.message);
        }
        Ok(applied)
    }
}

async fn fact(
    tx: &mut sqlx::Transaction<'static, sqlx::Sqlite>,
    signed: &SignedResponse,
) -> Result<LedgerFact, sqlx::Error> {
    match signed.status_id() {
        Some(status_id) => ledger::fact(tx, &status_id.to_string()).await,
        None => Ok(LedgerFact::Unknown),
    }
}

fn applied(ground: &Ground, accepted: &AcceptedResponse, bytes: &[u8]) -> Applied {
    let before = ground.installed.as_ref().map(|installed| &installed.bundle);
    let changes =
        if accepted.unchanged { LicenseChanges::default() } else { bundle::changes(before, &accepted.bundle) };
    let key_id = accepted.signed_bundle.key_id;
    let key = ground.keys.iter().find(|key| key.id() == key_id).map(|key| key.fingerprint().to_string());
    Applied {
        status_id: accepted.response.license_status_id.map(|id| id.to_string()).unwrap_or_default(),
        context: accepted.bundle.context,
        outcome: LedgerOutcome {
            node_time: accepted.response.node_time,
            serial_before: before.map(|bundle| bundle.serial.get()),
            serial: accepted.bundle.serial.get(),
            unchanged: accepted.unchanged,
            changes,
            notices: accepted.response.notices.iter().map(|notice| notice.message.clone()).collect(),
            key: key.unwrap_or_default(),
            response_sha256: secret::digest_hex(bytes),
        },
    }
}
