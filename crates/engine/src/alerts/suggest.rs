//! The suggested rules: those a sensible installation has, added in one step.

use licensing::alerts::{ConditionKind, RuleSettings, suggested};

use super::error::AlertError;
use super::rules::{MOST, insert_rule, notify};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};

impl Engine {
    /// The suggested rules whose kind has no rule yet, on or off.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn suggested_alert_rules(&self) -> Result<Vec<RuleSettings>, sqlx::Error> {
        let rules = self.stored_alert_rules().await?;
        let kinds: Vec<ConditionKind> = rules.iter().map(|rule| rule.rule.condition.kind()).collect();
        Ok(suggested(&kinds, &self.signals()))
    }

    /// Adds the suggested rules that are missing, turned on, with all channels. Returns their ids; a second time there
    /// is nothing to add.
    ///
    /// # Errors
    /// [`AlertError`]: nothing changed.
    pub async fn add_suggested_rules(&self, actor: &Actor) -> Result<Vec<i64>, AlertError> {
        let channels = self.alert_channels().await?;
        // Nobody adds a rule meanwhile.
        let _states = self.alerts.states.lock().await;
        let count = self.stored_alert_rules().await?.len();
        let missing = self.suggested_alert_rules().await?;
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        if count + missing.len() > MOST {
            return Err(AlertError::TooMany { what: "rules", most: MOST });
        }
        let now = self.clock.now_ms();
        let mut ids = Vec::new();
        let mut tx = self.store.write().await?;
        for rule in &missing {
            let id = insert_rule(&mut tx, rule, true, now).await?;
            notify(&mut tx, id, &channels).await?;
            ids.push(id);
        }
        let titles: Vec<&str> = missing.iter().map(|rule| rule.condition.kind().title()).collect();
        let sentence = format!("Added {} suggested alert rules: {}.", titles.len(), titles.join(", "));
        let entry = NewAuditEntry { actor, action: "alert.add", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about_all(ids.iter().map(|id| format!("alert rule {id}")))).await?;
        Ok(ids)
    }
}
